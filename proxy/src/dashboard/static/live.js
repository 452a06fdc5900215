// What overgrow says of itself, as it changes: one document, kept up to date by server-sent events.
//
// It must not know how it is shown. The surprise: a stream that is open and silent looks like one whose other end is gone,
// so silence is answered with a question.

import { endpoint, get } from "./api.js";

/// A stream that says nothing for this long is asked for: it changes once a second under traffic.
const SILENCE_MS = 20_000;
/// Between attempts to open the stream again; doubled each time up to the last.
const AGAIN_MS = [1000, 15_000];

/// Events: `overview` with what changed, `move` with a move, `state` when the connection changed.
export class Live extends EventTarget {
  /// The overview, or null before the first.
  overview = null;
  /// `connecting`, `live` or `stale`.
  state = "connecting";
  /// When something was last heard.
  heard = null;
  #source = null;
  #wait = AGAIN_MS[0];
  #timer = 0;

  /// Opens the stream. Asks for the overview first, because a stream cannot say that a token is needed.
  async start() {
    this.#source?.close();
    try {
      this.#snapshot(await get("overview"));
      this.#listen();
    } catch {
      this.#lost();
    }
  }

  /// Tries now instead of after the pause.
  retry() {
    clearTimeout(this.#timer);
    this.#wait = AGAIN_MS[0];
    return this.start();
  }

  #listen() {
    const source = new EventSource(endpoint("events"));
    this.#source = source;
    source.addEventListener("open", () => this.#hear());
    source.addEventListener("snapshot", (event) => this.#snapshot(JSON.parse(event.data)));
    source.addEventListener("change", (event) => this.#change(JSON.parse(event.data)));
    source.addEventListener("move", (event) => this.#tell("move", JSON.parse(event.data)));
    source.addEventListener("error", () => this.#lost());
  }

  #snapshot(overview) {
    this.overview = overview;
    this.#hear();
    this.#tell("overview", { whole: true, rows: overview.routes });
  }

  /// Rows that did not change are not in it. One that nobody has heard of means that something was missed.
  #change(change) {
    const changed = new Map((change.routes ?? []).map((row) => [row.id, row]));
    const known = new Set(this.overview?.routes.map((row) => row.id));
    if (![...changed.keys()].every((id) => known.has(id))) return this.#refresh();
    const routes = this.overview.routes.map((row) => changed.get(row.id) ?? row);
    this.overview = { ...this.overview, ...change, routes };
    this.#hear();
    this.#tell("overview", { whole: false, rows: [...changed.values()] });
  }

  async #refresh() {
    try {
      this.#snapshot(await get("overview"));
    } catch {
      this.#lost();
    }
  }

  #hear() {
    this.heard = new Date();
    this.#wait = AGAIN_MS[0];
    this.#become("live");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), SILENCE_MS);
  }

  /// The browser's own reconnection gives up on an error answer, so ours is the only one.
  #lost() {
    this.#source?.close();
    this.#become("stale");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, AGAIN_MS[1]);
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell("state", state);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
