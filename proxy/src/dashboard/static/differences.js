// Where the two sides differ: by place, with counts, both values and what to do about it.
//
// It must not trust a value: everything here came from a backend and is put in as text. The surprise: the list is made anew
// only when the report changed, so that what somebody has opened or selected stays as it is.

import { el, say } from "./dom.js";
import { accept } from "./accept.js";
import { count, moment } from "./format.js";
import { Samples } from "./samples.js";
import { sideBySide } from "./compare.js";

/// What the states mean, in the order in which they matter.
const STATES = {
  real: ["bad", "differs more than the legacy does from itself"],
  learning: ["warn", "not known yet whether it is noise; counts as a mismatch"],
  noise: [null, "the legacy differs from itself as much"],
  expected: [null, "announced by an expect rule"],
  ignored: [null, "left out by an ignore rule"],
};
const RANK = Object.keys(STATES);

/// The panel of differences.
export class Differences {
  #id;
  #key = "";
  #open = new Set();
  #count = el("span", { class: "n" });
  #list = el("ul", { class: "differences" });
  #none = el("p", { class: "empty" }, "Nothing differs.");
  node = el("section", { class: "panel", "aria-labelledby": "differences-title" },
    el("h2", { id: "differences-title" }, "Differences ", this.#count), this.#none, this.#list);

  constructor(id) {
    this.#id = id;
  }

  /// Shows `/api/parity/{id}`.
  show({ differences = [], compared }) {
    const key = JSON.stringify([differences, compared]);
    if (key === this.#key) return;
    this.#key = key;
    const sorted = differences.toSorted((one, other) => RANK.indexOf(one.state) - RANK.indexOf(other.state) || other.count - one.count);
    this.#none.hidden = sorted.length > 0;
    say(this.#none, compared > 0 ? `Nothing differed in ${count(compared)} compared requests.` : "Nothing was compared yet.");
    say(this.#count, sorted.length || "");
    this.#list.replaceChildren(...sorted.map((difference) => this.#item(difference, compared)));
  }

  #item(difference, compared) {
    const { place, kind, state, count: times, legacy = null, rust = null, since, last } = difference;
    const [tone, meaning] = STATES[state] ?? [null, ""];
    const name = `${place} ${kind}`;
    const details = el("details", { open: this.#open.has(name) },
      el("summary", {},
        el("code", { class: "place" }, place), el("span", { class: "kind" }, kind),
        el("span", { class: "state", "data-tone": tone }, state),
        el("span", { class: "times" }, `${count(times)} of ${count(compared)}`)),
      el("p", { class: "meaning" }, `${meaning}. First ${moment(since)}, last ${moment(last)}${discord(difference)}.`),
      sideBySide(legacy, rust),
      this.#actions(difference));
    details.addEventListener("toggle", () => this.#open[details.open ? "add" : "delete"](name));
    return el("li", {}, details);
  }

  #actions(difference) {
    const samples = new Samples(this.#id, difference);
    const settled = ["expected", "ignored"].includes(difference.state);
    return el("div", { class: "more" },
      el("div", { class: "buttons" },
        !settled && el("button", { type: "button", onclick: () => accept(this.#id, difference) }, "Accept as expected…"),
        samples.button),
      samples.node);
  }
}

function discord({ b, c }) {
  return b > 0 || c > 0 ? `; asked twice, ${count(b)} × only rust differed, ${count(c)} × only the legacy from itself` : "";
}
