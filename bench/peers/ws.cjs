// The peer for idle WebSockets: Node's `ws` holding them, as the gateways do that the sidecar stands in front of.
const { WebSocketServer } = require('ws');

new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 1024 });
