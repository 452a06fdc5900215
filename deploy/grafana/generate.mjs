// Writes dashboards/*.json from source/*.mjs; with `--check` it only says whether they are what the source makes.
// usage: node deploy/grafana/generate.mjs [--check]

import { readFileSync, writeFileSync } from "node:fs";
import overview from "./source/overview.mjs";
import plugins from "./source/plugins.mjs";
import route from "./source/route.mjs";
import shadow from "./source/shadow.mjs";

const check = process.argv.includes("--check");
const file = (name) => new URL(`dashboards/${name}.json`, import.meta.url);
const stale = Object.entries({ overview, route, shadow, plugins }).filter(([name, dashboard]) => {
  const text = `${JSON.stringify(dashboard, null, 2)}\n`;
  if (check) return readFileSync(file(name), "utf8") !== text;
  writeFileSync(file(name), text);
  return false;
});
for (const [name] of stale) console.error(`dashboards/${name}.json is not what the source makes: run node deploy/grafana/generate.mjs`);
process.exitCode = stale.length > 0 ? 1 : 0;
