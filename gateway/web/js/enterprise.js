// One enterprise: is my equipment connected? Its machines with their last 24 hours, the longest outages, its alarms.
import { createBrief } from "./alarm-brief.js";
import { ask } from "./api.js";
import { barLegend, dayBar, rateText, reasonsText } from "./connectivity.js";
import { el, every } from "./dom.js";
import { outagesTable } from "./outages.js";
import { fillBox, section } from "./sections.js";
import { chip, deviceChip } from "./shapes.js";

const ASK_AGAIN_S = 30;
const PERIODS = ["hour", "day", "month"];

const periodOf = ({ searchParams }) =>
  PERIODS.includes(searchParams.get("period")) ? searchParams.get("period") : "day";

function figures(found, period, { words, fmt }) {
  const { t } = words;
  const silent = found.devices.filter((device) => device.state === "silent").length;
  const state = silent > 0 ? chip("silent", t("line.silent", { n: fmt.number(silent, 0) }), "p2") : "";
  const entry = (name, value, unit, note) =>
    el(
      "div",
      {},
      el("dt", {}, name),
      el("dd", { class: "v" }, value, " ", el("small", {}, unit)),
      el("dd", { class: "x" }, note),
    );
  const samples = t("conn.samples", { received: fmt.number(found.good, 0), expected: fmt.number(found.expected, 0) });
  const rate = found.rate === null ? ["–", ""] : rateText(found.rate, fmt).split("\u00a0");
  const lost = reasonsText(found.reasons, { words, fmt });
  return el(
    "dl",
    { class: "figs fig facts" },
    entry(
      t("conn.machines"),
      fmt.number(found.connected, 0),
      t("conn.of_known", { n: fmt.number(found.known, 0) }),
      state,
    ),
    entry(t(`conn.rate_${period}`), ...rate, [samples, lost && el("br"), lost].filter(Boolean)),
  );
}

function row(device, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const link = el(
    "a",
    { href: `/devices/${encodeURIComponent(device.id)}`, "data-row": true },
    words.local(device.name, device.id),
  );
  const why = device.state === "answering" ? reasonsText(device.reasons, ui) : words.local(device.sentence);
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, link),
    el("td", { class: "nw" }, deviceChip(device.state, words)),
    el("td", { class: "bar-cell" }, dayBar(device.hours, device.rate, ui)),
    el("td", { class: "n", "data-l": t("conn.rate") }, rateText(device.rate, fmt)),
    el("td", { class: "why q" }, why),
  );
}

function apart(devices, { words }) {
  if (devices.length === 0) return "";
  const names = devices.map((device) =>
    el("li", {}, el("a", { href: `/devices/${encodeURIComponent(device.id)}` }, words.local(device.name, device.id))),
  );
  return el(
    "details",
    { class: "apart" },
    el(
      "summary",
      { class: "s" },
      words.t("conn.apart", { n: devices.length }),
      " ",
      el("span", { class: "link" }, words.t("conn.apart_list", { n: devices.length })),
    ),
    el("ul", { class: "names" }, names),
  );
}

function equipment(found, isOpen, ui) {
  const { t } = ui.words;
  const read = found.devices.filter((device) => device.state !== "not_connected");
  const rest = found.devices.filter((device) => device.state === "not_connected");
  const say =
    read.length === 0
      ? t("conn.none")
      : found.answering === found.connected
        ? t("conn.all")
        : t("conn.some", { n: found.answering, connected: found.connected });
  const heads = [
    ["conn.equipment", ""],
    ["conn.now", ""],
    ["conn.last24", "bar-cell"],
    ["conn.rate", "n"],
    ["conn.why", "why"],
  ];
  const head = heads.map(([key, kind]) => el("th", { scope: "col", class: kind }, t(key)));
  const body = el(
    "tbody",
    {},
    read.map((device) => row(device, ui)),
  );
  const table = el("table", { class: "machines" }, el("thead", {}, el("tr", {}, head)), body);
  const list = apart(rest, ui);
  if (list) list.open = isOpen;
  const nothing = found.devices.length ? "" : el("p", { class: "q empty" }, t("conn.no_device"));
  return section(
    t("conn.question"),
    { end: [barLegend(found.gateway_down_s, ui)], name: "question" },
    el("p", { class: "q" }, say),
    read.length ? table : nothing,
    list,
  );
}

function outages(found, ui) {
  const { t } = ui.words;
  const names = new Map(found.devices.map((device) => [device.id, ui.words.local(device.name, device.id)]));
  const list = found.longest_outages;
  const body = list.length ? outagesTable(list, names, ui) : el("p", { class: "q empty" }, t("conn.no_outage"));
  return section(t("conn.longest"), {}, body);
}

/** The page for `/enterprises/{id}`; `?period=hour|day|month` chooses the rate's period. */
export function show(ui, address) {
  const { words, signal, main } = ui;
  const { t } = words;
  const id = decodeURIComponent(address.pathname.split("/")[2]);
  let period = periodOf(address);
  const title = el("h1", { tabindex: -1 }, id);
  const body = el("div");
  const alarms = el("div");
  const choice = PERIODS.map((name) =>
    el(
      "button",
      { type: "button", onclick: () => ui.go(`/enterprises/${encodeURIComponent(id)}?period=${name}`) },
      t(`period.${name}`),
    ),
  );
  const press = () => choice.forEach((node, i) => node.setAttribute("aria-pressed", String(PERIODS[i] === period)));
  press();
  ui.title(id);
  ui.live.want({});
  main.append(
    el("p", { class: "s crumbs" }, el("a", { href: "/enterprises" }, t("nav.enterprises"))),
    el(
      "div",
      { class: "headline" },
      title,
      el("span", { class: "seg fit", role: "group", "aria-label": t("period.label") }, choice),
    ),
    body,
  );
  const brief = createBrief(alarms, { enterprise: id }, ui, t("conn.no_alarm"));
  const load = async () => {
    const asked = period;
    const [found, all] = await Promise.all([
      ask(`connectivity/enterprises/${encodeURIComponent(id)}?period=${asked}`, signal),
      title.textContent === id ? ask("connectivity", signal) : null,
    ]);
    const name = words.local(found.name ?? all?.enterprises.find((item) => item.id === id)?.name, title.textContent);
    title.textContent = name;
    ui.title(name);
    const isOpen = body.querySelector(".apart")?.open ?? false;
    return [
      figures(found, asked, ui),
      equipment(found, isOpen, ui),
      el(
        "div",
        { class: "grid low" },
        el("div", { class: "c7" }, outages(found, ui)),
        el("div", { class: "c5" }, section(t("conn.alarms_active"), {}, alarms)),
      ),
    ];
  };
  const again = async () => {
    try {
      const nodes = await load();
      if (!signal.aborted) body.replaceChildren(...nodes);
    } catch {
      // the bar tells that the gateway is away; the last table stays
    }
  };
  fillBox(body, words, signal, load, 10);
  every(ASK_AGAIN_S, () => (body.contains(document.activeElement) ? null : again()), signal);
  return {
    update: (next) => {
      if (decodeURIComponent(next.pathname.split("/")[2]) !== id) return false;
      period = periodOf(next);
      press();
      again();
      return true;
    },
    onLive: (kind, data, state) => brief.refresh(state),
  };
}
