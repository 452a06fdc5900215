// Things that are asked again and again while somebody looks.
//
// It must not know what is asked. The surprise: only an answer that is no good is passed over, to be asked for again the
// next time, since the connection's own state says that something is wrong; a fault of this page's own is not hidden.

import { Problem } from "./api.js";

/// Does it now and every `ms`, but not while nobody can see the page. Gives what `clearInterval` takes.
export function every(ms, act) {
  const tick = () => document.hidden || act().catch(passOver);
  tick();
  return setInterval(tick, ms);
}

/// For a `catch`: a `Problem` is dropped, anything else is thrown on.
export function passOver(error) {
  if (!(error instanceof Problem)) throw error;
}
