// What the dashboards are built of: one function per kind of panel, the layout, the colours.
//
// It must not know a metric. The surprise: panels are placed by their width alone, so a dashboard is a list of rows of panels and
// nobody counts cells.

/** Both sides look the same on every panel: the legacy is cool, rust is warm. */
const COLOURS = {
  legacy: "#5794F2",
  rust: "#FF9830",
  split: "#B877D9",
  match: "#73BF69",
  compared: "#73BF69",
  mismatch: "#F2495C",
  dropped: "#F2495C",
  gate: "#F2495C",
  expected: "#8AB8FF",
  noise: "#9FA7B3",
  on: "#73BF69",
  done: "#8AB8FF",
  paused: "#FADE2A",
  "rolled-back": "#F2495C",
};

/** Which of them a label's values can begin with. */
const VALUES = {
  backend: ["legacy", "rust"],
  state: ["legacy", "split", "rust", "on", "done", "paused", "rolled-back"],
  verdict: ["match", "mismatch", "expected", "noise"],
  outcome: ["compared", "dropped"],
};

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** The sidecar's own page, at the route that the series or the dashboard is about. */
export const pageOf = (route) => [
  { title: "The route on overgrow's page", url: `\${page}/#/route/${route}`, targetBlank: true },
  { title: "Samples of differences, with request ids", url: `\${page}/api/parity/${route}/samples`, targetBlank: true },
];

/** One query; `legend` names its series. */
export const query = (expr, legend, more = {}) => ({ expr: expr.replace(/\s+/g, " ").trim(), legendFormat: legend, ...more });

/** Series are told by how their legend begins. */
const starts = (name, color, mode) => ({
  matcher: { id: "byRegexp", options: `/^${name}\\b/` },
  properties: [{ id: "color", value: { mode, fixedColor: color } }],
});

/** The colours of what a query's legend begins with: a word, or a label. */
function coloured({ legendFormat }) {
  const label = legendFormat.match(/^\{\{(\w+)\}\}/)?.[1];
  const names = label ? (VALUES[label] ?? []) : [legendFormat.match(/^\w+/)[0]].filter((word) => word in COLOURS);
  // Several series of one side, by status say, are shades of its colour.
  const mode = legendFormat.split("{{").length > 2 ? "shades" : "fixed";
  return names.map((name) => starts(name, COLOURS[name], mode));
}

/** The dashed line of a median beside its p99. */
const dashed = {
  matcher: { id: "byRegexp", options: "/ p50$/" },
  properties: [{ id: "custom.lineStyle", value: { fill: "dash", dash: [6, 4] } }],
};

const median = ({ legendFormat }) => legendFormat.endsWith(" p50");

const panel = (type, title, description, queries, { unit = "short", width = 8, height = 8, links = [], defaults = {}, options = {} } = {}) => ({
  type, title, description, width, height,
  datasource: DATASOURCE,
  targets: queries.map((query, at) => ({ refId: String.fromCharCode(65 + at), datasource: DATASOURCE, editorMode: "code", range: true, ...query })),
  fieldConfig: { defaults: { unit, links, ...defaults }, overrides: [...queries.flatMap(coloured), ...(queries.some(median) ? [dashed] : [])] },
  options,
});

/** Lines over time. `stack` piles them up, `steps` draws a value that jumps. */
export const lines = (title, description, queries, { stack = false, steps = false, log = false, min = 0, max, ...more } = {}) =>
  panel("timeseries", title, description, queries, {
    ...more,
    defaults: {
      min: log ? undefined : min, max,
      color: { mode: "palette-classic" },
      custom: {
        drawStyle: "line", lineWidth: 2, fillOpacity: stack ? 30 : 8, showPoints: "never", spanNulls: false,
        lineInterpolation: steps ? "stepAfter" : "linear",
        stacking: { mode: stack ? "normal" : "none", group: "A" },
        scaleDistribution: log ? { type: "log", log: 10 } : { type: "linear" },
      },
    },
    options: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
      tooltip: { mode: "multi", sort: "desc" },
    },
  });

/** One number, or one per series. `steps` are the thresholds' colours; `texts` say what a number means. */
export const number = (title, description, queries, { steps, texts, text = "auto", ...more } = {}) =>
  panel("stat", title, description, queries.map((query) => ({ ...query, instant: true, range: false })), {
    width: 4, height: 4, ...more,
    defaults: {
      color: { mode: steps ? "thresholds" : "fixed", fixedColor: "text" },
      thresholds: { mode: "absolute", steps: steps ?? [{ color: "text", value: null }] },
      mappings: texts ? [{ type: "value", options: texts }] : [],
    },
    options: {
      colorMode: "value", graphMode: "none", justifyMode: "auto", orientation: "auto", textMode: text,
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    },
  });

/** How many requests took how long, as a cloud over time. */
export const heatmap = (title, description, expr, { scheme, ...more }) =>
  panel("heatmap", title, description, [query(expr, "{{le}}", { format: "heatmap" })], {
    ...more,
    defaults: { custom: { scaleDistribution: { type: "linear" } } },
    options: {
      calculate: false, cellGap: 1, cellValues: { unit: "reqps" },
      color: { mode: "scheme", scheme, exponent: 0.5, scale: "exponential", steps: 64, reverse: false, fill: "dark-orange" },
      yAxis: { unit: "s", axisPlacement: "left", reverse: false }, rowsFrame: { layout: "auto" },
      showValue: "never", legend: { show: true }, tooltip: { mode: "single", yHistogram: true, showColorScale: false },
      filterValues: { le: 1e-9 }, exemplars: { color: "rgba(255,0,255,0.7)" },
    },
  });

/** One row per `by`, one column per query; a query's legend is its column's name. `units` are by that name. */
export const table = (title, description, by, queries, { units, ...more }) => {
  const built = panel("table", title, description, queries.map((query) => ({ ...query, instant: true, range: false, format: "table" })), more);
  const named = Object.fromEntries(built.targets.map(({ refId, legendFormat }) => [`Value #${refId}`, legendFormat]));
  const unit = ([name, unit]) => ({ matcher: { id: "byName", options: name }, properties: [{ id: "unit", value: unit }] });
  const linked = { matcher: { id: "byName", options: by }, properties: [{ id: "links", value: more.linked }] };
  delete built.linked;
  return {
    ...built,
    fieldConfig: { defaults: { custom: { align: "auto", filterable: true } }, overrides: [...Object.entries(units).map(unit), linked] },
    options: { showHeader: true, cellHeight: "sm", sortBy: [{ displayName: by, desc: false }] },
    transformations: [
      { id: "merge", options: {} },
      { id: "organize", options: { excludeByName: { Time: true }, indexByName: { [by]: 0 }, renameByName: named } },
    ],
  };
};

/** A choice of the values of a label. `more` are further keys of the variable. */
export const choice = (name, label, metric, more = {}) => ({
  name, label, type: "query", datasource: DATASOURCE, hide: 0, refresh: 2, sort: 1, regex: "", skipUrlSync: false,
  definition: `label_values(${metric}, ${name})`,
  query: { qryType: 1, query: `label_values(${metric}, ${name})`, refId: "PrometheusVariableQueryEditor-VariableQuery" },
  multi: false, includeAll: false, options: [],
  ...more,
});

/** All values unless somebody chooses. */
export const all = { multi: true, includeAll: true, allValue: ".*", current: { selected: true, text: ["All"], value: ["$__all"] } };

const variables = (choices) => [
  { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", hide: 0, refresh: 1, regex: "", skipUrlSync: false, multi: false, includeAll: false, options: [] },
  ...choices,
  {
    name: "page", label: "overgrow's page", description: "Where your browser reaches a sidecar's page; links lead there",
    type: "textbox", query: "http://127.0.0.1:9901", hide: 0, skipUrlSync: false,
    options: [{ selected: true, text: "http://127.0.0.1:9901", value: "http://127.0.0.1:9901" }],
    current: { selected: true, text: "http://127.0.0.1:9901", value: "http://127.0.0.1:9901" },
  },
];

/** Rows of panels, each `[title, panels]`, become panels with places: side by side up to 24 columns, then below. */
function place(rows) {
  const placed = [];
  let y = 0;
  const add = (panel, x, w, h) => placed.push({ id: placed.length + 1, gridPos: { h, w, x, y }, ...panel });
  for (const [title, panels] of rows) {
    add({ type: "row", title, collapsed: false, panels: [] }, 0, 24, 1);
    y += 1;
    let [x, deepest] = [0, 0];
    for (const { width, height, ...panel } of panels) {
      if (x + width > 24) [x, y, deepest] = [0, y + deepest, 0];
      add(panel, x, width, height);
      x += width;
      deepest = Math.max(deepest, height);
    }
    y += deepest;
  }
  return placed;
}

const annotation = (name, color, expr, title, text) => ({
  name, enable: true, hide: false, iconColor: color, datasource: DATASOURCE,
  target: { refId: "Anno", expr, interval: "", datasource: DATASOURCE }, expr, titleFormat: title, textFormat: text, useValueForTime: false, step: "15s",
});

/** Vertical lines where a dial moved and where a sidecar took another version of the file. */
export const moves = (of) => [
  annotation("Dials", "purple", `changes(overgrow_route_rust_percent{${of}}[30s]) > 0`, "The dial moved", "{{route}} in {{instance}}"),
  annotation("Rollbacks", "red", `changes(overgrow_pilot_moves_total{${of},direction="rollback"}[30s]) > 0`, "The pilot rolled back", "{{route}} in {{instance}}"),
];

/** A whole dashboard. The `uid` is fixed, because links and bookmarks hang on it. */
export const dashboard = (uid, title, description, { choices, rows, annotations }) => ({
  uid, title, description,
  tags: ["overgrow"],
  schemaVersion: 41, version: 1, editable: true, graphTooltip: 1, fiscalYearStartMonth: 0, liveNow: false, preload: false, weekStart: "",
  time: { from: "now-30m", to: "now" }, timezone: "browser", refresh: "10s",
  timepicker: { refresh_intervals: ["5s", "10s", "30s", "1m", "5m"] },
  links: [{ asDropdown: false, icon: "external link", includeVars: true, keepTime: true, tags: ["overgrow"], targetBlank: false, title: "overgrow", tooltip: "", type: "dashboards", url: "" }],
  annotations: { list: annotations },
  templating: { list: variables(choices) },
  panels: place(rows),
});
