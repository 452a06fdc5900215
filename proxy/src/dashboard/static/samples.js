// Requests that were answered differently, asked for when somebody wants to see them.
//
// It must not trust them; secrets are out already, hostile values are not. The surprise: both bodies are compared like any
// two values, and what is not text is only said to be there.

import { get } from "./api.js";
import { el, say } from "./dom.js";
import { moment, took } from "./format.js";
import { sideBySide } from "./compare.js";

/// What fits on a screen or two.
const LIMIT = 5;

/// The samples of one difference: a button, and where they appear.
export class Samples {
  #asked;
  node = el("div", { class: "samples", "aria-live": "polite" });
  button = el("button", { type: "button", onclick: () => this.#fetch() }, "Show samples");

  constructor(id, { place, kind }) {
    const wanted = new URLSearchParams({ place, kind, limit: LIMIT });
    this.#asked = `parity/${encodeURIComponent(id)}/samples?${wanted}`;
  }

  async #fetch() {
    this.button.disabled = true;
    try {
      const samples = await get(this.#asked);
      this.node.replaceChildren(...(samples.length > 0 ? samples.map(sample) : [el("p", {}, "No sample of it was kept.")]));
      say(this.button, "Load samples again");
    } catch (error) {
      this.node.replaceChildren(el("p", { class: "wrong" }, error.message));
    }
    this.button.disabled = false;
  }
}

function sample({ at, request_id: id, request, legacy, rust }) {
  return el("article", { class: "sample" },
    el("h3", {}, el("code", {}, `${request.method} ${request.target}`)),
    el("p", { class: "meaning" }, `${moment(at)} · request ${id} · legacy ${legacy.status} in ${took(legacy.took_us / 1e6)}, rust ${rust.status} in ${took(rust.took_us / 1e6)}`),
    request.body.length > 0 && el("pre", { class: "asked" }, words(request.body)),
    sideBySide(whole(legacy), whole(rust)));
}

function whole({ status, headers, body, effects = [] }) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const planned = effects.length > 0 ? `\n\nplanned: ${JSON.stringify(effects, null, 2)}` : "";
  return `${status}\n${lines.join("\n")}\n\n${words(body)}${planned}`;
}

function words({ text, base64, length, cut }) {
  const end = cut ? `\n… (${length} bytes in all)` : "";
  return text === null || text === undefined ? `(${length} bytes that are not text${base64 ? "" : ", not kept"})` : text + end;
}
