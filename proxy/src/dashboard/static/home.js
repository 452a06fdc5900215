// The first view: the migration at a glance, and the table of routes.
//
// It must not know how either is drawn. The surprise: what it asks for itself (trends) comes at its own pace and not with
// the stream, since a line over half an hour does not need a point a second.

import { get } from "./api.js";
import { el } from "./dom.js";
import { share } from "./format.js";
import { Glance } from "./glance.js";
import { every, passOver } from "./pace.js";
import { Table } from "./table.js";

/// The trend has a point each 5 s.
const TREND_MS = 10_000;
/// A sparkline has one each 30 s.
const SPARKS_MS = 30_000;

/// The view at `#/`.
export class Home {
  #glance = new Glance();
  #table = new Table();
  #clocks;
  node = el("div", { class: "home" }, el("h1", { class: "unseen" }, "Routes"), this.#glance.node, this.#table.node);

  constructor() {
    this.#clocks = [
      every(TREND_MS, () => get("trend").then((trend) => this.#glance.trend(trend))),
      every(SPARKS_MS, () => get("trends").then((trends) => this.#table.trends(trends))),
    ];
    this.#burn();
  }

  /// For the window: how far the migration is.
  title(overview) {
    if (!overview) return "Connecting";
    const { legacy, split, rust } = overview.glance.routes;
    const native = overview.glance.native_share;
    return `${native === null ? "" : `${share(native)} native · `}${rust} of ${legacy + split + rust} routes moved`;
  }

  show(overview, change) {
    this.#glance.show(overview);
    this.#table.show(overview.routes, change);
  }

  move() {
    this.#burn();
  }

  leave() {
    this.#clocks.forEach(clearInterval);
    this.#glance.end();
    this.#table.end();
  }

  #burn() {
    get("burndown").then((points) => this.#glance.burndown(points)).catch(passOver);
  }
}
