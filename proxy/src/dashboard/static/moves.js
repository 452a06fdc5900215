// A word for everybody when a dial moves, for eyes and for screen readers.
//
// It must not know the view. The surprise: what it says stays in the log for a while and then goes, but never while a
// pointer rests on it.

import { el } from "./dom.js";
import { percent } from "./format.js";

/// Long enough to read two lines.
const STAYS_MS = 10_000;

/// Shows a move: `{"route","by","from","to","why"}`.
export function announce(move) {
  const { route, by, from, to, why } = move;
  const words = `${route}: ${from === null ? "" : `${percent(from)} → `}${percent(to)}, by ${by}`;
  const note = el("p", { class: "move", "data-by": by }, el("strong", {}, words), why && el("span", {}, why));
  document.getElementById("moves").append(note);
  setTimeout(() => fade(note), STAYS_MS);
}

function fade(note) {
  if (note.matches(":hover")) setTimeout(() => fade(note), STAYS_MS);
  else note.remove();
}
