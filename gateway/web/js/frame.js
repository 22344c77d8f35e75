// What never moves: the bar with the live clock, the line on the state of the devices, navigation, foot.
import { el, setText } from "./dom.js";
import { chip, shape } from "./shapes.js";

const SPEAK_EVERY_MS = 5000;

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

/** Marks the page that is shown in both navigations. */
export function markPage(path) {
  for (const link of document.querySelectorAll(".nav a, .tabs-bottom a")) {
    const here = path === link.pathname || path.startsWith(`${link.pathname}/`);
    if (here) link.setAttribute("aria-current", path === link.pathname ? "page" : "true");
    else link.removeAttribute("aria-current");
  }
}

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
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

/** The line under the bar: one sentence, that the gateway loses samples or who answers. Speaks at most once in 5 s. */
export function createLine(ui) {
  const node = byId("line");
  let spoken = "";
  let last_ms = -SPEAK_EVERY_MS;
  return function show(park) {
    const sentence = sentenceOf(park, ui);
    if (sentence.text === spoken || performance.now() - last_ms < SPEAK_EVERY_MS) return;
    spoken = sentence.text;
    last_ms = performance.now();
    node.replaceChildren(
      shape(sentence.kind, sentence.tone),
      el("p", { class: `say ${sentence.tone}` }, el("b", {}, sentence.head), sentence.rest),
    );
    if (sentence.link) node.append(el("a", { class: "end", href: sentence.link }, ui.words.t("line.show")));
  };
}

function sentenceOf(park, { words }) {
  const { t } = words;
  const { connected, answering, silent, known } = park.devices;
  const made = (kind, tone, head, rest = "", link = "") => ({ kind, tone, head, rest, link, text: head + rest });
  if (park.storage !== "ok") return made("bad", "p2", t(`line.${park.storage}`), "", "/gateway");
  if (known === 0) return made("not_connected", "grey", t("line.empty"));
  if (silent > 0) {
    const where = park.enterprises
      .filter((row) => row.silent > 0)
      .map((row) => `${words.local(row.name, row.id)} ${row.silent}`);
    return made(
      "silent",
      "p2",
      t("line.silent", { n: silent }),
      where.length ? `${t("punct.colon")}${where.join(t("punct.comma"))}` : "",
      "/devices?state=abnormal",
    );
  }
  const waiting = connected - answering;
  if (waiting > 0) return made("waiting", "grey", t("line.waiting", { n: waiting, connected }));
  return made("answering", "grey", t("line.answering", { n: connected }));
}
