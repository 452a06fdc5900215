// "Accept as expected": the rule for a difference, shown before it is written into routes.toml.
//
// It must not make the rule; the API does, and says what it will be and where. The surprise: the preview is asked for anew
// with each change of the form, so what is written is what was shown.

import { send } from "./api.js";
import { el, say } from "./dom.js";

/// A pause in typing.
const PAUSE_MS = 200;

/// Opens the form for a difference of that route.
export function accept(id, { place, kind }) {
  const form = new Form(id, place, kind);
  document.body.append(form.dialog);
  form.dialog.showModal();
  form.preview();
}

class Form {
  #to;
  #what;
  #timer = 0;
  #asked = 0;
  #why = el("input", { id: "accept-why", maxlength: 300, placeholder: "such as: the legacy's bug 123", oninput: () => this.#soon() });
  #rule = el("pre", { class: "rule", "aria-live": "polite" }, "…");
  #notes = el("p", { class: "meaning" });
  #error = el("p", { class: "wrong", role: "alert" });
  #write = el("button", { type: "submit", class: "primary", disabled: true }, "Write the rule");

  constructor(id, place, kind) {
    this.#to = `routes/${encodeURIComponent(id)}/accept`;
    this.#what = { place, kind };
    this.dialog = el("dialog", { class: "accept", "aria-labelledby": "accept-title" },
      el("h2", { id: "accept-title" }, "Accept as expected"),
      el("p", {}, "In ", el("code", {}, id), ", at ", el("code", {}, place), ` (${kind}).`),
      el("form", { onsubmit: (event) => this.#submit(event) },
        el("fieldset", {}, el("legend", { class: "unseen" }, "Rule"),
          this.#choice("expect", "Expect this difference", "These two values may differ; any other pair still counts.", true),
          this.#choice("ignore", "Ignore this place", "Whatever differs here is left out.", false)),
        el("label", { for: "accept-why" }, "Why"), this.#why,
        el("p", { class: "label" }, "What is written to routes.toml"), this.#rule, this.#notes, this.#error,
        el("div", { class: "actions" },
          el("button", { type: "button", onclick: () => this.dialog.close() }, "Cancel"), this.#write)));
    this.dialog.addEventListener("close", () => this.dialog.remove());
  }

  /// Shows what would be written.
  async preview() {
    const asked = (this.#asked += 1);
    this.#write.disabled = true;
    try {
      const answer = await send("POST", this.#to, { ...this.#body(), preview: true });
      // An answer to an older question must not show as the one to this.
      if (asked !== this.#asked) return;
      say(this.#rule, `line ${answer.line}: ${answer.rule}`);
      say(this.#notes, (answer.notes ?? []).join(" "));
      say(this.#error, "");
      this.#write.disabled = false;
    } catch (error) {
      if (asked !== this.#asked) return;
      say(this.#rule, "–");
      say(this.#error, error.message);
    }
  }

  #choice(value, name, meaning, checked) {
    const id = `accept-${value}`;
    return el("div", { class: "choice" },
      el("input", { type: "radio", name: "as", id, value, checked, "aria-describedby": `${id}-is`, onchange: () => this.preview() }),
      el("label", { for: id }, name), el("p", { id: `${id}-is` }, meaning));
  }

  #soon() {
    this.#write.disabled = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.preview(), PAUSE_MS);
  }

  #body() {
    const as = this.dialog.querySelector("[name=as]:checked").value;
    // What is expected is expected for a reason; what is ignored may just be noise.
    this.#why.required = as === "expect";
    return { ...this.#what, as, why: this.#why.value.trim() };
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#write.disabled) return;
    this.#write.disabled = true;
    try {
      await send("POST", this.#to, this.#body());
      this.dialog.close();
    } catch (error) {
      say(this.#error, error.message);
    }
  }
}
