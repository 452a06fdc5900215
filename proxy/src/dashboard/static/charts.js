// The plots of a route's page: both sides' times over each other, and half an hour of requests, errors and times.
//
// It must not know where the numbers come from. The surprise: the histogram shows shares and not counts, since one side may
// have answered a hundred times as often as the other.

import uPlot from "./uplot.js";
import { el } from "./dom.js";
import { rate, share, short, took } from "./format.js";
import { Plot, area, axis, fromZero, last, line, over, timeAxis, valueAxis } from "./plot.js";

const SCALE = { scales: { y: { range: fromZero } } };
/// A plot on a logarithmic axis begins somewhere above zero.
const LEAST_S = 0.0001;

/// All plots of a route.
export class Charts {
  #times = new Plot("Latency of both sides", over(
    [stairs("legacy", "--legacy"), stairs("rust", "--rust")],
    [axis(tick, { size: 26, space: 50 }), valueAxis(share)],
    { scales: { x: { time: false, distr: 3, range: (_plot, least, most) => [least, most] }, y: { range: fromZero } } },
    (seconds) => (seconds === null ? "share of answers" : `from ${took(seconds)}`),
  ));
  #rps = new Plot("Requests per second", over([area("legacy", "--legacy", rate), area("rust", "--rust", rate)], [timeAxis(), valueAxis(short)], SCALE));
  #errors = new Plot("5xx", over([area("legacy", "--legacy", share), area("rust", "--rust", share)], [timeAxis(), valueAxis(share)], SCALE));
  #quantiles = new Plot("p50 and p99", over([
    line("legacy p50", "--legacy", took), line("legacy p99", "--legacy", took, { dash: [5, 4] }),
    line("rust p50", "--rust", took), line("rust p99", "--rust", took, { dash: [5, 4] }),
  ], [timeAxis(), valueAxis(tick)], SCALE));
  #empty = el("p", { class: "empty" }, "No answer of either side was timed yet.");
  node = el("section", { class: "charts", "aria-label": "Plots" }, this.#times.node, this.#quantiles.node, this.#rps.node, this.#errors.node);

  constructor() {
    this.#times.node.append(this.#empty);
  }

  /// Shows `histograms` of `/api/parity/{id}`.
  histograms(histograms) {
    const { le = [], legacy = [], rust = [] } = histograms ?? {};
    const filled = sum(legacy) + sum(rust) > 0;
    this.#times.node.classList.toggle("without", !filled);
    this.#empty.hidden = filled;
    if (filled) this.#times.show(...steps(le, legacy, rust));
  }

  /// Shows `/api/trend?route=ID`.
  trend({ at, legacy, rust }) {
    const both = (name, write) => `Latest: legacy ${write(last(legacy[name]))}, rust ${write(last(rust[name]))}.`;
    this.#rps.show([at, legacy.rps, rust.rps], both("rps", rate));
    this.#errors.show([at, legacy.errors, rust.errors], both("errors", share));
    this.#quantiles.show([at, legacy.p50, legacy.p99, rust.p50, rust.p99], `p50: ${both("p50", took)} p99: ${both("p99", took)}`);
  }

  end() {
    for (const plot of [this.#times, this.#rps, this.#errors, this.#quantiles]) plot.end();
  }
}

function stairs(label, name) {
  const value = (_plot, part, _series, index) => (index === null ? "" : share(part));
  return area(label, name, share, { paths: uPlot.paths.stepped({ align: 1 }), value });
}

function tick(seconds) {
  return seconds < 1 ? `${short(seconds * 1000)} ms` : `${short(seconds)} s`;
}

/// Buckets from the first to the last with anything in it, each at its lower edge; and the same in words.
function steps(le, legacy, rust) {
  const filled = le.map((_, index) => legacy[index] + rust[index] > 0);
  const from = Math.max(0, filled.indexOf(true) - 1);
  const to = Math.min(le.length, filled.lastIndexOf(true) + 2);
  const edges = le.map((_, index) => (index === 0 ? LEAST_S : le[index - 1]));
  const part = (counts) => counts.map((count) => (sum(counts) > 0 ? count / sum(counts) : null)).slice(from, to);
  const usual = (counts) => took(le[counts.indexOf(Math.max(...counts))]);
  const words = (name, counts) => (sum(counts) > 0 ? `Most answers of ${name} took up to ${usual(counts)}.` : `None of ${name}.`);
  return [[edges.slice(from, to), part(legacy), part(rust)], `${words("the legacy", legacy)} ${words("rust", rust)}`];
}

function sum(values) {
  return values.reduce((all, value) => all + value, 0);
}
