// Who moves the dial of a route: the pilot's state, and the history of moves.
//
// It must not move it. The surprise: a paused pilot waits for a person for ever, which is why the way to resume it is here.

import { get, send } from "./api.js";
import { el, mark, say } from "./dom.js";
import { moment, percent } from "./format.js";
import { pilotWord } from "./words.js";

const WHO = { file: "by hand in routes.toml", cli: "overgrow set", page: "this page", api: "the API", pilot: "the pilot" };

/// The panel of the pilot and the history.
export class Pilot {
  #id;
  #state = el("span", { class: "state" });
  #why = el("p", { class: "why" });
  #resume = el("button", { type: "button", hidden: true, onclick: () => this.#handBack() }, "Resume the pilot");
  #error = el("p", { class: "wrong", role: "alert", hidden: true });
  #list = el("ol", { class: "history" });
  node = el("section", { class: "panel pilot-panel", "aria-labelledby": "pilot-title" },
    el("h2", { id: "pilot-title" }, "Pilot ", this.#state), this.#why, this.#resume, this.#error,
    el("h3", {}, "History of the dial"),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "History of the dial" }, this.#list));

  constructor(id) {
    this.#id = encodeURIComponent(id);
    this.load();
  }

  /// Shows the row's pilot.
  show({ pilot }) {
    const { word, tone } = pilotWord(pilot);
    say(this.#state, word);
    mark(this.#state, "data-tone", tone);
    say(this.#why, pilot?.why || (word === "off" ? "gate.auto is not set: nobody moves this dial but people." : ""));
    this.#resume.hidden = !["paused", "rolled-back"].includes(pilot?.state);
  }

  /// Asks for the history.
  async load() {
    try {
      const moves = await get(`routes/${this.#id}/history`);
      this.#list.replaceChildren(...moves.map(move));
    } catch (error) {
      this.#list.replaceChildren(el("li", { class: "wrong" }, error.message));
    }
  }

  async #handBack() {
    this.#resume.disabled = true;
    try {
      await send("POST", `routes/${this.#id}/pilot`, { resume: true });
      say(this.#error, "");
    } catch (error) {
      say(this.#error, error.message);
    }
    this.#error.hidden = this.#error.textContent === "";
    this.#resume.disabled = false;
  }
}

function move({ at, by, from, to, why }) {
  const what = from === null ? `at ${percent(to)} when first seen` : `${percent(from)} → ${percent(to)}`;
  return el("li", { "data-by": by, "data-way": from !== null && to < from ? "down" : "up" },
    el("span", { class: "what" }, what), el("time", { datetime: at }, moment(at)),
    el("span", { class: "who" }, WHO[by] ?? by), why && el("p", { class: "why" }, why));
}
