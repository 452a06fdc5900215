// What a route matches, in words.
//
// It must not know what becomes of the request. The surprise: methods come first, as on a request line.

/// `POST /hooks/wake`, with the host when there is one.
export function path({ methods = [], host, path }) {
  const which = methods.length > 0 ? `${methods.join(" ")} ` : "";
  return `${which}${host ?? ""}${path}`;
}

/// The further conditions, each a line.
export function conditions({ headers = {}, query = {}, websocket }) {
  const named = (kind, all) => Object.entries(all).map(([name, value]) => `${kind} ${name}${value === true ? "" : `: ${value}`}`);
  const upgrade = websocket === undefined ? [] : [websocket ? "WebSockets only" : "no WebSockets"];
  return [...named("header", headers), ...named("query", query), ...upgrade];
}
