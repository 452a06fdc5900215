// One route's row: made once, then told what changed.
//
// It must not know its neighbours. The surprise: both backends stand one over the other in every cell of measurements, the
// legacy above and rust below, so that the eye learns one place for each.

import { COLUMNS } from "./columns.js";
import { bar, el, mark, say, unseen } from "./dom.js";
import { count, rate, share, took } from "./format.js";
import { conditions, path } from "./matching.js";
import { evidence, gateWord, pilotWord, sticking } from "./words.js";

const SIDES = ["legacy", "rust"];

/// A row of the table.
export class Row {
  node;
  data = null;
  #cells;
  #path = el("span", { class: "path" });
  #handler = el("span", { class: "handler" });
  #dial;
  #percent = el("span", { class: "percent" });
  #sticky = el("span", { class: "sticky" });
  #rps = pair("requests per second");
  #p50 = pair("p50");
  #p99 = pair("p99");
  #errors = pair("5xx");
  #bound = el("span", { class: "bound" });
  #compared = el("span", { class: "compared" });
  #gate = el("span", { class: "state" });
  #why = el("span", { class: "why" });
  #pilot = el("span", { class: "state" });
  #pilotWhy = el("span", { class: "why" });

  constructor(id, sparks) {
    this.id = id;
    this.spark = sparks.place(id);
    this.#dial = bar(`Dial of ${id}`);
    this.node = el("tr", { role: "row", "data-route": id },
      el("th", { scope: "row", role: "rowheader", class: "c-route" },
        el("a", { class: "id", href: `#/route/${encodeURIComponent(id)}` }, id),
        el("span", { class: "what" }, this.#path, " ", this.#handler)),
      cell("dial", el("span", { class: "dial" }, this.#dial.node, this.#percent), this.#sticky),
      cell("rps", this.spark, this.#rps.node),
      cell("p50", this.#p50.node),
      cell("p99", this.#p99.node),
      cell("errors", this.#errors.node),
      cell("parity", this.#bound, this.#compared),
      cell("gate", this.#gate, this.#why),
      cell("pilot", this.#pilot, this.#pilotWhy));
  }

  /// Shows the route as the overview has it.
  show(data) {
    this.data = data;
    this.#showMatch(data);
    this.#dial.set(data.rust);
    say(this.#percent, `${data.rust} %`);
    say(this.#sticky, sticking(data.sticky));
    this.#measure(data.now ?? {});
    this.#judge(data);
  }

  #showMatch({ match, handler, leaves = [] }) {
    say(this.#path, path(match));
    mark(this.#path, "title", [path(match), ...conditions(match)].join("\n"));
    say(this.#handler, handler === null ? "no handler" : `→ ${handler}`);
    mark(this.#handler, "title", leaves.length > 0 ? `leaves to the legacy: ${leaves.join(", ")}` : null);
  }

  #measure(now) {
    this.#rps.set(now, (side) => rate(side.rps));
    this.#p50.set(now, (side) => took(side.p50));
    this.#p99.set(now, (side) => took(side.p99));
    this.#errors.set(now, (side) => share(side.errors));
    for (const side of SIDES) mark(this.#errors[side], "data-bad", (now[side]?.errors ?? 0) > 0 ? "" : null);
  }

  #judge(data) {
    const { parity } = data;
    const { bound, n } = evidence(parity);
    say(this.#bound, bound);
    say(this.#compared, n);
    mark(this.#compared, "title", parity ? `${count(parity.mismatched)} of ${count(parity.compared)} differ` : null);
    const gate = gateWord(data);
    state(this.#gate, gate);
    say(this.#why, parity?.why ?? "");
    mark(this.#why, "title", parity?.why);
    const pilot = pilotWord(data.pilot);
    state(this.#pilot, pilot);
    // Most routes are not the pilot's and need no reason for it, all the way down the table.
    const why = data.pilot?.state === "off" ? null : data.pilot?.why;
    say(this.#pilotWhy, why ?? "");
    mark(this.#pilotWhy, "title", why);
  }
}

/// A cell of a column; on a card, where no head stands above it, it carries its name.
function cell(key, ...children) {
  const { name } = COLUMNS.find((column) => column.key === key);
  return el("td", { role: "cell", class: `c-${key}`, "data-name": name }, children);
}

function state(node, { word, tone }) {
  say(node, word);
  mark(node, "data-tone", tone);
}

/// The legacy's value over rust's.
function pair(what) {
  const legacy = el("span", { class: "v" }, "–");
  const rust = el("span", { class: "v" }, "–");
  const node = el("span", { class: "pair" },
    el("span", { class: "side legacy" }, unseen(`legacy ${what} `), legacy),
    el("span", { class: "side rust" }, unseen(`, rust ${what} `), rust));
  const set = (now, write) => {
    for (const [node, side] of [[legacy, now.legacy], [rust, now.rust]]) {
      say(node, side ? write(side) : "–");
      mark(node.parentNode, "data-role", side?.role ?? null);
    }
  };
  return { node, legacy, rust, set };
}
