// An ordinary wasi:http component in JavaScript: no plugin contract, no grant, only a request and an answer.
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function answer(request) {
  const url = new URL(request.url);
  const sent = request.method === "POST" ? await request.text() : null;
  const told = { method: request.method, path: url.pathname, query: url.search, agent: request.headers.get("user-agent"), sent };
  return new Response(JSON.stringify(told) + "\n", {
    status: url.pathname === "/missing" ? 404 : 200,
    headers: { "content-type": "application/json" },
  });
}
