// A gateway whose answers are never the same twice, and a second one of it that may be wrong on purpose.
// usage: server.mjs [--port 0] [--name A] [--seed 1] [--plant field,null,...] [--echo-plan]    prints {"port":N} when it listens
// Nothing but node: no modules to install. See ../README.md for the endpoints and the plants.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { answers } from "./answers.mjs";
import { Journal } from "./journal.mjs";

const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    name: { type: "string", default: "legacy" },
    seed: { type: "string", default: "1" },
    plant: { type: "string", default: "" },
    "echo-plan": { type: "boolean", default: false },
  },
});

const journal = new Journal();
const answer = answers({ seed: Number(flags.seed), plants: new Set(flags.plant.split(",").filter(Boolean)) });

const server = createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  if (path === "/asked") return send(response, { json: journal.entries });
  journal.note(request, await text(request));
  const headers = { "x-backend": flags.name };
  // How a service says that it will do nothing: without it no write may be sent to be planned.
  if (flags["echo-plan"] && request.headers["x-overgrow-shadow"] === "plan") headers["x-overgrow-shadow"] = "plan";
  send(response, answer(path, request), headers);
});

async function text(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function send(response, { status = 200, headers = {}, json }, more = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers, ...more });
  response.end(JSON.stringify(json));
}

server.keepAliveTimeout = 30_000;
server.listen(Number(flags.port), "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
