// The answers: what is stable, what is noise, and what is wrong when it is planted.
import { randomUUID } from "node:crypto";

// Two draws of `cold` at this chance differ 5 % of the time: 2p(1 - p).
const FIVE_PERCENT = 0.0257;
// Two at this one 30 % of the time, and one at this with one at the other 36 %.
const THIRTY_PERCENT = 0.1838;
const THIRTY_SIX_PERCENT = 0.2788;

const ITEMS = ["apple", "pear", "plum", "quince", "sloe", "medlar"];

export function answers({ seed, plants }) {
  const chance = random(seed);
  const sessions = new Map();
  let counter = Math.floor(chance() * 1000);

  function order(path, request) {
    const number = Number(path.split("/")[2]);
    return {
      json: {
        number,
        total: number * 3 + (plants.has("field") ? 1 : 0),
        count: plants.has("type") ? "6" : 6,
        items: plants.has("order") ? [...ITEMS].reverse() : ITEMS,
        requestId: plants.has("null") ? null : randomUUID(),
        traceId: randomUUID(),
        servedAt: new Date().toISOString(),
        epoch: Date.now(),
        served: counter++,
        session: session(request.headers["x-client"] ?? "-"),
        suggestions: shuffled(ITEMS),
        cache: chance() < FIVE_PERCENT ? "miss" : "hit",
        lines: Object.fromEntries([1, 2, 3].map((line) => [lineId(number, line), { line, price: `${line}.50`, ref: randomUUID() }])),
      },
    };
  }

  function lane() {
    const cold = plants.has("rate") ? THIRTY_SIX_PERCENT : THIRTY_PERCENT;
    return { json: { lane: chance() < cold ? "cold" : "warm", size: 3 } };
  }

  function session(client) {
    if (!sessions.has(client)) sessions.set(client, randomUUID());
    return sessions.get(client);
  }

  function shuffled(list) {
    const keyed = list.map((item) => [chance(), item]);
    return keyed.sort(([one], [other]) => one - other).map(([, item]) => item);
  }

  const wrongStatus = () => ({ status: plants.has("status") ? 202 : 200, json: { done: true } });
  const cached = () => ({ headers: plants.has("header") ? {} : { "cache-control": "max-age=60" }, json: { cached: true } });
  const written = (path) => ({ status: 201, json: { written: path, id: randomUUID() } });

  return (path, request) => {
    if (!["GET", "HEAD"].includes(request.method)) return written(path);
    if (path.startsWith("/orders/")) return order(path, request);
    if (path === "/lane") return lane();
    if (path === "/status") return wrongStatus();
    if (path === "/cached") return cached();
    return { status: 404, json: { error: "not found", path } };
  };
}

// Keys that look like identifiers, the same for everybody who asks for that order.
function lineId(order, line) {
  return `01890000-0000-7000-8000-${String(order * 100 + line).padStart(12, "0")}`;
}

// mulberry32: a run can be repeated, as far as the order of its requests can.
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
