// Building and changing elements. Text from outside enters as text nodes only; nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "vars") setVars(node, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An HTML element. `props`: attributes, `onclick`-like listeners, `vars` (custom properties); children: nodes or text. */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element, same arguments as `el`. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Custom properties of a node, set by script because the content policy forbids style attributes. */
export function setVars(node, vars) {
  for (const [name, value] of Object.entries(vars)) node.style.setProperty(name, value);
}

/** Changes a node's text only where it differs: no needless layout, no selection lost. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Lets a changed state be seen once (0.6 s, none with reduced motion). */
export function markChanged(node) {
  node.classList.remove("changed");
  void node.offsetWidth; // restarts the animation
  node.classList.add("changed");
}

/** Loads a style sheet once; wait for it before what it dresses is shown, so that nothing moves. */
export function dress(style) {
  const href = `/assets/css/${style}.css`;
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = el("link", { rel: "stylesheet", href });
  const loaded = new Promise((done) => ["load", "error"].forEach((name) => link.addEventListener(name, done)));
  document.head.append(link);
  return loaded;
}

/** Calls `action` every `seconds` until the signal aborts; never twice at once. */
export function every(seconds, action, signal) {
  let busy = false;
  const timer = setInterval(async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      await action();
    } finally {
      busy = false;
    }
  }, seconds * 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
}
