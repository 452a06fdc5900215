// Both backends side by side, over all routes that are chosen, and how far the migration is.

import { all, choice, dashboard, lines, moves, number, pageOf, query, table } from "./blocks.mjs";

const S = 'job=~"$job",instance=~"$instance"';
const R = `${S},route=~"$route"`;
const PRIMARY = `${R},role="primary"`;
const RATE = "[$__rate_interval]";

const quantile = (q, legend) =>
  query(`histogram_quantile(${q}, sum by (backend, le) (rate(overgrow_request_seconds_bucket{${PRIMARY}}${RATE})))`, legend);

const native = `(sum(rate(overgrow_requests_total{${PRIMARY},backend="rust"}${RATE})) or vector(0)) / sum(rate(overgrow_requests_total{${PRIMARY}}${RATE}))`;
// Several sidecars of one service have the same routes: those are counted once.
const byState = `sum by (state) (max by (job, state) (overgrow_routes{${S}}))`;
const share = { unit: "percentunit", max: 1 };

const glance = [
  number("Answered by rust", "Share of clients' requests that rust answered.", [query(native, "rust")], { unit: "percentunit" }),
  number("Routes by state", "legacy: dial at 0; split: between; rust: at 100.", [query(byState, "{{state}}")], { text: "value_and_name", width: 5 }),
  number("Requests", "Clients' requests that ended, per second.", [query(`sum(rate(overgrow_requests_total{${PRIMARY}}${RATE}))`, "requests")], { unit: "reqps", width: 3 }),
  number("In step with routes.toml", "Whether every sidecar runs what its file says. If not, a dial that is turned has no effect.",
    [query(`min(overgrow_config_synchronized{${S}})`, "in step")],
    { texts: { 0: { text: "no", color: "red" }, 1: { text: "yes", color: "green" } }, width: 3, steps: [{ color: "red", value: null }, { color: "green", value: 1 }] }),
  number("Generation", "Accepted versions of the file since the start, the least and the most of all sidecars.",
    [query(`min(overgrow_config_generation{${S}})`, "least"), query(`max(overgrow_config_generation{${S}})`, "most")], { text: "value_and_name" }),
  number("Sidecars up", "Targets of the job that answered Prometheus.", [query(`sum(up{${S}})`, "up")], { width: 2 }),
  number("Version", "Builds that run.", [query(`count by (version, commit) (overgrow_build_info{${S}})`, "{{version}} {{commit}}")], { text: "name", width: 3 }),
];

const sides = [
  lines("Requests", "Clients' requests per second by the side that answered.",
    [query(`sum by (backend) (rate(overgrow_requests_total{${PRIMARY}}${RATE}))`, "{{backend}}")], { unit: "reqps" }),
  lines("Errors", "Share of 5xx in each side's answers to clients.",
    [query(`(sum by (backend) (rate(overgrow_requests_total{${PRIMARY},status="5xx"}${RATE})) or 0 * sum by (backend) (rate(overgrow_requests_total{${PRIMARY}}${RATE}))) / sum by (backend) (rate(overgrow_requests_total{${PRIMARY}}${RATE}))`, "{{backend}}")],
    { unit: "percentunit" }),
  lines("Duration", "From the head of the request to the end of the answer; p50 dashed. The buckets are coarse: steps of about 2.5.",
    [quantile(0.99, "{{backend}} p99"), quantile(0.5, "{{backend}} p50")], { unit: "s" }),
  lines("In flight", "Requests being answered, without open WebSockets.",
    [query(`sum by (backend) (overgrow_in_flight{${S}})`, "{{backend}}")], {}),
  lines("WebSockets", "Open now, by the side that holds them.",
    [query(`sum by (backend) (overgrow_websockets{${R}})`, "{{backend}}")], {}),
  lines("Turned away", "Requests per second that no side was asked: refused before routing, or not let in by their route.",
    [
      query(`sum by (reason) (rate(overgrow_refused_total{${S}}${RATE}))`, "refused: {{reason}}"),
      query(`sum by (reason) (rate(overgrow_denied_total{${R}}${RATE}))`, "denied: {{reason}}"),
    ], { unit: "reqps" }),
];

const routes = [
  table("Routes", "One row per route; a click leads to its page. The bound is the 95 % upper limit of the share of answers that differ.", "route",
    [
      query(`max by (route) (overgrow_route_rust_percent{${R}})`, "dial"),
      query(`sum by (route) (rate(overgrow_requests_total{${PRIMARY}}${RATE}))`, "requests"),
      query(`sum by (route) (rate(overgrow_requests_total{${PRIMARY},backend="rust"}${RATE}))`, "by rust"),
      query(`max by (route) (overgrow_parity_mismatch_bound{${R}})`, "bound"),
      query(`max by (route) (overgrow_gate_threshold{${R},of="mismatch"})`, "gate"),
      query(`max by (route) (job_route:overgrow_failures:excess5m{job=~"$job",route=~"$route"})`, "5xx over legacy"),
      query(`max by (route) (job_route:overgrow_request_seconds:p99_ratio10m{job=~"$job",route=~"$route"})`, "p99 ÷ legacy's"),
    ],
    {
      width: 24, height: 9,
      units: { dial: "percent", requests: "reqps", "by rust": "reqps", bound: "percentunit", gate: "percentunit", "5xx over legacy": "percentunit", "p99 ÷ legacy's": "none" },
      linked: [{ title: "Route", url: "/d/overgrow-route?var-route=${__value.raw}&${job:queryparam}&${instance:queryparam}&${page:queryparam}" }, ...pageOf("${__value.raw}")],
    }),
];

const migration = [
  lines("Answered by rust", "Share of clients' requests over time.", [query(native, "rust")], share),
  lines("Burn-down", "Routes by state over time: the blue ones are what is left to do.", [query(byState, "{{state}}")], { stack: true, steps: true }),
  lines("Dials", "Where each route's dial stands; the highest of all sidecars. Vertical lines are moves.",
    [query(`max by (route) (overgrow_route_rust_percent{${R}})`, "{{route}}")], { unit: "percent", max: 100, steps: true, links: pageOf("${__field.labels.route}") }),
  lines("Idle legacy", "Time since somebody last needed the legacy: it can go when this is long enough and nothing needs it.",
    [query(`min(overgrow_legacy_idle_seconds{${S}})`, "idle")], { unit: "s" }),
  number("The legacy is", "Whether the service that is replaced can be switched off; `overgrow status` names what still needs it.",
    [query(`max(overgrow_legacy_needed{${S}})`, "legacy")],
    { texts: { 0: { text: "not needed", color: "green" }, 1: { text: "needed", color: "text" } }, width: 8, height: 8 }),
  lines("Pilot", "Routes by how the pilot stands to them.",
    [query(`sum by (state) (max by (job, route, state) (overgrow_pilot_state{${R}}))`, "{{state}}")], { stack: true, steps: true }),
];

const health = [
  lines("Native failures that the legacy covered", "Per second, by reason. `not_replayable`: the legacy could not be asked any more.",
    [query(`sum by (route, reason) (rate(overgrow_fallback_total{${R}}${RATE}))`, "{{route}}: {{reason}}")], { unit: "reqps", links: pageOf("${__field.labels.route}") }),
  lines("Upstreams", "1 when an upstream answers.", [query(`overgrow_upstream_up{${S}}`, "{{upstream}} from {{instance}}")], { max: 1, steps: true }),
  lines("Reloads", "Reads of routes.toml that found a change, by what came of it.",
    [query(`sum by (result) (increase(overgrow_reload_total{${S}}${RATE}))`, "{{result}}")], {}),
  lines("CPU", "Cores in use.", [query(`rate(process_cpu_seconds_total{${S}}${RATE})`, "{{instance}}")], { unit: "none" }),
  lines("Memory", "Resident.", [query(`process_resident_memory_bytes{${S}}`, "{{instance}}")], { unit: "bytes" }),
  lines("Open files", "Of those that the process may have. Each forwarded connection takes two.",
    [query(`process_open_fds{${S}} / process_max_fds{${S}}`, "{{instance}}")], share),
  lines("Time to reload", "p99, from noticing a change to using it.",
    [query(`histogram_quantile(0.99, sum by (le) (rate(overgrow_reload_seconds_bucket{${S}}[30m])))`, "p99")], { unit: "s" }),
  lines("Accepted for the legacy", "Dispatches of native handlers that wait, and those that the legacy refused for good.",
    [query(`sum(overgrow_bridge_waiting{${S}})`, "waiting"), query(`sum(overgrow_bridge_dead_letters{${S}})`, "dropped for good")], {}),
  lines("Log lines dropped", "Per second, because the reader of the log was too slow.",
    [query(`rate(overgrow_log_lines_dropped_total{${S}}${RATE})`, "{{instance}}")], { unit: "cps" }),
];

export default dashboard("overgrow-overview", "overgrow: both sides", "How a service and what replaces it do side by side, and how far the replacement is.", {
  choices: [
    choice("job", "Job", "overgrow_build_info", all),
    choice("instance", "Sidecar", 'overgrow_build_info{job=~"$job"}', all),
    choice("route", "Route", 'overgrow_route_rust_percent{job=~"$job",instance=~"$instance"}', all),
  ],
  rows: [["At a glance", glance], ["Both sides", sides], ["Routes", routes], ["The migration", migration], ["Health", health]],
  annotations: moves(R),
});
