// WebSocket endpoints: an echo with everything a client may ask for, and one that says who it is.
import websocket from "@fastify/websocket";

export async function sockets(app, { name }) {
  // 64 MiB leaves room for the largest frame the tests send, 16 MiB, and its mask.
  await app.register(websocket, { options: { perMessageDeflate: { threshold: 0 }, maxPayload: 64 * 1024 * 1024, handleProtocols: choose } });
  app.get("/ws", { websocket: true }, (socket, request) => {
    const { close, reason, ping } = request.query;
    if (close) return socket.close(Number(close), reason ?? "");
    if (ping) socket.ping(ping);
    socket.on("pong", (data) => ping && socket.send(`pong ${data}`));
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  app.get("/ws/backend", { websocket: true }, (socket) => {
    socket.send(name);
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
}

function choose(offered) {
  return offered.has("chat") ? "chat" : [...offered][0];
}
