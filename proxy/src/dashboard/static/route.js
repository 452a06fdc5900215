// A route's page. (The next file to be written.)
import { el } from "./dom.js";
export class RoutePage {
  constructor(_live, id) { this.id = id; this.node = el("h1", {}, id); }
  title() { return this.id; }
  show() {}
  leave() {}
}
