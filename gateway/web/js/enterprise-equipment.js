// The machines of an enterprise with their last 24 hours, and the longest outages.
import { barLegend, dayBar, reasonsText } from "./connectivity.js";
import { el } from "./dom.js";
import { outagesTable } from "./outages.js";
import { rateText } from "./rate.js";
import { section } from "./sections.js";
import { deviceChip } from "./shapes.js";

/** Power now, where the machine has a meter of it. */
function powerNow(kw, { words, fmt }) {
  if (kw === undefined) return "–";
  return kw === null ? words.t("value.none") : `${fmt.number(kw, 1)}\u00a0kW`;
}

function row(device, powers, ui) {
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
    el("td", { class: "n", "data-l": t("conn.value") }, powerNow(powers.get(device.id), ui)),
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

/** The rate of the chosen period with what it is made of; nothing where nothing was expected. */
function rateLine(found, rate, { words, fmt }) {
  const { t } = words;
  if (found.rate === null) return "";
  const samples = t("conn.samples", { received: fmt.number(found.good, 0), expected: fmt.number(found.expected, 0) });
  const lost = reasonsText(found.reasons, { words, fmt });
  const value = `${t(`conn.rate_${rate}`)}${words.t("punct.colon")}${rateText(found.rate, fmt)}`;
  const told = [`${value}${t("punct.comma")}${samples}`, lost].filter(Boolean).map((text) => el("span", {}, text));
  return el("p", { class: "note" }, told);
}

// Is my equipment connected? `powers`: kW by device that has a meter of it; `rate`: the period of the rate; `choice`: the
// control that changes it.
export function equipment(found, powers, isOpen, rate, choice, ui) {
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
    ["conn.value", "n"],
    ["conn.why", "why"],
  ];
  const head = heads.map(([key, kind]) => el("th", { scope: "col", class: kind }, t(key)));
  const body = el(
    "tbody",
    {},
    read.map((device) => row(device, powers, ui)),
  );
  const table = el("table", { class: "machines" }, el("thead", {}, el("tr", {}, head)), body);
  const list = apart(rest, ui);
  if (list) list.open = isOpen;
  const nothing = found.devices.length ? "" : el("p", { class: "q empty" }, t("conn.no_device"));
  return section(
    t("conn.question"),
    { end: [barLegend(found.gateway_down_s, ui), choice], name: "question" },
    el("p", { class: "q" }, say),
    rateLine(found, rate, ui),
    read.length ? table : nothing,
    list,
  );
}

/** The longest outages of the period. */
export function outages(found, ui) {
  const { t } = ui.words;
  const names = new Map(found.devices.map((device) => [device.id, ui.words.local(device.name, device.id)]));
  const list = found.longest_outages;
  const body = list.length ? outagesTable(list, names, ui) : el("p", { class: "q empty" }, t("conn.no_outage"));
  return section(t("conn.longest"), {}, body);
}
