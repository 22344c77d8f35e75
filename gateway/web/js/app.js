// Start of the page: who is signed in, words, live stream, navigation. Each page is a module with `show(ui, address)`.
import { createLine } from "./annunciator.js";
import { access, refusalOf, settled } from "./api.js";
import { dress, every } from "./dom.js";
import { createFormat } from "./format.js";
import { followSystem, markPage, showHealth, showNews, showTabs, switchLanguage, switchTheme, writeFrame } from "./frame.js";
import { listenForKeys, moveFocus } from "./keys.js";
import { Live } from "./live.js";
import { isPage, pageAt } from "./pages.js";
import { failed } from "./sections.js";
import { askSession, createMay, isWall, leaveForLogin } from "./session.js";
import { ledTo, tabsOf } from "./tabs.js";
import { documentLanguage, loadWords } from "./words.js";

const SETTLE_MS = 2000; // so long the first page waits for its data before it is shown; then its placeholders are

const main = document.getElementById("main");
const ui = { main, ledger: { checkpoint: null }, live: null, words: null, fmt: null, site: null, session: null, may: () => false, go, title };
let page = null; // {pattern, stop} and what its `show` returned: update, onLive, onTick, onKey, onTheme
let showLine = () => {};
let drawn = 0; // counts renderings: a slow one is dropped when a newer one has begun

function addressNow() {
  const led = ledTo(location.pathname, ui);
  if (led) history.replaceState(null, "", led.includes("?") ? led : led + location.search);
  return new URL(location.href);
}

function title(text) {
  document.title = ui.site ? `${text} · ${ui.words.local(ui.site.name, ui.site.id)}` : text;
}

async function render({ fresh = false } = {}) {
  if (!ui.site) return; // not started yet: `start` renders
  const turn = (drawn += 1);
  const address = addressNow();
  const [pattern, load, styles, lists, needed] = pageAt(address.pathname);
  markPage(address.pathname, ui);
  if (!fresh && page?.pattern === pattern && page.update?.(address)) return;
  const isAllowed = ui.may(needed);
  const [module] = await Promise.all([isAllowed ? load() : import("./not-allowed.js"), ui.words.add(...(isAllowed ? lists : ["not-allowed"])), ...styles.map(dress)]);
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
    (link.pathname === "/" || isPage(link.pathname))
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
  document.getElementById("keys").addEventListener("click", help);
  document.getElementById("account").addEventListener("click", openAccount);
  document.getElementById("more").addEventListener("click", openMore);
  const act = (name) => page?.onKey?.(name) || rowKey(name);
  const leads = (path) => tabsOf(ui).some(([, known]) => known === path);
  listenForKeys({ go, help, act, leads });
}

function listenBeforeSignIn() {
  document.getElementById("language").addEventListener("click", changeLanguage);
  document.getElementById("theme").addEventListener("click", changeTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
    followSystem(event);
    themeChanged();
  });
}

async function help() {
  (await import("./dialogs.js")).showKeys(ui.words);
}

async function openAccount() {
  (await import("./account-menu.js")).showAccount(ui);
}

async function openMore() {
  (await import("./account-menu.js")).showMore(ui, { changeLanguage, changeTheme });
}

function rowKey(name) {
  if (name === "next" || name === "previous") moveFocus("main [data-row]", name === "next" ? 1 : -1);
  if (name === "abnormal") go("/devices?state=abnormal");
  if (name === "find") go("/devices").then(() => page.onKey?.("find"));
}

function themeChanged() {
  writeFrame(ui);
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
  else page?.speak?.(ui.words);
}

async function speak() {
  ui.words = await loadWords(documentLanguage());
  ui.fmt = createFormat(ui.words, ui.site?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  writeFrame(ui);
  if (!ui.site) return;
  showTabs(ui);
  showLine = createLine(ui);
  document.getElementById("live").dataset.kind = "";
  const { t } = ui.words;
  document.getElementById("zone").textContent = t("foot.zone", { zone: ui.fmt.zone(ui.live.now()) });
  showLine(ui.live.latest());
}

function receive(kind, data, state) {
  if (kind === "reload") return showNews(ui);
  showLine(state);
  showHealth(ui.live.health(), ui);
  page?.onLive?.(kind, data, state);
}

function tick() {
  showHealth(ui.live.health(), ui);
  page?.onTick?.(ui.live.now());
}

/** The sign-in page, in the place of everything. */
async function showLogin(session) {
  const { show } = await import("./login.js");
  const stop = new AbortController();
  reveal();
  page = { stop, ...show({ ...ui, session, signal: stop.signal, changeLanguage, changeTheme }, new URL(location.href)) };
}

async function start() {
  let session;
  try {
    session = await askSession();
  } catch (error) {
    main.replaceChildren(failed(error, ui.words, start));
    reveal();
    return;
  }
  if (location.pathname === "/login") return showLogin(session);
  if (session.state !== "signed_in") return leaveForLogin();
  if (session.wall && !isWall()) return location.replace("/park?view=wall");
  Object.assign(ui, { session, site: session.site, may: createMay(session) });
  ui.live = new Live(receive, session.time_ms, refusalOf);
  await speak();
  listen();
  every(1, tick, new AbortController().signal);
  if (isWall()) await (await import("./wall.js")).keepFresh(ui);
  await render();
  await settled(() => ui.live.latest().time_ms !== null, SETTLE_MS); // what comes late moves nothing that is read already
  reveal();
  main.querySelector('[aria-invalid="true"]')?.focus(); // what is hidden takes no focus
}

const reveal = () => document.documentElement.classList.remove("filling");

addEventListener("beforeprint", () => {
  if (!ui.live) return;
  const now_ms = ui.live.now();
  const { t } = ui.words;
  const { checkpoint } = ui.ledger; // the newest that a page has shown
  const said = [t("foot.printed", { time: `${ui.fmt.day(now_ms)} ${ui.fmt.clock(now_ms)}` })];
  if (checkpoint) said.push(t("foot.ledger", { size: ui.fmt.number(checkpoint.size, 0), root: checkpoint.root }));
  document.getElementById("printed").textContent = said.join(" ");
});
access.onEnd = () => leaveForLogin("ended");
await speak();
listenBeforeSignIn();
await start();
