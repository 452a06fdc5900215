// The plots of a route's page: both sides' times over each other, and half an hour of requests, errors and times.
//
// It must not know where the numbers come from. The surprise: the histogram shows shares and not counts, since one side may
// have answered a hundred times as often as the other.

import uPlot from "./uplot.js";
import { el } from "./dom.js";
import { rate, share, short, took } from "./format.js";
import { Plot, area, axis, fromZero, halfHour, last, line, over, timeAxis, valueAxis } from "./plot.js";

const SCALE = { scales: { x: { range: halfHour }, y: { range: fromZero } } };
/// A logarithmic axis begins somewhere above zero: at a microsecond.
const LEAST_S = 1e-6;
/// Of a decade: each a third longer than the one before.
const BINS = 8;

/// All plots of a route.
export class Charts {
  #times = new Plot("Latency of both sides", over(
    [stairs("legacy", "--legacy"), stairs("rust", "--rust")],
    [axis(decade, { size: 26, space: 50 }), valueAxis(share)],
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
    const shadows = [["legacy", legacy], ["rust", rust]].filter(([, side]) => side.role === "shadow");
    for (const plot of [this.#rps, this.#errors, this.#quantiles]) plot.note(shadows.map(([name]) => `${name} as a shadow`).join());
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

/// On the logarithmic axis only tens have a name.
function decade(seconds) {
  const exponent = Math.log10(seconds);
  return Math.abs(exponent - Math.round(exponent)) < 1e-6 ? tick(seconds) : "";
}

function tick(seconds) {
  return seconds < 1 ? `${short(seconds * 1000)} ms` : `${short(seconds)} s`;
}

/// Both sides' shares in bins of equal width on the logarithmic axis, each at its lower edge; and the same in words. The
/// API's buckets are finer than the eye, and it leaves out those that are empty.
function steps(le, legacy, rust) {
  const bins = le.map((bound) => Math.ceil(Math.log10(Math.max(bound, LEAST_S)) * BINS - 1));
  const filled = bins.filter((_, index) => legacy[index] + rust[index] > 0);
  const [from, to] = [Math.min(...filled) - 1, Math.max(...filled) + 1];
  const edges = Array.from({ length: to - from + 1 }, (_, index) => 10 ** ((from + index) / BINS));
  const part = (counts) => {
    const all = sum(counts);
    const shares = edges.map(() => (all > 0 ? 0 : null));
    counts.forEach((count, index) => { if (count > 0) shares[bins[index] - from] += count / all; });
    return shares;
  };
  const usual = (shares) => took(edges[shares.indexOf(Math.max(...shares)) + 1]);
  const words = (name, shares) => (shares[0] === null ? `None of ${name}.` : `Most answers of ${name} took up to ${usual(shares)}.`);
  const [old, native] = [part(legacy), part(rust)];
  return [[edges, old, native], `${words("the legacy", old)} ${words("rust", native)}`];
}

function sum(values) {
  return values.reduce((all, value) => all + value, 0);
}
