// What stands above every view: whether this page is live, whether overgrow runs what its file says, and the title.
//
// It must not know the views, except their titles. The surprise: a faulty routes.toml changes nothing that runs, which is
// just why it is shown so loudly; nobody would notice otherwise.

import { el, mark, say } from "./dom.js";
import { clock } from "./format.js";

const THEMES = ["system", "light", "dark"];

/// The header and the banners.
export class Top {
  #live;
  #banners = document.getElementById("banners");
  #sync = document.getElementById("sync");
  #connection = document.getElementById("connection");

  constructor(live) {
    this.#live = live;
    const theme = document.getElementById("theme");
    say(theme, `Theme: ${chosen()}`);
    theme.addEventListener("click", () => turnTheme(theme));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  }

  /// Shows whether what runs is what the file says.
  show(overview) {
    const { generation, synchronized, error, file, version } = overview;
    const restart = overview.needs_restart ?? [];
    this.#sync.hidden = false;
    mark(this.#sync, "data-state", synchronized ? "good" : "bad");
    say(this.#sync, synchronized ? `Generation ${generation} · as in routes.toml` : `Generation ${generation} · not what routes.toml says`);
    say(document.getElementById("about"), `overgrow ${version} · ${file}`);
    this.#banner("refused", error && ["routes.toml is refused; what ran before runs on.", error]);
    this.#banner("restart", restart.length > 0 && ["A restart is needed for a change of", restart.join(", ")]);
  }

  /// Shows whether the numbers on the page are those of now.
  connection() {
    const { state, heard } = this.#live;
    const since = heard ? `since ${clock(heard)}` : "";
    const words = { live: "Live", connecting: "Connecting…", stale: `Stale ${since}`.trim() };
    mark(this.#connection, "data-state", state);
    mark(document.body, "data-connection", state);
    say(this.#connection, words[state]);
    const lost = ["No connection to overgrow.", heard ? `What is shown was so at ${clock(heard)}.` : "Nothing was heard of it yet."];
    this.#banner("stale", state === "stale" && lost, { label: "Try now", act: () => this.#live.retry() });
  }

  /// The window's title: what is wrong first, else the view's own.
  entitle(view) {
    const { state, overview } = this.#live;
    const alarm = state === "stale" ? "(stale) " : overview && !overview.synchronized ? "(routes.toml refused) " : "";
    document.title = `${alarm}${view.title(overview)} · overgrow`;
  }

  /// One banner per name; false takes it away. One that says the same is left alone, so that it is not announced again.
  #banner(name, words, button) {
    const there = this.#banners.querySelector(`[data-name="${name}"]`);
    const text = words ? words.join("\n") : "";
    if (there?.dataset.text === text) return;
    there?.remove();
    if (!words) return;
    this.#banners.append(el("div", { class: "banner", "data-name": name, "data-text": text },
      el("strong", {}, words[0]), el("pre", {}, words[1]),
      button && el("button", { type: "button", onclick: button.act }, button.label)));
  }
}

function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}

function turnTheme(button) {
  const next = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length];
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Then it holds until the page is loaded again.
  }
  say(button, `Theme: ${next}`);
  repaint();
}

/// Plots are painted with colours that they have looked up.
function repaint() {
  dispatchEvent(new Event("repaint"));
}
