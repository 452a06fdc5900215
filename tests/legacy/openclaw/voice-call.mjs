// The real voice-call plugin alone: its own webhook server, and its tool over HTTP, so that both can be asked at the side of ours.
// usage: VOICE_CALL='{…config…}' [VOICE_API=http://127.0.0.1:1] node voice-call.mjs    in the folder where openclaw is installed
// `POST /` with the tool's arguments answers what the tool gives; prints {"port":…} of that. Webhooks arrive at config.serve.port.
// VOICE_API stands in for every provider's API, whose addresses the plugin does not let anybody change.
import { createRequire } from "node:module";
import http from "node:http";
import path from "node:path";

const home = path.resolve("node_modules/openclaw");
const { createJiti } = createRequire(path.join(home, "package.json"))("jiti");
// Its log is for people, ours is for whoever waits for the port.
console.log = console.error;

const { fetch } = globalThis;
globalThis.fetch = (url, init) => fetch(String(url).replace(/^https:\/\/api\.[a-z]+\.com/, process.env.VOICE_API), init);

let tool, service;
const nothing = () => {};
const { default: plugin } = await createJiti(import.meta.url).import(path.join(home, "extensions/voice-call/index.ts"));
plugin.register({
  pluginConfig: { store: path.resolve("voice-calls"), ...JSON.parse(process.env.VOICE_CALL) },
  config: {},
  runtime: {},
  logger: { info: console.error, warn: console.error, error: console.error, debug: nothing },
  registerGatewayMethod: nothing,
  registerCli: nothing,
  registerTool: (one) => (tool = one),
  registerService: (one) => (service = one),
});
await service.start();

const server = http.createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  const output = await tool.execute("1", JSON.parse(body));
  response.end(JSON.stringify(output));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(JSON.stringify({ port: server.address().port }) + "\n"));
