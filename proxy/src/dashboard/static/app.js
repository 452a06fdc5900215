// The page: its two views, what stands above both, and who is told when something changes.
//
// It must not know what a view shows. The surprise: the address's part after `#` decides the view, so that the browser's
// own back and forward buttons work and a route's page can be sent to somebody.

import { Live } from "./live.js";
import { guard, logIn, logOut } from "./login.js";
import { get } from "./api.js";
import { Home } from "./home.js";
import { RoutePage } from "./route.js";
import { Top } from "./top.js";
import { announce } from "./moves.js";

const live = new Live();
const top = new Top(live);
const main = document.getElementById("main");
let view = null;

/// The view that the address names. A view has `node`, `show(overview, change)`, `leave()` and may have `move(move)`.
function named() {
  const [, id] = location.hash.match(/^#\/route\/(.+)$/) ?? [];
  return id === undefined ? new Home(live) : new RoutePage(live, decodeURIComponent(id));
}

function turn() {
  view?.leave();
  view = named();
  main.replaceChildren(view.node);
  if (live.overview) view.show(live.overview, { whole: true, rows: live.overview.routes });
  top.entitle(view);
  scrollTo(0, 0);
}

live.addEventListener("overview", ({ detail }) => {
  top.show(live.overview);
  view.show(live.overview, detail);
  top.entitle(view);
});
live.addEventListener("move", ({ detail }) => {
  announce(detail);
  view.move?.(detail);
});
live.addEventListener("state", () => {
  top.connection();
  top.entitle(view);
});
addEventListener("hashchange", () => {
  if (!view) return;
  turn();
  // Who reads with ears or keyboard starts at the new view's beginning.
  main.focus({ preventScroll: true });
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("logout").addEventListener("click", () => logOut());

/// The form comes before the first question when a token is needed, and the way out only then.
async function begin() {
  const session = await get("session").catch(() => null);
  document.getElementById("logout").hidden = !session?.needed;
  if (session?.needed && !session.logged_in) await logIn();
  turn();
  live.start();
}

guard();
begin();
