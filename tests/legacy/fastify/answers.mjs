// Endpoints whose answer is the point: status, headers, cookies, interim heads, counters.
import { digest } from "./bodies.mjs";

const counters = new Map();

export async function answers(app) {
  app.all("/echo", echo);
  app.all("/echo/*", echo);
  app.all("/headers", async (request) => pairs(request.raw.rawHeaders));
  app.all("/status/:code", async (request, reply) => reply.code(Number(request.params.code)).send(bodyless(request) ? undefined : "status\n"));
  app.get("/slow", async (request) => {
    await new Promise((resolve) => setTimeout(resolve, Number(request.query.ms ?? 1000)));
    return "slow\n";
  });
  app.get("/set-cookies", async (_request, reply) => {
    reply.header("set-cookie", ["a=1; Path=/", "b=2; HttpOnly", "c=3; Expires=Wed, 21 Oct 2037 07:28:00 GMT"]);
    return "cookies\n";
  });
  app.get("/case", (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, "Fine By Me", ["X-ODD-Case", "1", "x-lower", "2", "X-MiXeD", "3", "content-LENGTH", "5"]);
    reply.raw.end("case\n");
  });
  app.get("/informational", (request, reply) => {
    reply.hijack();
    reply.raw.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" }, () => reply.raw.end("informed\n"));
  });
  app.all("/count", async () => Object.fromEntries(counters));
  app.all("/count/*", async (request) => {
    const path = request.raw.url.split("?")[0];
    counters.set(path, (counters.get(path) ?? 0) + 1);
    return { path, count: counters.get(path) };
  });
}

async function echo(request) {
  const { method, url, rawHeaders, httpVersion } = request.raw;
  return { method, url, version: httpVersion, headers: pairs(rawHeaders), body: await digest(request.raw) };
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

function bodyless(request) {
  return [204, 304].includes(Number(request.params.code));
}
