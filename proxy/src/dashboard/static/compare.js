// Two values side by side, with what differs between them marked.
//
// It must not know what they are values of. The surprise: they are compared by whole characters as people see them, since a
// mark in the middle of one would show neither.

import { el } from "./dom.js";

const segments = new Intl.Segmenter("en", { granularity: "grapheme" });
const characters = (text) => Array.from(segments.segment(text), ({ segment }) => segment);

/// What both begin with, what of each is different, and what both end with.
export function apart(legacy, rust) {
  const [one, other] = [characters(legacy), characters(rust)];
  const most = Math.min(one.length, other.length);
  let head = 0;
  while (head < most && one[head] === other[head]) head += 1;
  let tail = 0;
  while (tail < most - head && one.at(-1 - tail) === other.at(-1 - tail)) tail += 1;
  const cut = (all) => all.slice(head, all.length - tail).join("");
  return { before: one.slice(0, head).join(""), legacy: cut(one), rust: cut(other), after: one.slice(one.length - tail).join("") };
}

/// Both values as two labelled boxes. A value that is not there is said to be absent.
export function sideBySide(legacy, rust) {
  const parts = legacy === null || rust === null ? null : apart(legacy, rust);
  return el("dl", { class: "compare" }, box("legacy", legacy, parts), box("rust", rust, parts));
}

function box(side, value, parts) {
  const shown = parts ? [parts.before, parts[side] && el("mark", {}, parts[side]), parts.after] : [value ?? el("em", {}, "absent")];
  return el("div", { class: side }, el("dt", {}, side), el("dd", {}, el("pre", {}, shown)));
}
