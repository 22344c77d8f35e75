// Keyboard: single keys outside inputs, a list of them on `?`, and a switch to turn them off.
import { el } from "./dom.js";

const PAGES = { p: "/park", d: "/devices", w: "/gateway" };
const LIST = ["g p", "g d", "g w", "/", "j k", "Enter", "n", "[ ]", "+ -", "t", "?", "Esc"];
const SECOND_KEY_MS = 1500;

const isOn = () => {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
};

function isTyping(target) {
  const { tagName, type } = target;
  return target.isContentEditable || tagName === "SELECT" || tagName === "TEXTAREA" || (tagName === "INPUT" && type !== "checkbox");
}

/** Listens for keys. `act(name)` gets: find, next, previous, abnormal, back, forward, in, out, table. */
export function listenForKeys({ go, act, help }) {
  let g_ms = -SECOND_KEY_MS;
  const single = {
    "/": "find", j: "next", k: "previous", n: "abnormal", "[": "back", "]": "forward", "+": "in", "=": "in", "-": "out", t: "table",
  };
  document.addEventListener("keydown", (event) => {
    const free = !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target) && !document.querySelector("dialog[open]");
    if (!free || !isOn()) return;
    const second = performance.now() - g_ms < SECOND_KEY_MS;
    g_ms = -SECOND_KEY_MS;
    if (second && PAGES[event.key]) go(PAGES[event.key]);
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

function openDialog(title, close, ...content) {
  const button = el("button", { class: "btn", type: "button", onclick: () => dialog.close() }, close);
  const dialog = el("dialog", { "aria-label": title, onclose: () => dialog.remove() }, el("h2", {}, title), ...content, button);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** The list of keys and the switch. */
export function showKeys({ t }) {
  const rows = LIST.map((keys) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, keys)), el("td", {}, t(`keys.${keys}`))));
  const box = el("input", { type: "checkbox", checked: isOn() });
  box.addEventListener("change", () => {
    try {
      localStorage.setItem("keys", box.checked ? "on" : "off");
    } catch {
      box.checked = true; // storage is refused: the keys stay on
    }
  });
  openDialog(t("keys.title"), t("keys.close"), el("table", {}, el("tbody", {}, rows)), el("label", { class: "check" }, box, el("span", {}, t("keys.on"))));
}

/** What the phone's bar has no room for. `actions`: pairs of word and function. */
export function showMore({ t }, actions) {
  const buttons = actions.map(([word, act]) =>
    el("button", { class: "btn", type: "button", onclick: (event) => {
      event.target.closest("dialog").close();
      act();
    } }, word));
  openDialog(t("nav.more"), t("keys.close"), el("div", { class: "actions" }, buttons));
}
