// A small real gateway: what a proxy has to carry and the other legacy never does.
// usage: server.mjs [--port 0] [--name A] [--h2c]    prints {"port":N} when it listens; see README.md for the endpoints
import Fastify from "fastify";
import { parseArgs } from "node:util";
import { answers } from "./answers.mjs";
import { bodies } from "./bodies.mjs";
import { failures } from "./failures.mjs";
import { sockets } from "./sockets.mjs";

const { values: flags } = parseArgs({
  options: { port: { type: "string", default: "0" }, name: { type: "string", default: "legacy" }, h2c: { type: "boolean", default: false } },
});

const app = Fastify({ http2: flags.h2c, forceCloseConnections: true, keepAliveTimeout: 30_000 });

// Bodies stay streams: an endpoint reads the raw request, and nothing is parsed or buffered before it.
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
for (const method of ["COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "REPORT", "SEARCH", "UNLOCK"]) app.addHttpMethod(method, { hasBody: true });
app.addHook("onRequest", async (_request, reply) => reply.raw.setHeader("x-backend", flags.name));

app.register(answers);
app.register(bodies);
app.register(failures);
// @fastify/websocket takes over the HTTP/1.1 upgrade, which an h2c server does not have.
if (!flags.h2c) app.register(sockets, { name: flags.name });

await app.listen({ host: "127.0.0.1", port: Number(flags.port) });
console.log(JSON.stringify({ port: app.server.address().port }));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
