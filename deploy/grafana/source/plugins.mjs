// Plugins: what they are called for, how it ends, how long it takes, what they were not granted.

import { all, choice, dashboard, heatmap, lines, number, query } from "./blocks.mjs";

const S = 'job=~"$job",instance=~"$instance"';
const P = `${S},plugin=~"$plugin"`;
const RATE = "[$__rate_interval]";
// A call that a plugin does not offer is no failure.
const FAILED = `${P},result!~"ok|absent"`;

const quantile = (q, legend) =>
  query(`histogram_quantile(${q}, sum by (plugin, le) (rate(overgrow_plugin_call_seconds_bucket{${P}}${RATE})))`, legend);

const glance = [
  number("Plugins by state", "`stale`: an older version goes on; `broken`: none does.", [query(`sum by (state) (overgrow_plugins{${S}})`, "{{state}}")], { text: "value_and_name", width: 8 }),
  number("Calls", "Per second.", [query(`sum(rate(overgrow_plugin_calls_total{${P}}${RATE}))`, "calls")], { unit: "cps" }),
  number("Failed", "Share of calls.",
    [query(`(sum(rate(overgrow_plugin_calls_total{${FAILED}}${RATE})) or vector(0)) / sum(rate(overgrow_plugin_calls_total{${P}}${RATE}))`, "failed")],
    { unit: "percentunit", steps: [{ color: "green", value: null }, { color: "red", value: 0.05 }] }),
  number("Messages that wait", "On their way out to a provider, and in to the agent.", [query(`sum by (way) (overgrow_outbox_waiting{${S}})`, "{{way}}")], { text: "value_and_name" }),
  number("Messages given up", "Dead letters: POST to /api/outbox/dead/ID sends one again.",
    [query(`sum by (way) (overgrow_outbox_dead_letters{${S}})`, "{{way}}")], { text: "value_and_name", steps: [{ color: "green", value: null }, { color: "red", value: 1 }] }),
];

const calls = [
  lines("Calls", "Per second, by plugin and call.", [query(`sum by (plugin, call) (rate(overgrow_plugin_calls_total{${P}}${RATE}))`, "{{plugin}} {{call}}")], { unit: "cps", width: 12 }),
  lines("Calls that failed", "Per second, by how: trap, deadline, memory, answer, busy, failed, gone.",
    [query(`sum by (plugin, result) (rate(overgrow_plugin_calls_total{${FAILED}}${RATE}))`, "{{plugin}}: {{result}}")], { unit: "cps", width: 12 }),
  lines("Duration", "Of one call, waiting for its turn included; p50 dashed.", [quantile(0.99, "{{plugin}} p99"), quantile(0.5, "{{plugin}} p50")], { unit: "s", width: 12 }),
  heatmap("Durations", "Calls per second by how long they took.", `sum by (le) (rate(overgrow_plugin_call_seconds_bucket{${P}}${RATE}))`, { scheme: "Oranges", width: 12 }),
  lines("Not granted", "Host calls per second that a plugin asked for and was not granted in routes.toml.",
    [query(`sum by (plugin, capability) (rate(overgrow_plugin_denied_total{${P}}${RATE}))`, "{{plugin}}: {{capability}}")], { unit: "cps", width: 12 }),
  lines("Messages", "On their way, and given up.",
    [query(`sum by (way) (overgrow_outbox_waiting{${S}})`, "waiting {{way}}"), query(`sum by (way) (overgrow_outbox_dead_letters{${S}})`, "given up {{way}}")], { width: 12 }),
];

export default dashboard("overgrow-plugins", "overgrow: plugins", "What plugins are called for, how it ends and how long it takes.", {
  choices: [
    choice("job", "Job", "overgrow_build_info", all),
    choice("instance", "Sidecar", 'overgrow_build_info{job=~"$job"}', all),
    choice("plugin", "Plugin", 'overgrow_plugin_calls_total{job=~"$job",instance=~"$instance"}', all),
  ],
  rows: [["At a glance", glance], ["Calls", calls]],
  annotations: [],
});
