// A question before something happens: what will happen, and two ways on.
//
// It must not do it. The surprise: the safe answer has the focus, so that a habit of pressing Enter changes nothing.

import { el } from "./dom.js";

/// Asks. `words` are paragraphs (texts or elements), `yes` is the button that does it; `tone` is `danger` for what undoes.
/// Gives whether the answer was yes; Escape is no.
export function confirm({ title, words, yes, tone }) {
  return new Promise((resolve) => {
    const no = el("button", { type: "button", value: "no" }, "Cancel");
    const go = el("button", { type: "button", value: "yes", class: tone ? `primary ${tone}` : "primary" }, yes);
    const dialog = el("dialog", { "aria-labelledby": "confirm-title", "aria-describedby": "confirm-words" },
      el("h2", { id: "confirm-title" }, title),
      el("div", { id: "confirm-words" }, words.filter(Boolean).map((word) => el("p", {}, word))),
      el("div", { class: "actions" }, no, go));
    no.addEventListener("click", () => dialog.close("no"));
    go.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
