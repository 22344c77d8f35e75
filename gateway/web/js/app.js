// Start of the page: words, live stream, navigation. Each page is a module with `show(ui, address)`.
import { createLine } from "./annunciator.js";
import { ask } from "./api.js";
import { dress, every } from "./dom.js";
import { createFormat } from "./format.js";
import { copyTabs, followSystem, markPage, showHealth, switchLanguage, switchTheme, writeFrame } from "./frame.js";
import { listenForKeys, moveFocus } from "./keys.js";
import { Live } from "./live.js";
import { failed } from "./sections.js";
import { documentLanguage, loadWords } from "./words.js";

// Address, module, and the style sheets and lists of words that only this page needs.
const PAGES = [
  [/^\/park$/, () => import("./park.js"), ["park"], ["park", "energy"]],
  [/^\/devices(?:\/([^/]+))?$/, () => import("./devices.js"), ["devices", "connectivity"], ["devices", "connectivity"]],
  [/^\/alarms(?:\/([^/]+))?$/, () => import("./alarms.js"), ["alarms"], ["alarms"]],
  [
    /^\/enterprises$/,
    () => import("./enterprises.js"),
    ["connectivity", "enterprises"],
    ["connectivity", "enterprises"],
  ],
  [
    /^\/enterprises\/([^/]+)$/,
    () => import("./enterprise.js"),
    ["connectivity", "enterprises"],
    ["connectivity", "enterprises", "outages", "energy", "account"],
  ],
  [/^\/carbon$/, () => import("./carbon.js"), ["carbon"], ["carbon"]],
  [/^\/records$/, () => import("./records.js"), ["records"], ["records", "account"]],
  [/^\/gateway$/, () => import("./gateway.js"), [], ["gateway"]],
];

const main = document.getElementById("main");
const ui = { main, live: null, words: null, fmt: null, site: null, go, title };
let page = null; // {pattern, stop} and what its `show` returned: update, onLive, onTick, onKey, onTheme
let showLine = () => {};
let drawn = 0; // counts renderings: a slow one is dropped when a newer one has begun

function addressNow() {
  if (location.pathname === "/") history.replaceState(null, "", `/park${location.search}`);
  return new URL(location.href);
}

function title(text) {
  document.title = `${text} · ${ui.words.local(ui.site.name, ui.site.id)}`;
}

async function render({ fresh = false } = {}) {
  if (!ui.site) return; // not started yet: `start` renders
  const turn = (drawn += 1);
  const address = addressNow();
  const [pattern, load, styles, lists] = PAGES.find(([known]) => known.test(address.pathname)) ?? PAGES[0];
  markPage(address.pathname);
  if (!fresh && page?.pattern === pattern && page.update?.(address)) return;
  const [module] = await Promise.all([load(), ui.words.add(...lists), ...styles.map(dress)]);
  if (turn !== drawn) return;
  page?.stop.abort();
  const stop = new AbortController();
  main.replaceChildren();
  page = { pattern, stop };
  Object.assign(page, module.show({ ...ui, signal: stop.signal }, address));
  scrollTo(0, 0);
}

function go(path, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  return render();
}

function isOurs(link, event) {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  return (
    plain &&
    link &&
    link.origin === location.origin &&
    !link.target &&
    !link.hasAttribute("download") &&
    PAGES.some(([known]) => known.test(link.pathname))
  );
}

function listen() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (event.defaultPrevented || !isOurs(link, event)) return;
    event.preventDefault();
    go(link.pathname + link.search).then(() =>
      [...main.querySelectorAll("h1")].find((head) => head.offsetParent)?.focus({ preventScroll: true }),
    );
  });
  addEventListener("popstate", () => render());
  document.getElementById("language").addEventListener("click", changeLanguage);
  document.getElementById("theme").addEventListener("click", changeTheme);
  document.getElementById("keys").addEventListener("click", help);
  document.getElementById("more").addEventListener("click", async () => {
    const { t } = ui.words;
    (await import("./dialogs.js")).showMore(ui.words, [
      [t("nav.carbon"), () => go("/carbon")],
      [t("nav.records"), () => go("/records")],
      [t("nav.gateway"), () => go("/gateway")],
      [t("language.other"), changeLanguage],
      [t("theme.other"), changeTheme],
    ]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
    followSystem(event);
    themeChanged();
  });
  listenForKeys({ go, help, act: (name) => page?.onKey?.(name) || rowKey(name) });
}

async function help() {
  (await import("./dialogs.js")).showKeys(ui.words);
}

function rowKey(name) {
  if (name === "next" || name === "previous") moveFocus("main [data-row]", name === "next" ? 1 : -1);
  if (name === "abnormal") go("/devices?state=abnormal");
  if (name === "find") go("/devices").then(() => page.onKey?.("find"));
}

function themeChanged() {
  writeFrame(ui.words, ui.site);
  page?.onTheme?.();
}

function changeTheme() {
  switchTheme();
  themeChanged();
}

async function changeLanguage() {
  switchLanguage();
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  history.replaceState(null, "", address);
  await speak();
  if (ui.site) await render({ fresh: true });
}

async function speak() {
  ui.words = await loadWords(documentLanguage());
  ui.fmt = createFormat(ui.words, ui.site?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  showLine = createLine(ui);
  writeFrame(ui.words, ui.site);
  document.getElementById("live").dataset.kind = "";
  if (!ui.site) return;
  const { t } = ui.words;
  document.getElementById("zone").textContent = t("foot.zone", { zone: ui.fmt.zone(ui.live.now()) });
  showLine(ui.live.latest());
}

function receive(kind, data, state) {
  showLine(state);
  showHealth(ui.live.health(), ui);
  page?.onLive?.(kind, data, state);
}

function tick() {
  showHealth(ui.live.health(), ui);
  page?.onTick?.(ui.live.now());
}

async function start() {
  let status;
  try {
    status = await ask("status");
  } catch (error) {
    main.replaceChildren(failed(error, ui.words, start));
    return;
  }
  ui.site = status.site;
  ui.live = new Live(receive, status.time_ms);
  await speak();
  every(1, tick, new AbortController().signal);
  await render();
}

addEventListener("beforeprint", () => {
  if (!ui.live) return;
  const now_ms = ui.live.now();
  document.getElementById("printed").textContent = ui.words.t("foot.printed", {
    time: `${ui.fmt.day(now_ms)} ${ui.fmt.clock(now_ms)}`,
  });
});
copyTabs();
await speak();
listen();
await start();
