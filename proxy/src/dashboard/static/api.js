// Questions to the admin API that served this page, and to nothing else.
//
// It must not know what the answers mean. The surprise: a question that finds the door locked waits for somebody to log in
// and is then asked again, so that nobody who asks has to know about tokens.

/// An answer that is no good, in the API's own words.
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

let unlock = () => Promise.reject(new Problem(401, "a token is needed"));

/// Names what lets somebody log in: a function whose promise is kept once they have.
export function whenLocked(open) {
  unlock = open;
}

/// Where an endpoint is, below the address that this page came from.
export function endpoint(path) {
  return new URL(`api/${path}`, document.baseURI.split("#")[0]);
}

/// `GET`, as JSON. Fails with a `Problem`.
export function get(path) {
  return ask(path, {});
}

/// Any other method with a JSON body; gives the answer's JSON, or null when it has none. Fails with a `Problem`.
export function send(method, path, body) {
  const headers = { "content-type": "application/json" };
  return ask(path, { method, headers, body: JSON.stringify(body) });
}

async function ask(path, options) {
  const answer = await reach(path, options);
  if (answer.status === 401 && path !== "login") {
    await unlock();
    return ask(path, options);
  }
  if (!answer.ok) throw await problem(answer);
  return answer.status === 204 ? null : answer.json();
}

async function reach(path, options) {
  try {
    return await fetch(endpoint(path), { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Problem(0, "overgrow does not answer");
  }
}

async function problem(answer) {
  const said = await answer.json().catch(() => ({}));
  return new Problem(answer.status, said.detail ?? `overgrow answered ${answer.status}`);
}
