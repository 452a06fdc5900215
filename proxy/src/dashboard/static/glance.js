// The migration at a glance: where the routes are, who answers now, and how it went.
//
// It must not know single routes. The surprise: the share of native traffic and the share of moved routes are different
// things and both are here; one busy route outweighs fifty quiet ones.

import uPlot from "./uplot.js";
import { el, mark, say } from "./dom.js";
import { count, rate, share, short } from "./format.js";
import { Plot, area, colour, fromZero, halfHour, last, over, timeAxis, valueAxis } from "./plot.js";

/// What becomes of the legacy, and whether that is good news.
const LEGACY = {
  needed: ["needed", null],
  idle: ["idle", null],
  "can-go": ["can be switched off", "good"],
  gone: ["gone", "good"],
};
const STATES = ["rust", "split", "legacy"];

/// Tiles and two plots.
export class Glance {
  #routes = tile("Routes by state");
  #native = tile("Native traffic now", "of clients' requests in 5 minutes");
  #rps = tile("Requests per second");
  #pilot = tile("Pilot");
  #legacy = tile("Legacy");
  #counts = { legacy: [], split: [], rust: [] };
  #parts = STATES.map((state) => el("span", { class: `part ${state}` }));
  #burndown = new Plot("Routes over time", over(
    // Painted from the highest stair to the lowest, each over the one before.
    [this.#stair("legacy"), this.#stair("split"), this.#stair("rust")],
    [timeAxis(), { ...valueAxis(count), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] }],
    { scales: { y: { range: fromZero } } },
  ));
  #trend = new Plot("Requests per second, last 30 minutes", over(
    [area("legacy", "--legacy", rate), area("rust", "--rust", rate)],
    [timeAxis(), valueAxis(short)],
    { scales: { x: { range: halfHour }, y: { range: fromZero } } },
  ));
  node = el("section", { class: "glance", "aria-label": "At a glance" },
    el("dl", { class: "tiles" }, this.#routes.node, this.#native.node, this.#rps.node, this.#pilot.node, this.#legacy.node),
    el("div", { class: "plots" }, this.#burndown.node, this.#trend.node));

  constructor() {
    this.#routes.more.append(el("span", { class: "parts", "aria-hidden": "true" }, this.#parts), this.#routes.words);
  }

  /// Shows the overview's numbers.
  show({ glance }) {
    const { routes, native_share, requests_per_second, pilot, legacy } = glance;
    const all = routes.legacy + routes.split + routes.rust;
    say(this.#routes.value, count(all));
    say(this.#routes.words, `${routes.rust} rust · ${routes.split} split · ${routes.legacy} legacy`);
    STATES.forEach((state, index) => this.#parts[index].style.setProperty("flex-grow", routes[state]));
    say(this.#native.value, share(native_share));
    say(this.#rps.value, rate(requests_per_second));
    this.#showPilot(pilot);
    this.#showLegacy(legacy);
  }

  #showPilot({ on, paused }) {
    say(this.#pilot.value, on === 0 && paused === 0 ? "off" : `${on} on`);
    say(this.#pilot.words, paused > 0 ? `${paused} paused` : on > 0 ? "none paused" : "no route has gate.auto");
    mark(this.#pilot.node, "data-state", paused > 0 ? "warn" : null);
  }

  #showLegacy(legacy) {
    const { needed = true, state = needed ? "needed" : "can-go", why = "" } = legacy ?? {};
    const [word, tone] = LEGACY[state] ?? [state, null];
    say(this.#legacy.value, word);
    say(this.#legacy.words, why.replace(/^(needed|none|can be switched off): /, ""));
    mark(this.#legacy.words, "title", why);
    mark(this.#legacy.node, "data-state", tone);
  }

  /// Shows `/api/trend` of all routes together.
  trend({ at, legacy, rust }) {
    const now = (side) => `${rate(last(side.rps))} per second`;
    this.#trend.show([at, legacy.rps, rust.rps], `Now: legacy ${now(legacy)}, rust ${now(rust)}.`);
  }

  /// Shows `/api/burndown`, one state upon the other.
  burndown({ at, legacy, split, rust }) {
    if (at.length === 0) return;
    // A plot needs two points, and the last state is also that of now.
    const upTo = (values) => [...values, values.at(-1)];
    this.#counts = { legacy: upTo(legacy), split: upTo(split), rust: upTo(rust) };
    const moved = this.#counts.rust.map((count, index) => count + this.#counts.split[index]);
    const all = moved.map((count, index) => count + this.#counts.legacy[index]);
    const words = `Now ${rust.at(-1)} rust, ${split.at(-1)} split, ${legacy.at(-1)} legacy; at first ${legacy[0]} legacy.`;
    const now = Math.max(Date.now() / 1000, at.at(-1) + 1);
    this.#burndown.show([[...at, now], all, moved, this.#counts.rust], words);
  }

  /// One step of the stack, whose legend says its own count and not its height.
  #stair(state) {
    return area(state, `--${state}`, count, {
      fill: () => colour(`--${state}-fill`),
      paths: uPlot.paths.stepped({ align: 1 }),
      value: (_plot, _height, _series, index) => count(this.#counts[state].at(index ?? -1)),
    });
  }

  end() {
    this.#burndown.end();
    this.#trend.end();
  }
}

/// A number with its name and a word on it.
function tile(name, words = "") {
  const value = el("span", { class: "value" }, "–");
  const small = el("span", { class: "words" }, words);
  const more = el("dd", {}, value, small);
  return { node: el("div", { class: "tile" }, el("dt", {}, name), more), value, words: small, more };
}
