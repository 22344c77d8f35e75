// What never moves: the bar with the live clock, navigation, foot.
import { sentenceOf } from "./api.js";
import { el, setText } from "./dom.js";
import { isWall } from "./session.js";
import { chip } from "./shapes.js";
import { insideOf, tabAt, tabsOf } from "./tabs.js";

const byId = (id) => document.getElementById(id);

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // storage is refused: the choice lasts for this visit only
  }
}

/** Puts the words of the chosen language into the document's own elements. */
export function writeFrame({ words, site, session }) {
  for (const node of document.querySelectorAll("[data-word]")) setText(node, words.t(node.dataset.word));
  for (const node of document.querySelectorAll("[data-label]"))
    node.setAttribute("aria-label", words.t(node.dataset.label));
  const other = words.language === "zh" ? "en" : "zh";
  const button = byId("language");
  setText(button, words.t("language.other"));
  button.lang = other === "zh" ? "zh-CN" : "en";
  setText(byId("theme"), words.t(isDark() ? "theme.light" : "theme.dark"));
  if (!site) return;
  setText(byId("site"), words.local(site.name, site.id));
  setText(byId("account"), session.display || session.name);
}

function tabLink([name, path], word) {
  const link = el("a", { href: path }, el("span", {}, word));
  if (name === "alarms")
    link.append(el("i", { "data-count": true, hidden: true }, el("span"), el("span", { class: "hidden-word" })));
  return link;
}

/** The tabs of who is signed in; the phone's bar has the first four and a button for the rest. */
export function showTabs(ui) {
  const { t } = ui.words;
  const links = (list) => list.map((tab) => tabLink(tab, t(`nav.${tab[0]}`)));
  const tabs = tabsOf(ui);
  byId("tabs").replaceChildren(...links(tabs));
  byId("tabs-bottom").replaceChildren(...links(tabs.slice(0, 4)), byId("more"));
  byId("inside").replaceChildren(...links(insideOf(ui)));
}

/** Marks the page that is shown in all navigations. The Alarms page starts with what the line would say. */
export function markPage(path, ui) {
  const isCalm = ui.session.role === "auditor" && !isWall();
  byId("line").hidden = path.startsWith("/alarms") || isCalm;
  const inside = insideOf(ui);
  byId("inside").hidden = inside.length < 2 || !inside.some(([, known]) => known === path);
  const tab = tabAt(path, ui);
  for (const link of document.querySelectorAll(".nav a, .tabs-bottom a, .inside a")) {
    if (path === link.pathname) link.setAttribute("aria-current", "page");
    else if (tab === link.pathname && !link.closest(".inside")) link.setAttribute("aria-current", "true");
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
  document.body.classList.toggle("not-live", ["lost", "refused"].includes(health.kind));
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
  if (health.kind === "refused") return [chip("silent", sentenceOf(health.refusal, ui.words), "p2")];
  if (health.kind === "live") return [el("span", {}, t("live.live")), " ", el("time")];
  if (health.kind === "waiting") return [chip("stale", "", "p2")];
  if (health.time_ms === null) return [chip("silent", t("live.never"), "p2")];
  return [chip("silent", t("live.lost", { time: ui.fmt.since(health.time_ms, ui.live.now()) }), "p2")];
}

/** Another configuration is in force: a quiet line; a wall loads the page anew by itself. */
export function showNews({ words }) {
  if (isWall()) return void setTimeout(() => location.reload(), 30_000 * Math.random());
  const { t } = words;
  const button = el("button", { class: "link", type: "button", onclick: () => location.reload() }, t("news.load"));
  byId("news").replaceChildren(t("news.configuration"), " ", button);
  byId("news").hidden = false;
}
