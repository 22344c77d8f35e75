// Enterprises: whose equipment answers, and who has an alarm.
import { ask } from "./api.js";
import { el, every } from "./dom.js";
import { highestByEnterprise } from "./highest.js";
import { rateText } from "./rate.js";
import { fillBox } from "./sections.js";
import { alarmChip, chip, messageAt } from "./shapes.js";

const ASK_AGAIN_S = 30;

function row(item, alarm, { words, fmt }) {
  const { t } = words;
  const link = el(
    "a",
    { href: `/enterprises/${encodeURIComponent(item.id)}`, "data-row": true },
    words.local(item.name, item.id),
  );
  const silent = item.connected - item.answering;
  const state =
    silent > 0 ? chip("silent", t("conn.unanswered", { n: fmt.number(silent, 0), count: silent }), "p2") : "";
  const remark = alarm
    ? el(
        "a",
        { class: "plain", href: `/alarms/${encodeURIComponent(alarm.id)}` },
        alarmChip(alarm, words, messageAt(alarm, words)),
      )
    : "";
  const cells = [
    ["conn.connected", "n", t("users.count", { connected: item.connected, known: item.known })],
    ["conn.now", "pl", state],
    ["conn.rate_day", "n", rateText(item.rate, fmt)],
    ["conn.highest", "pl", remark],
  ];
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, link),
    cells.map(([key, kind, node]) => el("td", { class: kind, "data-l": t(key) }, node)),
  );
}

function table(items, alarms, ui) {
  const { t } = ui.words;
  const heads = [
    ["conn.enterprise", ""],
    ["conn.connected", "n"],
    ["conn.now", "pl"],
    ["conn.rate_day", "n"],
    ["conn.highest", "pl"],
  ];
  const head = heads.map(([key, kind]) => el("th", { scope: "col", class: kind }, t(key)));
  const rows = items.map((item) => row(item, alarms.get(item.id), ui));
  return el("table", { class: "cards enterprises" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
}

/** The page; asked anew every half minute and when an alarm changes. */
export function show(ui) {
  const { words, fmt, signal } = ui;
  const { t } = words;
  const said = el("span", { class: "q" });
  const body = el("div");
  let revision = ui.live.latest().alarms?.revision ?? null;
  ui.title(t("nav.enterprises"));
  ui.live.want({});
  ui.main.append(el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("nav.enterprises")), said), body);
  const load = async () => {
    const [found, alarms] = await Promise.all([ask("connectivity", signal), highestByEnterprise(signal)]);
    const count = (n) => fmt.number(n, 0);
    const { answering, connected, known } = found.park;
    said.textContent = t("conn.all_enterprises", {
      answering: count(answering),
      connected: count(connected),
      known: count(known),
    });
    if (found.enterprises.length === 0) return el("p", { class: "q empty" }, t("conn.empty"));
    return el("section", { class: "sec", "aria-label": t("nav.enterprises") }, table(found.enterprises, alarms, ui));
  };
  const again = async () => {
    try {
      const node = await load();
      const focused = [...body.querySelectorAll("a")].indexOf(document.activeElement);
      if (signal.aborted) return;
      body.replaceChildren(node);
      if (focused >= 0) body.querySelectorAll("a")[focused]?.focus({ preventScroll: true });
    } catch {
      // the bar tells that the gateway is away; the last table stays
    }
  };
  fillBox(body, words, signal, load, 12);
  every(ASK_AGAIN_S, again, signal);
  return {
    onLive: (kind, data, state) => {
      const now = state.alarms?.revision ?? null;
      if (now === revision) return;
      revision = now;
      again();
    },
  };
}
