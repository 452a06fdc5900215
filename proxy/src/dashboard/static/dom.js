// Elements from code: the only way in which this page makes any.
//
// It must not know what they show. The surprise: a value becomes text and never markup, whatever it holds, because nothing
// here parses markup; that is the page's whole defence against what a backend answered.

/// An element with attributes and children. `onclick` and the like are listeners; `false`, `null` and `undefined` leave an
/// attribute or a child out.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) give(node, name, value);
  node.append(...children.flat(2).filter(isThere));
  return node;
}

function give(node, name, value) {
  if (typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (value === true) node.setAttribute(name, "");
  else if (isThere(value)) node.setAttribute(name, value);
}

function isThere(value) {
  return value !== null && value !== undefined && value !== false;
}

/// Makes `value` the text of `node`. An unchanged text is not written, so that nothing is laid out or announced again.
export function say(node, value) {
  const text = String(value);
  if (node.textContent !== text) node.textContent = text;
}

/// Sets or, with `null`, removes an attribute, unless it is so already.
export function mark(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/// Text for those who cannot see where on the page they are.
export function unseen(text) {
  return el("span", { class: "unseen" }, text);
}

/// A bar from 0 to 100 that says its value.
export function bar(label) {
  const fill = el("span", { class: "fill" });
  const node = el("span", { class: "bar", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  return {
    node,
    set(percent) {
      mark(node, "aria-valuenow", percent);
      mark(node, "aria-valuetext", `${percent} % rust`);
      fill.style.setProperty("inline-size", `${percent}%`);
    },
  };
}
