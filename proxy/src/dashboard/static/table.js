// The table of routes: filter, sort, and rows that are told what changed.
//
// It must not know what a row shows. The surprise: rows do not jump while somebody reads; the order is made anew when it is
// asked for, and now and then while nobody points at the table.

import { el, mark, say } from "./dom.js";
import { COLUMNS, order } from "./columns.js";
import { path } from "./matching.js";
import { Row } from "./row.js";
import { Sparks } from "./spark.js";
import { isWorrying, stateOf } from "./words.js";

/// How often rows may change places by themselves.
const REORDER_MS = 10_000;
const FILTERS = [["all", "All"], ["legacy", "Legacy"], ["split", "Split"], ["rust", "Rust"], ["look", "Needs a look"]];

/// All routes.
export class Table {
  #rows = new Map();
  #sparks = new Sparks();
  #sorted = null;
  #filter = "all";
  #search = el("input", { type: "search", id: "filter", placeholder: "Filter by route, path, handler", autocomplete: "off", spellcheck: "false" });
  #states = FILTERS.map(([key, name]) => el("button", { type: "button", "data-filter": key, "aria-pressed": key === "all", onclick: () => this.#choose(key) }, name, el("span", { class: "n" })));
  #heads = COLUMNS.map((column) => el("th", { role: "columnheader", scope: "col", class: `c-${column.key}` },
    el("button", { type: "button", onclick: () => this.#sort(column) }, column.name)));
  #sortBy = el("select", { id: "sort", onchange: (event) => this.#sortTo(event.target.value) },
    el("option", { value: "" }, "as in the file"), COLUMNS.map(({ key, name }) => el("option", { value: key }, name)));
  #body = el("tbody", { role: "rowgroup" });
  #empty = el("p", { class: "empty", hidden: true }, "No route is like that.");
  #shown = el("p", { class: "shown", role: "status" });
  #clock = setInterval(() => this.#isLeftAlone() && this.#arrange(), REORDER_MS);
  node;

  constructor() {
    this.#search.addEventListener("input", () => this.#sift());
    this.node = el("section", { class: "routes", "aria-label": "Routes" },
      el("div", { class: "tools" },
        el("label", { class: "unseen", for: "filter" }, "Filter"), this.#search,
        el("div", { class: "filters", role: "group", "aria-label": "State" }, this.#states),
        el("div", { class: "sort" }, el("label", { for: "sort" }, "Sort"), this.#sortBy),
        key(), this.#shown),
      el("table", { role: "table" },
        el("caption", { class: "unseen" }, "A row per route. Measurements of the last minute, the legacy's before rust's."),
        el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, this.#heads)),
        this.#body),
      this.#empty);
  }

  /// Shows routes: all of them, or only the rows that changed.
  show(routes, { whole, rows }) {
    if (whole) this.#replace(routes);
    else for (const data of rows) this.#rows.get(data.id)?.show(data);
    this.#count();
    this.#sift();
  }

  /// Shows `/api/trends`.
  trends(trends) {
    this.#sparks.show(trends);
  }

  end() {
    clearInterval(this.#clock);
    this.#sparks.end();
  }

  #replace(routes) {
    const here = new Set(routes.map((data) => data.id));
    for (const [id, row] of this.#rows) if (!here.has(id)) this.#drop(row);
    // The map's order is the file's.
    const rows = routes.map((data) => this.#rows.get(data.id) ?? new Row(data.id, this.#sparks));
    rows.forEach((row, index) => row.show(routes[index]));
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.#arrange();
  }

  #drop(row) {
    this.#sparks.drop(row.spark);
    row.node.remove();
  }

  #sort({ key, first = "descending" }) {
    const other = { ascending: "descending", descending: "ascending" };
    if (this.#sorted?.key !== key) this.#sorted = { key, direction: first };
    else if (this.#sorted.direction === first) this.#sorted = { key, direction: other[first] };
    // The third click gives the file's order back.
    else this.#sorted = null;
    this.#arrange();
  }

  #sortTo(key) {
    const column = COLUMNS.find((column) => column.key === key);
    this.#sorted = column ? { key, direction: column.first ?? "descending" } : null;
    this.#arrange();
  }

  #arrange() {
    const rows = [...this.#rows.values()];
    if (this.#sorted) {
      const by = order(this.#sorted);
      rows.sort((one, other) => by(one.data, other.data));
    }
    COLUMNS.forEach(({ key }, index) => mark(this.#heads[index], "aria-sort", this.#sorted?.key === key ? this.#sorted.direction : null));
    this.#sortBy.value = this.#sorted?.key ?? "";
    const isSo = rows.every((row, index) => this.#body.children[index] === row.node);
    if (!isSo) this.#body.replaceChildren(...rows.map((row) => row.node));
  }

  #choose(filter) {
    this.#filter = filter;
    for (const button of this.#states) mark(button, "aria-pressed", String(button.dataset.filter === filter));
    this.#sift();
  }

  #sift() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { node, data } of this.#rows.values()) {
      const fits = isIn(this.#filter, data) && words.every((word) => searchable(data).includes(word));
      if (node.hidden === fits) node.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    this.#empty.hidden = shown > 0 || this.#rows.size === 0;
    say(this.#shown, shown === this.#rows.size ? `${shown} routes` : `${shown} of ${this.#rows.size} routes`);
  }

  #count() {
    const all = [...this.#rows.values()].map((row) => row.data);
    for (const button of this.#states) {
      const count = all.filter((data) => isIn(button.dataset.filter, data)).length;
      say(button.querySelector(".n"), count);
    }
  }

  #isLeftAlone() {
    return !document.hidden && !this.#body.matches(":hover, :focus-within");
  }
}

function isIn(filter, data) {
  if (filter === "all") return true;
  return filter === "look" ? isWorrying(data) : stateOf(data) === filter;
}

function searchable({ id, match, handler }) {
  return `${id} ${path(match)} ${handler ?? ""}`.toLowerCase();
}

/// What the two colours stand for, where somebody looks who does not know yet.
function key() {
  return el("p", { class: "key", "aria-hidden": "true" },
    el("span", { class: "legacy" }, "legacy"), el("span", { class: "rust" }, "rust"), el("em", {}, "as a shadow"));
}
