// Plots: uPlot in this page's colours, sized by their box, with words for those who cannot see them.
//
// It must not know what is plotted. The surprise: a canvas knows no style sheet, so colours are looked up when it is
// painted, and painted again when the theme turns.

import uPlot from "./uplot.js";
import { el, mark, say } from "./dom.js";
import { clock } from "./format.js";

/// Of the plot itself; the legend below it takes what lines it needs.
const HEIGHT_PX = 136;

const probe = el("span", { class: "unseen", "aria-hidden": "true" });

/// What a colour of the style sheet, such as `--rust`, is in the present theme; `part` is how much of it covers the ground.
export function colour(name, part = 1) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.setProperty("color", part === 1 ? `var(${name})` : `color-mix(in srgb, var(${name}) ${part * 100}%, transparent)`);
  return getComputedStyle(probe).color;
}

/// A line: its label, its colour's name and how a value of it is written. Where no pointer is, the legend has the last value.
export function line(label, name, write, more = {}) {
  const value = (plot, value, series, index) => write(index === null ? last(plot.data[series]) : value);
  return { label, stroke: () => colour(name), width: 1.5, value, points: { show: true, size: 4, filter: alone }, ...more };
}

/// Values without neighbours, which no line goes through.
function alone(plot, series) {
  const values = plot.data[series];
  const isThere = (index) => values[index] !== null && values[index] !== undefined;
  return [...values.keys()].filter((index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1));
}

/// The last value that is there.
export function last(values) {
  return values?.findLast((value) => value !== null && value !== undefined);
}

/// A line with its area filled.
export function area(label, name, write, more = {}) {
  return line(label, name, write, { fill: () => colour(name, 0.18), ...more });
}

/// An axis whose ticks are written by `write`; `across` for the vertical one, which leaves more room for it.
export function axis(write, more = {}) {
  return {
    stroke: () => colour("--muted"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    ...(write && { values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : write(tick))) }),
    ...more,
  };
}

/// Hours and minutes, whatever the browser's language.
export const timeAxis = () => axis(null, {
  size: 26,
  space: 64,
  values: [
    [86_400, "{YYYY}-{MM}-{DD}", null, null, null, null, null, null, 1],
    [3600, "{HH}:{mm}", "\n{YYYY}-{MM}-{DD}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", null, null, null, null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1],
  ],
});

/// A vertical axis from zero.
export const valueAxis = (write) => axis(write, { size: 58, gap: 4, space: 30 });

/// A range from zero to a little over the most; a plot without values is not one that divides by zero.
export function fromZero(_plot, _least, most) {
  return [0, most > 0 ? most * 1.08 : 1];
}

/// The last half hour, or what is known of it; at least two minutes, so that two points do not look like a trend.
export function halfHour(_plot, first, latest) {
  return [Math.max(latest - 1800, Math.min(first, latest - 120)), latest];
}

/// One plot. `options` are uPlot's own, without sizes; `title` names it.
export class Plot {
  node;
  #box = el("div", { class: "plot-box", role: "img" });
  #note = el("em");
  #plot = null;
  #options;
  #resized = new ResizeObserver(() => this.#fit());
  #repaint = () => this.#again();

  constructor(title, options) {
    this.#options = options;
    this.title = title;
    this.node = el("figure", { class: "plot" }, el("figcaption", {}, title, " ", this.#note), this.#box);
    this.#resized.observe(this.#box);
    addEventListener("repaint", this.#repaint);
  }

  /// Shows columns; `summary` says in words what they show.
  show(columns, summary) {
    mark(this.#box, "aria-label", `${this.title}. ${summary}`);
    this.columns = columns;
    if (this.#plot) this.#plot.setData(columns);
    else this.#fit();
  }

  /// A word beside the title on what is shown.
  note(words) {
    say(this.#note, words);
  }

  /// Ends it. Its box may be gone by then.
  end() {
    removeEventListener("repaint", this.#repaint);
    this.#resized.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /// The legend's marks keep the colours that they were made with.
  #again() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#fit();
  }

  #fit() {
    const width = this.#box.clientWidth;
    if (width === 0 || !this.columns) return;
    if (!this.#plot) this.#plot = new uPlot({ ...this.#options, width, height: HEIGHT_PX }, this.columns, this.#box);
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT_PX });
  }
}

/// The options that most plots share. `at` writes a place on the horizontal axis, or `null` for where no pointer is.
export function over(series, axes, more = {}, at = timeOf) {
  return {
    series: [{ label: "", value: (_plot, place) => at(place) }, ...series],
    axes,
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    padding: [8, 8, 0, 0],
    legend: { live: true },
    ...more,
  };
}

function timeOf(seconds) {
  return seconds === null ? "latest" : clock(new Date(seconds * 1000));
}
