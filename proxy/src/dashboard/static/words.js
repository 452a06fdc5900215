// What the API's states are called on this page, and how alarming each is.
//
// It must not judge: the gate and the pilot did. The surprise: a route that nothing is compared for has a gate that
// "holds back" all the same; here it has no word, since there is nothing that anybody waits for.

import { count, share } from "./format.js";

/// Which of the three a dial makes of a route.
export function stateOf(row) {
  if (row.rust === 0 || row.handler === null) return "legacy";
  return row.rust === 100 ? "rust" : "split";
}

/// What the gate says: promote, hold or roll back.
export function gateWord(row) {
  if (!isWatched(row)) return { word: "–", tone: null };
  const { parity } = row;
  const words = {
    promote: { word: "promote", tone: "good" },
    hold: { word: "hold", tone: "calm" },
    rollback: { word: "roll back", tone: "bad" },
  };
  return words[parity.state] ?? { word: parity.state, tone: null };
}

/// Whether anything of the route is or was compared.
function isWatched({ handler, shadow, parity }) {
  return Boolean(parity) && handler !== null && (shadow > 0 || parity.compared > 0);
}

/// What the pilot does with the route.
export function pilotWord(pilot) {
  const words = {
    off: { word: "off", tone: null },
    on: { word: "on", tone: "calm" },
    paused: { word: "paused", tone: "warn" },
    "rolled-back": { word: "rolled back", tone: "bad" },
    done: { word: "done", tone: "good" },
  };
  return words[pilot?.state ?? "off"] ?? { word: pilot.state, tone: null };
}

/// The bound of the share of answers that differ, and what it rests on.
export function evidence(parity) {
  if (!parity || parity.compared === 0) return { bound: "–", n: "none yet" };
  return { bound: `≤ ${share(parity.bound)}`, n: `of ${count(parity.compared)}` };
}

/// Who stays on one side while a route is split.
export function sticking(sticky) {
  if (!sticky || sticky === "request") return "each request";
  if (typeof sticky === "string") return `by ${sticky.replace("-", " ")}`;
  const [kind, name] = Object.entries(sticky)[0];
  return `by ${kind} ${name}`;
}

/// Whether somebody should look at the route.
export function isWorrying({ parity, pilot, now }) {
  const fails = (now?.rust?.errors ?? 0) > (now?.legacy?.errors ?? 0);
  return parity?.state === "rollback" || ["paused", "rolled-back"].includes(pilot?.state) || fails;
}
