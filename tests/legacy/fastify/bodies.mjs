// Endpoints whose body is the point: streams up, down and both ways at once; nothing here holds more than one chunk.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

// The download's pattern repeats every 64 KiB: byte i is (i * 31 + 7) mod 256, so a shifted or lost chunk shows in the hash.
const block = Buffer.from(Array.from({ length: 65536 }, (_, i) => (i * 31 + 7) & 255));

export async function bodies(app) {
  app.all("/upload", async (request) => digest(request.raw, request.query.hash !== "0"));
  app.all("/upload-echo", (request, reply) => {
    stream(reply, { "content-type": "application/octet-stream" });
    reply.raw.flushHeaders();
    request.raw.pipe(reply.raw);
  });
  app.get("/download", (request, reply) => {
    const bytes = Number(request.query.bytes ?? 0);
    stream(reply, request.query.chunked ? {} : { "content-length": bytes });
    Readable.from(blocks(bytes), { objectMode: false, highWaterMark: 65536 }).pipe(reply.raw);
  });
  app.get("/sse", async (request, reply) => {
    stream(reply, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    await trickle(reply.raw, Number(request.query.n ?? 5), Number(request.query.ms ?? 100), (i) => `id: ${i}\ndata: ${Date.now()}\n\n`);
  });
  app.get("/trickle", async (request, reply) => {
    stream(reply, { "content-type": "text/plain" });
    await trickle(reply.raw, Number(request.query.n ?? 10), Number(request.query.ms ?? 50), (i) => String.fromCharCode(97 + (i % 26)));
  });
  app.all("/trailers", (request, reply) => {
    stream(reply, { trailer: "X-Checksum, X-Count" });
    reply.raw.write("one");
    reply.raw.write("two");
    reply.raw.addTrailers({ "X-Checksum": "abc", "X-Count": "2" });
    reply.raw.end();
  });
}

/** Reads a body to its end and says how long it was and, unless told not to, what it hashed to. */
export async function digest(readable, hashed = true) {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of readable) {
    bytes += chunk.length;
    if (hashed) hash.update(chunk);
  }
  return { bytes, sha256: hashed ? hash.digest("hex") : null };
}

function stream(reply, headers) {
  reply.hijack();
  reply.raw.writeHead(200, headers);
}

function* blocks(bytes) {
  for (let left = bytes; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block;
}

async function trickle(raw, count, ms, piece) {
  for (let i = 0; i < count && !raw.destroyed; i++) {
    raw.write(piece(i));
    await sleep(ms);
  }
  raw.end();
}
