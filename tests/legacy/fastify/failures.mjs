// Endpoints that misbehave: no answer, half an answer, an answer that is not HTTP, an answer that comes too early.
export async function failures(app) {
  app.all("/early", async (request, reply) => {
    if (request.query.close) reply.header("connection", "close");
    return reply.code(413).send({ error: "too large" });
  });
  app.all("/hang", (_request, reply) => void reply.hijack());
  app.all("/reset", (request, reply) => {
    reply.hijack();
    resets[request.query.when ?? "before"](reply.raw);
  });
  app.all("/garbage", (request, reply) => {
    reply.hijack();
    request.raw.socket.end("this is not an answer\r\n\r\n");
  });
}

const resets = {
  // Nothing was said: a proxy may answer for us.
  before: (raw) => raw.socket.resetAndDestroy(),
  // The head is out: a proxy can only cut its client off as well.
  after: (raw) => {
    raw.writeHead(200, { "content-length": 1000 });
    raw.write("half", () => raw.socket.resetAndDestroy());
  },
  // The same with a clean FIN inside a chunked body.
  mid: (raw) => {
    raw.writeHead(200);
    raw.write("half", () => raw.socket.destroySoon());
  },
};
