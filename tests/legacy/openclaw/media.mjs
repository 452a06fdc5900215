// The real gateway's media routes alone, on a port of their own: nothing in the product mounts them on the gateway's.
// usage: OPENCLAW_STATE_DIR=… node media.mjs    in the folder where openclaw is installed; prints {"port":…}
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const dist = path.resolve("node_modules/openclaw/dist");
const express = createRequire(path.join(dist, "index.js"))("express");
const { attachMediaRoutes } = await import(pathToFileURL(path.join(dist, "media/server.js")).href);

const app = express();
attachMediaRoutes(app);
const server = app.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
// Ends with whoever started it.
process.stdin.resume().on("end", () => process.exit());
