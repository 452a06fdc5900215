// The lane on which the other side is asked: what became of its requests, whether there is room, what is given up.

import { all, choice, dashboard, lines, moves, number, pageOf, query } from "./blocks.mjs";

const S = 'job=~"$job",instance=~"$instance"';
const R = `${S},route=~"$route"`;
const ELIGIBLE = `${R},outcome!="write_skipped"`;
const RATE = "[$__rate_interval]";
const links = pageOf("${__field.labels.route}");

const dropped = (by) =>
  `(sum${by} (rate(overgrow_shadow_total{${R},outcome="dropped"}${RATE})) or 0 * sum${by} (rate(overgrow_shadow_total{${ELIGIBLE}}${RATE}))) / sum${by} (rate(overgrow_shadow_total{${ELIGIBLE}}${RATE}))`;
const quantile = (q, legend) =>
  query(`histogram_quantile(${q}, sum by (backend, le) (rate(overgrow_request_seconds_bucket{${R},role="shadow"}${RATE})))`, legend);

const glance = [
  number("Compared", "Pairs of answers compared, per second.", [query(`sum(rate(overgrow_shadow_total{${R},outcome="compared"}${RATE}))`, "compared")], { unit: "reqps", width: 6 }),
  number("Dropped", "Share of eligible requests for which there was no room. Above 5 % the gate does not open.",
    [query(dropped(""), "dropped")], { unit: "percentunit", width: 6, steps: [{ color: "green", value: null }, { color: "red", value: 0.05 }] }),
  number("In hand", "Places taken, of those that there are; half of them are for one route at most.",
    [query(`sum(overgrow_shadow_in_hand{${S}})`, "in hand"), query(`sum(overgrow_shadow_places{${S}})`, "places")], { width: 6, text: "value_and_name" }),
  number("Mismatches", "Share of comparisons that count against rust.",
    [query(`(sum(rate(overgrow_parity_total{${R},verdict="mismatch"}${RATE})) or vector(0)) / sum(rate(overgrow_parity_total{${R}}${RATE}))`, "mismatch")], { unit: "percentunit", width: 6 }),
];

const outcomes = [
  lines("Outcomes", "Requests that were to be asked of the other side, per second, by what became of them.",
    [query(`sum by (outcome) (rate(overgrow_shadow_total{${R}}${RATE}))`, "{{outcome}}")], { unit: "reqps", stack: true, width: 12 }),
  lines("Dropped by route", "Share of a route's eligible requests. The lane is full, or the other side rests after five failures in a row.",
    [query(dropped(" by (route)"), "{{route}}")], { unit: "percentunit", width: 12, links }),
  lines("Room", "Requests between their sample and their verdict, and how many there may be.",
    [query(`sum by (instance) (overgrow_shadow_in_hand{${S}})`, "in hand {{instance}}"), query(`min(overgrow_shadow_places{${S}})`, "gate: places")], {}),
  lines("Not compared", "Per second, without drops and writes: too large, too late, failed, broken off or declined.",
    [query(`sum by (route, outcome) (rate(overgrow_shadow_total{${R},outcome=~"oversize|timeout|failed|incomplete|declined"}${RATE}))`, "{{route}}: {{outcome}}")], { unit: "reqps", links }),
  lines("Writes left out", "Per second: writes on routes that do not shadow them (`shadow.writes`).",
    [query(`sum by (route) (rate(overgrow_shadow_total{${R},outcome="write_skipped"}${RATE}))`, "{{route}}")], { unit: "reqps", links }),
];

const other = [
  lines("Asked off the clients' path", "Shadow requests per second by the side that was asked.",
    [query(`sum by (backend) (rate(overgrow_requests_total{${R},role="shadow"}${RATE}))`, "{{backend}}")], { unit: "reqps" }),
  lines("Duration", "Of the side that was asked off the path; p50 dashed.", [quantile(0.99, "{{backend}} p99"), quantile(0.5, "{{backend}} p50")], { unit: "s" }),
  lines("Verdicts", "Comparisons per second.", [query(`sum by (verdict) (rate(overgrow_parity_total{${R}}${RATE}))`, "{{verdict}}")], { unit: "reqps", stack: true }),
  lines("Mismatches by route", "Per second; the link leads to samples with both answers.",
    [query(`sum by (route) (rate(overgrow_parity_total{${R},verdict="mismatch"}${RATE}))`, "{{route}}")], { unit: "reqps", width: 12, links }),
  lines("Bound by route", "95 % upper bound of the share of answers that differ.",
    [query(`max by (route) (overgrow_parity_mismatch_bound{${R}})`, "{{route}}")], { unit: "percentunit", log: true, width: 12, links }),
];

export default dashboard("overgrow-shadow", "overgrow: the shadow lane", "What became of the requests that the other side was asked off the clients' path.", {
  choices: [
    choice("job", "Job", "overgrow_build_info", all),
    choice("instance", "Sidecar", 'overgrow_build_info{job=~"$job"}', all),
    choice("route", "Route", 'overgrow_route_rust_percent{job=~"$job",instance=~"$instance"}', all),
  ],
  rows: [["At a glance", glance], ["Outcomes", outcomes], ["The other side", other]],
  annotations: moves(R),
});
