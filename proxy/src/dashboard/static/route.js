// A route's page.
//
// It must not know what its panels show. The surprise: the row comes with the stream and is always of now; the report behind
// it is asked for when the row's evidence changed, at most every few seconds.

import { get } from "./api.js";
import { Account } from "./account.js";
import { Charts } from "./charts.js";
import { Dial } from "./dial.js";
import { Differences } from "./differences.js";
import { Gate } from "./gate.js";
import { Pilot } from "./pilot.js";
import { every } from "./pace.js";
import { el, say } from "./dom.js";
import { conditions, path } from "./matching.js";
import { percent } from "./format.js";

/// The report costs a few milliseconds; the eye wants one now and then.
const REPORT_MS = 3000;
/// The trend has a point each 5 s.
const TREND_MS = 5000;

/// The view at `#/route/ID`.
export class RoutePage {
  #id;
  #row = null;
  #clocks;
  #what = el("p", { class: "what" });
  #missing = el("p", { class: "empty panel", hidden: true });
  #dial = new Dial();
  #gate = new Gate();
  #charts = new Charts();
  #account = new Account();
  #pilot;
  #differences;
  #panels;
  node;

  constructor(_live, id) {
    this.#id = id;
    this.#pilot = new Pilot(id);
    this.#differences = new Differences(id);
    this.#panels = el("div", { class: "panels" },
      el("div", { class: "turn" }, this.#dial.node, this.#gate.node, this.#pilot.node),
      this.#differences.node, this.#charts.node, this.#account.node);
    this.node = el("div", { class: "route" },
      el("nav", { "aria-label": "Back" }, el("a", { href: "#/" }, "← All routes")),
      el("div", { class: "head" }, el("h1", {}, id), this.#what),
      this.#missing, this.#panels);
    this.#clocks = [every(REPORT_MS, () => this.#report()), every(TREND_MS, () => this.#trend())];
  }

  /// For the window.
  title() {
    return this.#row ? `${percent(this.#row.rust)} · ${this.#id}` : this.#id;
  }

  show({ routes }) {
    const row = routes.find((row) => row.id === this.#id);
    this.#missing.hidden = Boolean(row);
    this.#panels.hidden = !row;
    if (!row) return say(this.#missing, `There is no route ${this.#id} in routes.toml.`);
    this.#row = row;
    say(this.#what, [path(row.match), ...conditions(row.match)].join(" · ") + (row.handler === null ? ", no handler" : ` → ${row.handler}`));
    this.#dial.show(row, row.gate?.steps);
    this.#pilot.show(row);
  }

  /// A dial moved; it may have been this one.
  move({ route }) {
    if (route === this.#id) this.#pilot.load();
  }

  leave() {
    this.#clocks.forEach(clearInterval);
    this.#charts.end();
  }

  async #report() {
    const parity = await get(`parity/${encodeURIComponent(this.#id)}`);
    this.#gate.show(this.#row, parity);
    this.#differences.show(parity);
    this.#account.show(parity);
    this.#charts.histograms(parity.histograms);
  }

  async #trend() {
    this.#charts.trend(await get(`trend?route=${encodeURIComponent(this.#id)}`));
  }
}
