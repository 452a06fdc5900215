// The honesty ledger of a route: what the comparison rests on and what it has never seen.
//
// It must not add anything up that the API did not. The surprise: reasons for not comparing are many and mostly zero, so
// only those that happened are shown.

import { el } from "./dom.js";
import { count, moment, took } from "./format.js";

const NUMBERS = [
  ["eligible", "Eligible"], ["sampled", "Sampled"], ["compared", "Compared"], ["asked_twice", "Legacy asked twice"],
  ["equal", "Equal"], ["equal_by_class", "Equal by class"], ["expected", "Expected"], ["ignored", "Ignored"],
  ["noise", "Noise"], ["accused", "Mismatch when seen"],
];

/// The panel of the ledger.
export class Account {
  #numbers = el("dl", { class: "numbers" });
  #rest = el("div", { class: "rest" });
  #key = "";
  node = el("section", { class: "panel", "aria-labelledby": "account-title" },
    el("h2", { id: "account-title" }, "What this rests on"), this.#numbers, this.#rest);

  /// Shows `/api/parity/{id}`.
  show(parity) {
    const key = JSON.stringify([parity.ledger, parity.shapes_never_compared, parity.dead_rules, parity.suggested_rules, parity.since]);
    if (key === this.#key) return;
    this.#key = key;
    const { ledger } = parity;
    this.#numbers.replaceChildren(...(ledger ? [...numbers(ledger), ...times(parity)] : [number("Compared", "nothing yet")]));
    this.#rest.replaceChildren(...[
      list("Never compared", parity.shapes_never_compared),
      list("Rules that match nothing", parity.dead_rules),
      list("Rules that may be wanted", parity.suggested_rules),
    ].flat());
  }
}

function numbers(ledger) {
  const counted = NUMBERS.map(([key, name]) => number(name, count(ledger[key])));
  const missed = Object.entries(ledger.missed ?? {}).filter(([, times]) => times > 0);
  return [...counted, ...missed.map(([why, times]) => number(`Not compared: ${why.replaceAll("_", " ")}`, count(times)))];
}

function times({ epoch, since, last_mismatch: mismatch, latency }) {
  return [
    number(`Epoch ${epoch} since`, moment(since)),
    number("Last mismatch", mismatch ? moment(mismatch) : "never"),
    latency?.rust_p99 && number("p99 of pairs", `${took(latency.legacy_p99)} / ${took(latency.rust_p99)}`),
  ].filter(Boolean);
}

function number(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

function list(title, lines = []) {
  return lines.length === 0 ? [] : [el("h3", {}, title), el("ul", { class: "lines" }, lines.map((line) => el("li", {}, el("code", {}, line))))];
}
