// A gRPC-like server over h2c: length-prefixed messages and the status in trailers, without a gRPC library.
// /test.Echo/Unary answers the message; /test.Echo/Stream answers it three times; any other method is UNIMPLEMENTED, in trailers only.
// usage: grpc.mjs [--port 0]    prints {"port":N} when it listens
import http2 from "node:http2";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({ options: { port: { type: "string", default: "0" } } });
const repeats = { "/test.Echo/Unary": 1, "/test.Echo/Stream": 3 };
const UNIMPLEMENTED = "12";

const server = http2.createServer();
server.on("stream", (stream, headers) => {
  const times = repeats[headers[":path"]];
  if (!times) return stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": UNIMPLEMENTED }, { endStream: true });
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "grpc-message": "fine" }));
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => {
    for (let i = 0; i < times; i++) stream.write(Buffer.concat(chunks));
    stream.end();
  });
});
server.listen(Number(flags.port), "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
