// The dial of one route: where it stands, and the two ways to turn it.
//
// It must not turn anything before somebody has said yes to what will happen. The surprise: it edits routes.toml like
// anybody, so what it shows afterwards is what came back from the file and not what was asked for.

import { send } from "./api.js";
import { confirm } from "./confirm.js";
import { bar, el, mark, say } from "./dom.js";
import { percent, rate } from "./format.js";
import { sticking } from "./words.js";

/// The gate's own stops when the API does not say which a route has.
const STEPS = [5, 25, 50, 100];

/// The panel with the dial.
export class Dial {
  #row = null;
  #bar = bar("Dial");
  #value = el("span", { class: "value" }, "–");
  #sticky = el("span", { class: "words" });
  #number = el("input", { id: "dial", type: "number", min: 0, max: 100, step: 0.01, inputmode: "decimal", required: true });
  #steps = el("div", { class: "steps", role: "group", "aria-label": "Steps" });
  #set = el("button", { type: "submit", class: "primary" }, "Set…");
  #back = el("button", { type: "button", class: "danger", onclick: () => this.#ask(0) }, "Roll back…");
  #error = el("p", { class: "wrong", role: "alert" });
  node = el("section", { class: "panel dial-panel", "aria-labelledby": "dial-title" },
    el("h2", { id: "dial-title" }, "Dial"),
    el("div", { class: "now" }, this.#value, this.#sticky),
    this.#bar.node,
    el("form", { onsubmit: (event) => this.#submit(event) },
      this.#steps,
      el("div", { class: "set" }, el("label", { for: "dial" }, "Percent to rust"), this.#number, this.#set, this.#back)),
    this.#error);

  /// Shows the route's row; `steps` are the stops of its gate.
  show(row, steps = STEPS) {
    if (this.#row?.rust !== row.rust && document.activeElement !== this.#number) this.#number.value = row.rust;
    this.#row = row;
    this.#bar.set(row.rust);
    say(this.#value, percent(row.rust));
    say(this.#sticky, row.handler === null ? "no handler: the legacy answers" : `to rust, ${sticking(row.sticky)}`);
    for (const part of [this.#set, this.#number]) part.disabled = row.handler === null;
    this.#back.disabled = row.rust === 0;
    this.#offer([0, ...steps.filter((step) => step > 0)]);
  }

  #offer(steps) {
    if (this.#steps.dataset.steps !== steps.join()) {
      const button = (step) => el("button", { type: "button", "data-step": step, onclick: () => this.#ask(step) }, percent(step));
      this.#steps.replaceChildren(...steps.map(button));
      this.#steps.dataset.steps = steps.join();
    }
    for (const button of this.#steps.children) {
      const isHere = Number(button.dataset.step) === this.#row.rust;
      button.disabled = isHere || this.#row.handler === null;
      mark(button, "aria-current", isHere ? "step" : null);
    }
  }

  #submit(event) {
    event.preventDefault();
    return this.#ask(Number(this.#number.value));
  }

  async #ask(to) {
    say(this.#error, "");
    if (to === this.#row.rust) return say(this.#error, `It is at ${percent(to)} already.`);
    if (await confirm(question(this.#row, to))) await this.#turn(to);
  }

  async #turn(to) {
    try {
      const row = await send("PATCH", `routes/${encodeURIComponent(this.#row.id)}`, { rust: to, by: "page" });
      this.#number.value = row.rust;
      this.show({ ...this.#row, rust: row.rust });
    } catch (error) {
      say(this.#error, error.message);
    }
  }
}

/// What turning the dial will do, as a question.
export function question(row, to) {
  const { id, rust: from } = row;
  const up = to > from;
  return {
    title: to === 0 ? `Roll back ${id}?` : `Set ${id} to ${percent(to)}?`,
    words: [whoAnswers(row, to), up ? gateSays(row) : null, pilotWill(row), "The line in routes.toml is edited, with a note of who did it. Requests in flight end where they are."],
    yes: to === 0 ? "Roll back" : `Set to ${percent(to)}`,
    tone: to < from ? "danger" : null,
  };
}

function whoAnswers({ rust: from, handler, sticky, now }, to) {
  const all = (now?.legacy?.role ? 0 : now?.legacy?.rps ?? 0) + (now?.rust?.role ? 0 : now?.rust?.rps ?? 0);
  const much = all > 0 ? `, about ${rate((all * to) / 100)} of ${rate(all)} a second now` : "";
  if (to === 0) return `The legacy answers every request from the next one on (now ${percent(from)} go to ${handler}).`;
  const same = to < 100 && sticky && sticky !== "request" ? ` Whoever is with rust now ${to > from ? "stays there" : "may go back"} (${sticking(sticky)}).` : "";
  return `${handler} answers ${to === 100 ? "every request" : `${percent(to)} of requests`}${much}; it was ${percent(from)}.${same}`;
}

function gateSays({ parity }) {
  if (!parity || parity.state === "promote") return null;
  const words = { hold: "The gate would hold", rollback: "The gate would roll back" };
  return `${words[parity.state] ?? `The gate says ${parity.state}`}: ${parity.why}.`;
}

function pilotWill({ pilot }) {
  return pilot?.state === "on" ? "The pilot pauses for this route until somebody resumes it." : null;
}
