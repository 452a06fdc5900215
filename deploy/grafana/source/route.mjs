// One route: both backends over each other, whether they answer alike, and what its dial did.

import { all, choice, dashboard, heatmap, lines, moves, number, pageOf, query } from "./blocks.mjs";

const S = 'job=~"$job",instance=~"$instance"';
const R = `${S},route="$route"`;
const OF_JOB = 'job=~"$job",route="$route"';
const RATE = "[$__rate_interval]";
const links = pageOf("${route}");

const requests = (labels) => `sum by (backend, role) (rate(overgrow_requests_total{${R}${labels}}${RATE}))`;
const quantile = (q, legend) =>
  query(`histogram_quantile(${q}, sum by (backend, role, le) (rate(overgrow_request_seconds_bucket{${R}}${RATE})))`, legend);
const cloud = (backend) => `sum by (le) (rate(overgrow_request_seconds_bucket{${R},backend="${backend}"}${RATE}))`;
const redAbove = (value) => [{ color: "green", value: null }, { color: "red", value }];

const glance = [
  number("Dial", "Percent of requests that rust answers; the least and the most of all sidecars.",
    [query(`min(overgrow_route_rust_percent{${R}})`, "least"), query(`max(overgrow_route_rust_percent{${R}})`, "most")], { unit: "percent", text: "value_and_name", links }),
  number("Mismatches at most", "95 % upper bound of the share of answers that differ, the worst of all sidecars.",
    [query(`max(overgrow_parity_mismatch_bound{${R}})`, "bound")], { unit: "percentunit", links }),
  number("Gate", "What the gate allows: the bound has to be below it.", [query(`min(overgrow_gate_threshold{${R},of="mismatch"})`, "gate")], { unit: "percentunit" }),
  number("Bound ÷ gate", "Below 1 the parity condition of the gate holds.",
    [query(`max(overgrow_parity_mismatch_bound{${R}} / on (job, instance, route) overgrow_gate_threshold{${R},of="mismatch"})`, "ratio")], { unit: "none", steps: redAbove(1), links }),
  number("5xx over the legacy's", "Rust's share of 5xx minus the legacy's, over five minutes.",
    [query(`max(job_route:overgrow_failures:excess5m{${OF_JOB}})`, "excess")], { unit: "percentunit", steps: redAbove(0.005), links }),
  number("p99 ÷ the legacy's", "Over ten minutes, from coarse buckets; the sidecar's page compares pair by pair.",
    [query(`max(job_route:overgrow_request_seconds:p99_ratio10m{${OF_JOB}})`, "ratio")], { unit: "none", steps: redAbove(1.25), links }),
];

const sides = [
  lines("Requests", "Per second by side; `shadow`: asked off the client's path.", [query(requests(""), "{{backend}} {{role}}")], { unit: "reqps", links }),
  lines("Errors", "Share of 5xx. A spike here: follow the link to the samples, whose request ids are in the log and in the answers' X-Request-Id.",
    [query(`(${requests(',status="5xx"')} or 0 * ${requests("")}) / ${requests("")}`, "{{backend}} {{role}}")], { unit: "percentunit", links }),
  lines("Duration", "From the head of the request to the end of the answer; p50 dashed.", [quantile(0.99, "{{backend}} {{role}} p99"), quantile(0.5, "{{backend}} {{role}} p50")], { unit: "s", links }),
  heatmap("Legacy's durations", "Requests per second by how long they took, clients' and shadow's together.", cloud("legacy"), { scheme: "Blues", width: 12, links }),
  heatmap("Rust's durations", "Requests per second by how long they took, clients' and shadow's together.", cloud("rust"), { scheme: "Oranges", width: 12, links }),
  lines("Answers by status", "Per second; `none`: the client left before there was an answer.",
    [query(`sum by (backend, status) (rate(overgrow_requests_total{${R},role="primary"}${RATE}))`, "{{backend}} {{status}}")], { unit: "reqps", stack: true, width: 12, links }),
  lines("Native failures", "Per second by reason; the legacy answered instead, but for `not_replayable`.",
    [query(`sum by (reason) (rate(overgrow_fallback_total{${R}}${RATE}))`, "{{reason}}")], { unit: "reqps", width: 12, links }),
];

const parity = [
  lines("Verdicts", "Comparisons per second. `expected` and `noise` differ and do not count against rust.",
    [query(`sum by (verdict) (rate(overgrow_parity_total{${R}}${RATE}))`, "{{verdict}}")], { unit: "reqps", stack: true, links }),
  lines("Bound and gate", "The gate opens when the bound is below it. The bound falls with every comparison that matches.",
    [
      query(`max by (instance) (overgrow_parity_mismatch_bound{${R}})`, "bound {{instance}}"),
      query(`min(overgrow_gate_threshold{${R},of="mismatch"})`, "gate"),
    ], { unit: "percentunit", log: true, links }),
  lines("Evidence", "What the running epoch has seen; a new build, other rules or another legacy begin a new one.",
    [query(`sum by (of) (overgrow_evidence{${R},of=~"compared|mismatched|rust_only|legacy_only"})`, "{{of}}")], { links }),
];

const dial = [
  lines("Pilot", "How the pilot stands to the route; `rolled-back` and `paused` wait for a person or a new build.",
    [query(`max by (state) (overgrow_pilot_state{${R}})`, "{{state}}")], { max: 1, steps: true, width: 12, links }),
  lines("Moves by the pilot", "Promotions and rollbacks since the start of each sidecar.",
    [query(`sum by (direction) (overgrow_pilot_moves_total{${R}})`, "{{direction}}")], { steps: true, width: 12, links }),
  lines("Dial", "Where it stands in each sidecar. Vertical lines are moves; the sidecar's page says who moved it and why.",
    [query(`overgrow_route_rust_percent{${R}}`, "{{instance}}")], { unit: "percent", max: 100, steps: true, width: 12, links }),
  lines("Shadow requests", "By what became of them, per second.", [query(`sum by (outcome) (rate(overgrow_shadow_total{${R}}${RATE}))`, "{{outcome}}")], { unit: "reqps", stack: true, width: 12, links }),
];

export default dashboard("overgrow-route", "overgrow: one route", "Both backends of one route over each other, whether they answer alike, and what its dial did.", {
  choices: [
    choice("job", "Job", "overgrow_build_info", all),
    choice("instance", "Sidecar", 'overgrow_build_info{job=~"$job"}', all),
    choice("route", "Route", 'overgrow_route_rust_percent{job=~"$job",instance=~"$instance"}'),
  ],
  rows: [["At a glance", glance], ["Both sides", sides], ["Parity", parity], ["Dial", dial]],
  annotations: moves(R),
});
