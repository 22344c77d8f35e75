// Keyboard: single keys outside inputs; a person may switch them off.

const LEADS = { p: "/park", d: "/devices", a: "/alarms", e: "/enterprises", c: "/carbon", w: "/gateway" };
const SECOND_KEY_MS = 1500;

/** False where the person switched single keys off on this device. */
export const isOn = () => {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
};

function isTyping(target) {
  const { tagName, type } = target;
  return (
    target.isContentEditable ||
    tagName === "SELECT" ||
    tagName === "TEXTAREA" ||
    (tagName === "INPUT" && type !== "checkbox")
  );
}

/** Listens for keys. `act(name)` gets one of the names below; `leads(path)` is true for a tab that the person has. */
export function listenForKeys({ go, act, help, leads }) {
  let g_ms = -SECOND_KEY_MS;
  const single = {
    "/": "find",
    j: "next",
    k: "previous",
    n: "abnormal",
    "[": "back",
    "]": "forward",
    "+": "in",
    "=": "in",
    "-": "out",
    t: "table",
    a: "acknowledge",
    s: "shelve",
    Escape: "close",
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest?.("[role=search]")) return event.target.blur(); // keys are keys again
    const free =
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey &&
      !isTyping(event.target) &&
      !document.querySelector("dialog[open]");
    if (!free || !isOn()) return;
    const second = performance.now() - g_ms < SECOND_KEY_MS;
    g_ms = -SECOND_KEY_MS;
    if (second && leads(LEADS[event.key])) go(LEADS[event.key]);
    else if (event.key === "g") g_ms = performance.now();
    else if (event.key === "?") help();
    else if (single[event.key]) act(single[event.key]);
    else return;
    event.preventDefault();
  });
}

/** Moves the focus among the rows of `selector` by `step`; used for j and k where a page has no rule of its own. */
export function moveFocus(selector, step) {
  const rows = [...document.querySelectorAll(selector)].filter((row) => row.offsetParent !== null);
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))]?.focus();
}
