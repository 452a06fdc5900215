// What the gate says of a route: its verdict, and each condition with its value, threshold and n.
//
// It must not judge. The surprise: conditions have different units, which the API gives by name only; a condition that
// this page does not know is shown as a plain number.

import { el, mark, say } from "./dom.js";
import { count, span } from "./format.js";
import { gateWord } from "./words.js";

const plain = (value) => String(Number(value.toPrecision(3)));
const percent = (value) => `${plain(value)} %`;

/// Name in the API → words, unit, and the sign between value and threshold.
const CONDITIONS = {
  mismatch: ["Differing answers, 95 % bound", percent, "<"],
  "mismatch odds": ["Odds that fewer differ than may", plain, "≥"],
  hold: ["Time at this stop", span, "≥"],
  errors: ["5xx of rust over the legacy's", (value) => `${plain(value)} points`, "≤"],
  "errors in a row": ["5xx of rust in a row", plain, "<"],
  "errors beyond chance": ["Odds that its 5xx are no chance", plain, "<"],
  latency: ["p99 of rust as a multiple", (value) => `${plain(value)} ×`, "≤"],
  "latency without pairs": ["Chance that rust is slower", plain, "≤"],
  lost: ["Of the sample, not compared", percent, "≤"],
};

/// The panel of the gate.
export class Gate {
  #state = el("span", { class: "state" });
  #why = el("p", { class: "why" });
  #rows = el("tbody");
  node = el("section", { class: "panel gate-panel", "aria-labelledby": "gate-title" },
    el("h2", { id: "gate-title" }, "Gate ", this.#state), this.#why,
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Conditions of the gate" },
      el("table", { class: "plain" },
        el("thead", {}, el("tr", {}, ["", "Condition", "Value", "Must be", "n"].map((name) => el("th", { scope: "col" }, name || el("span", { class: "unseen" }, "Holds"))))),
        this.#rows)));

  /// Shows `/api/parity/{id}` of that row.
  show(row, parity) {
    const { word, tone } = gateWord({ ...row, parity });
    say(this.#state, word);
    mark(this.#state, "data-tone", tone);
    say(this.#why, parity.why);
    this.#rows.replaceChildren(...(parity.conditions ?? []).map(line));
  }
}

function line({ name, holds, value, threshold, n }) {
  const [words, write, sign] = CONDITIONS[name] ?? [name, plain, ""];
  return el("tr", { "data-holds": String(holds) },
    el("td", { class: "mark" }, el("span", { "aria-hidden": "true" }, holds ? "✓" : "✗"), el("span", { class: "unseen" }, holds ? "holds" : "does not hold")),
    el("th", { scope: "row" }, words),
    el("td", {}, value === null || value === undefined ? "no data" : write(value)),
    el("td", {}, `${sign} ${write(threshold)}`),
    el("td", {}, count(n)));
}
