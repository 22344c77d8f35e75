// What never moves: the bar with the live clock, navigation, foot.
import { el, setText } from "./dom.js";
import { chip } from "./shapes.js";

const byId = (id) => document.getElementById(id);

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // storage is refused: the choice lasts for this visit only
  }
}

/** Puts the words of the chosen language into the document's own elements. */
export function writeFrame(words, site) {
  for (const node of document.querySelectorAll("[data-word]")) setText(node, words.t(node.dataset.word));
  for (const node of document.querySelectorAll("[data-label]"))
    node.setAttribute("aria-label", words.t(node.dataset.label));
  if (site) setText(byId("site"), words.local(site.name, site.id));
  const other = words.language === "zh" ? "en" : "zh";
  const button = byId("language");
  setText(button, words.t("language.other"));
  button.lang = other === "zh" ? "zh-CN" : "en";
  setText(byId("theme"), words.t(isDark() ? "theme.light" : "theme.dark"));
}

/** Puts the first tabs of the bar into the phone's bar too; the rest is under its last button. */
export function copyTabs() {
  const tabs = [...document.querySelectorAll(".nav a")].slice(0, 4).map((tab) => tab.cloneNode(true));
  document.querySelector(".tabs-bottom").prepend(...tabs);
}

/** Marks the page that is shown in both navigations. The Alarms page starts with what the line would say. */
export function markPage(path) {
  byId("line").hidden = path.startsWith("/alarms");
  for (const link of document.querySelectorAll(".nav a, .tabs-bottom a")) {
    const here = path === link.pathname || path.startsWith(`${link.pathname}/`);
    if (here) link.setAttribute("aria-current", path === link.pathname ? "page" : "true");
    else link.removeAttribute("aria-current");
  }
}

const isDark = () => document.documentElement.dataset.theme === "dark";

/** Follows the system's theme, unless the person chose one. */
export function followSystem({ matches }) {
  try {
    if (localStorage.getItem("theme")) return;
  } catch {
    // storage is refused: nothing is kept, the system decides
  }
  document.documentElement.dataset.theme = matches ? "dark" : "light";
}

/** Changes between light and dark; the choice stays on the device. */
export function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  remember("theme", theme);
}

/** Changes the document's language; the choice stays on the device. */
export function switchLanguage() {
  const next = document.documentElement.lang.startsWith("zh") ? "en" : "zh";
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  remember("language", next);
}

/** Shows how live the page is: clock, waiting, not live. Called once a second and on each message. */
export function showHealth(health, ui) {
  const { t } = ui.words;
  document.body.classList.toggle("not-live", health.kind === "lost");
  const node = byId("live");
  if (node.dataset.kind !== health.kind) {
    node.dataset.kind = health.kind;
    node.replaceChildren(...healthParts(health, ui));
  }
  if (health.kind === "live") setText(node.querySelector("time"), ui.fmt.clock(health.time_ms));
  if (health.kind === "waiting")
    setText(node.querySelector(".chip span"), t("live.waiting", { age: ui.fmt.age(Math.round(health.seconds)) }));
}

function healthParts(health, ui) {
  const { t } = ui.words;
  if (health.kind === "connecting") return [t("live.connecting")];
  if (health.kind === "live") return [el("span", {}, t("live.live")), " ", el("time")];
  if (health.kind === "waiting") return [chip("stale", "", "p2")];
  if (health.time_ms === null) return [chip("silent", t("live.never"), "p2")];
  return [chip("silent", t("live.lost", { time: ui.fmt.since(health.time_ms, ui.live.now()) }), "p2")];
}
