// An ordinary wasi:http component in JavaScript: no plugin contract, no grant, only a request and an answer.
addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function answer(request) {
  const url = new URL(request.url);
  if (url.pathname === "/fetch") return forward(url.searchParams.get("url"), request.method);
  const sent = request.method === "POST" ? await request.text() : null;
  const told = { method: request.method, path: url.pathname, query: url.search, agent: request.headers.get("user-agent"), sent };
  return new Response(JSON.stringify(told) + "\n", {
    status: url.pathname === "/missing" ? 404 : 200,
    headers: { "content-type": "application/json" },
  });
}

// What the component itself may ask others; its grant says whom.
async function forward(url, method) {
  try {
    const answer = await fetch(url, method === "POST" ? { method, body: "hello" } : {});
    return new Response(`${answer.status} ${await answer.text()}`);
  } catch (error) {
    return new Response(String(error), { status: 502 });
  }
}
