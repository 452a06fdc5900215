// Sparklines: one small plot per row, for the rows in sight only.
//
// It must not know the table. The surprise: a table of 500 rows has as many sparklines as fit on the screen; the others are
// made when they are scrolled to and ended when they are scrolled away.

import uPlot from "./uplot.js";
import { colour, fromZero, halfHour } from "./plot.js";
import { el } from "./dom.js";

const WIDTH = 84;
const HEIGHT = 30;
/// Rows just outside are made in advance.
const MARGIN = "120px";

/// All sparklines of a page.
export class Sparks {
  #shown = new Map();
  #trends = null;
  #seen = new IntersectionObserver((entries) => entries.forEach((entry) => this.#pass(entry)), { rootMargin: MARGIN });
  #repaint = () => this.#shown.forEach((plot) => plot.redraw(false));

  constructor() {
    addEventListener("repaint", this.#repaint);
  }

  /// A place for the sparkline of that route.
  place(id) {
    const node = el("span", { class: "spark", "data-route": id, "aria-hidden": "true" });
    this.#seen.observe(node);
    return node;
  }

  /// Takes a place away.
  drop(node) {
    this.#seen.unobserve(node);
    this.#end(node);
  }

  /// Shows what `/api/trends` answers.
  show(trends) {
    this.#trends = trends;
    for (const [node, plot] of this.#shown) plot.setData(this.#columns(node));
  }

  /// Ends all of them.
  end() {
    removeEventListener("repaint", this.#repaint);
    this.#seen.disconnect();
    [...this.#shown.keys()].forEach((node) => this.#end(node));
  }

  #pass({ target, isIntersecting }) {
    if (!isIntersecting) this.#end(target);
    else if (!this.#shown.has(target)) this.#shown.set(target, new uPlot(options(), this.#columns(target), target));
  }

  #end(node) {
    this.#shown.get(node)?.destroy();
    this.#shown.delete(node);
  }

  #columns(node) {
    const { at = [], routes = {} } = this.#trends ?? {};
    const { legacy = [], rust = [] } = routes[node.dataset.route] ?? {};
    const fill = (values) => at.map((_, index) => values[index] ?? null);
    return [at, fill(legacy), fill(rust)];
  }
}

function options() {
  const side = (name) => ({ stroke: () => colour(name), fill: () => colour(name, 0.15), width: 1.25, points: { show: false } });
  return {
    width: WIDTH,
    height: HEIGHT,
    series: [{}, side("--legacy"), side("--rust")],
    axes: [{ show: false }, { show: false }],
    scales: { x: { range: halfHour }, y: { range: fromZero } },
    cursor: { show: false },
    legend: { show: false },
    padding: [2, 0, 1, 0],
    pxAlign: 0,
  };
}
