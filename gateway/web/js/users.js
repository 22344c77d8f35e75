// Who uses it: a real table laid out as a grid, one row per enterprise, losses as a row, the total below.
import { el, setText, setVars } from "./dom.js";
import { rateText } from "./rate.js";
import { alarmChip, chip, messageAt } from "./shapes.js";
import { hasGridMeter } from "./power.js";
import { MEASURES } from "./users-measure.js";

const NBSP = "\u00a0";

/** The enterprises of a park by power, greatest first; those without a value last, in the order of configuration. */
function orderOf(park) {
  const known = park.enterprises.map(({ id, power_kw: kw }) => ({ id, kw: kw ?? -Infinity }));
  return known.sort((a, b) => b.kw - a.kw).map(({ id }) => id);
}

/** Percentages with one decimal that make 100.0 together (largest remainder); null where a part is missing. */
export function shares(parts, total) {
  if (!(total > 0)) return parts.map(() => null);
  const tenths = parts.map((part) => (part === null ? null : (part / total) * 1000));
  const whole = tenths.map((value) => (value === null ? null : Math.floor(value)));
  const sum = tenths.reduce((sofar, value) => sofar + (value ?? 0), 0);
  if (Math.abs(sum - 1000) < 0.5 && tenths.every((value) => value === null || value >= 0)) {
    let left = 1000 - whole.reduce((sofar, value) => sofar + (value ?? 0), 0);
    const order = [...tenths.keys()].filter((i) => tenths[i] !== null);
    order.sort((a, b) => tenths[b] - whole[b] - (tenths[a] - whole[a]));
    for (const i of order) if (left-- > 0) whole[i] += 1;
    return whole.map((value) => (value === null ? null : value / 10));
  }
  return tenths.map((value) => (value === null ? null : Math.round(value) / 10));
}

function row(head, { kind = "", strip = true } = {}) {
  const bar = el("i", { class: kind === "residual" ? "hatched" : "" });
  const parts = {
    bar,
    kw: el("b", { class: "live-value" }),
    share: el("td", { class: "n q live-value", role: "cell" }),
    kwh: el("td", { class: "n q kwh live-value", role: "cell" }),
    strip: strip ? el("span", { class: "strip" }) : null,
    count: el("span", { class: "n q" }),
    rate: el("td", { class: "n q rate", role: "cell" }),
    remark: el("td", { class: "remark q", role: "cell" }),
  };
  parts.node = el(
    "tr",
    { class: `user ${kind}`, role: "row" },
    el("th", { scope: "row", role: "rowheader" }, head),
    el("td", { class: "track", role: "cell", "aria-hidden": kind === "total" }, kind === "total" ? null : bar),
    el("td", { class: "n", role: "cell" }, parts.kw),
    parts.share,
    parts.kwh,
    el("td", { class: "connected", role: "cell" }, parts.strip, parts.count),
    parts.rate,
    parts.remark,
  );
  return parts;
}

function headRow({ t }, measured) {
  const names = ["users.enterprise", "", "", "users.share", "users.kwh", "users.connected", "users.rate"];
  const classes = ["", "", "n", "n", "n kwh", "head-connected", "n rate"];
  const cells = names.map((key, i) =>
    el("th", { scope: "col", role: "columnheader", class: classes[i] }, key ? t(key) : null),
  );
  [measured.bar, measured.unit, , measured.second] = cells.slice(1, 5);
  const remark = el(
    "th",
    { scope: "col", role: "columnheader" },
    el("span", { class: "hidden-word" }, t("users.remark")),
  );
  return el("thead", { role: "rowgroup" }, el("tr", { class: "user head", role: "row" }, cells, remark));
}

/** `found`: what `MEASURES` says of a row; its bar is as long as its part of the `widest`. */
function showMeasure(parts, found, share, widest, ui) {
  const { value } = found;
  setText(parts.kw, found.text);
  parts.kw.classList.toggle("none", value === null);
  setText(parts.share, share === null || value < 0 ? "–" : `${ui.fmt.number(share, 1)}${NBSP}%`);
  setVars(parts.bar, { "--w": `${widest > 0 && value !== null ? (Math.abs(value) / widest) * 100 : 0}%` });
}

function showStrip(parts, item, most, { words }) {
  const lengths = { answering: item.answering, silent: item.silent, known: item.known - item.answering - item.silent };
  const text = Object.values(lengths).join(" ");
  if (parts.strip.dataset.text === text) return;
  parts.strip.dataset.text = text;
  const bits = Object.entries(lengths).filter(([, n]) => n > 0);
  parts.strip.replaceChildren(
    ...bits.map(([name, n]) => el("i", { class: name, vars: { "--w": `${(n / most) * 100}%` } })),
  );
  setText(parts.count, words.t("users.count", { connected: item.connected, known: item.known }));
}

function remarkOf(item, alarm, words) {
  if (alarm) return { alarm, key: `${alarm.id} ${alarm.state} ${alarm.priority}` };
  const found = stateRemark(item, words);
  return found && { chip: found, key: found.join(" ") };
}

function stateRemark(item, words) {
  if (item.connected > 0 && item.silent === item.connected) return ["silent", words.t("device.silent"), "p2"];
  if (item.silent > 0)
    return ["silent", words.t("users.some_silent", { n: item.silent, connected: item.connected }), "p2"];
  if (item.power_kw !== null && item.power_kw < 0) return ["dash", words.t("users.exporting"), "grey"];
  if (item.partial) return ["uncertain", words.t("users.partial"), "p2"];
  return null;
}

function showRemark(cell, remark, words) {
  const key = remark?.key ?? "";
  if ((cell.dataset.key ?? "") === key) return;
  cell.dataset.key = key;
  cell.replaceChildren(...(remark ? [remark.alarm ? alarmLink(remark.alarm, words) : chip(...remark.chip)] : []));
}

/** The alarm by its rule's short name; the whole message is one click away, and in the tooltip. */
function alarmLink(alarm, words) {
  const message = messageAt(alarm, words);
  const name = words.local(alarm.rule_name) || message;
  return el("a", { href: `/alarms/${encodeURIComponent(alarm.id)}`, title: message }, alarmChip(alarm, words, name));
}

function residualRemark(park, words) {
  const partial = park.enterprises.filter((item) => item.partial).map((item) => words.local(item.name, item.id));
  if (partial.length === 0) return "";
  return partial.length > 1
    ? words.t("users.includes_many", { n: partial.length })
    : words.t("users.includes", { name: partial[0] });
}

// The table: `order` is fixed on load, `show` changes its numbers in place (`accounts`: energy by entity), `know` takes
// `alarms` and `rates` by id, `measureBy` one of `MEASURES`.
export function createUsers(first, ui) {
  const { words } = ui;
  const order = orderOf(first);
  const measured = { by: "power" }; // and the heads that say so
  const names = new Map(first.enterprises.map((item) => [item.id, words.local(item.name, item.id)]));
  const link = (id) => el("a", { href: `/devices?open=${encodeURIComponent(id)}`, "data-row": true }, names.get(id));
  const rows = new Map(order.map((id) => [id, row(link(id))]));
  const residual = row(words.t("users.residual"), { kind: "residual", strip: false });
  const total = row(words.t("users.total"), { kind: "total", strip: false });
  const body = el(
    "tbody",
    { role: "rowgroup" },
    order.map((id) => rows.get(id).node),
    hasGridMeter(first) ? residual.node : null,
  );
  const foot = el("tfoot", { role: "rowgroup" }, total.node);
  const empty = order.length === 0 ? el("p", { class: "q empty" }, words.t("users.empty")) : null;
  const node = el(
    "div",
    { class: "users" },
    el("table", { role: "table", "aria-label": words.t("users.title") }, headRow(words, measured), body, foot),
    empty,
  );
  const known = { alarms: new Map(), rates: new Map() };
  const show = (park, accounts = {}) => {
    showUsers({ rows, residual, total, known, measured }, park, accounts, ui);
    showSecond({ rows, residual, total, names, measured }, park, accounts, ui);
  };
  const know = (more) => Object.assign(known, more);
  const measureBy = (name) => (measured.by = name);
  return { node, order, show, know, measureBy };
}

/** kWh of today by row; power where the bars show these already. What is left for losses says of whom it is not known. */
function showSecond({ rows, residual, total, names, measured }, park, accounts, ui) {
  const { t, local } = ui.words;
  const isPower = measured.by === "energy";
  setText(measured.second, t(isPower ? "users.kw" : "users.kwh"));
  const say = MEASURES[isPower ? "power" : "energy"].of(park, accounts, ui);
  const put = ({ kwh }, found, why) => {
    setText(kwh, found.text);
    kwh.title = found.text === "–" && !isPower ? why : "";
    return found.value === null || found.isBound;
  };
  const none = t("users.kwh_no_meter");
  const items = park.enterprises.filter((item) => rows.has(item.id));
  const lacking = items.filter((item) => put(rows.get(item.id), say.row(item), none)).map((item) => names.get(item.id));
  if (put(total, say.total(), none)) lacking.unshift(local(ui.site.name, ui.site.id));
  put(residual, say.residual(), t("users.kwh_unknown", { names: lacking.join(t("punct.comma")) }));
}

function showUsers({ rows, residual, total, known: extra, measured }, park, accounts, ui) {
  const { t } = ui.words;
  const measure = MEASURES[measured.by];
  setText(measured.bar, t(measure.bar));
  setText(measured.unit, t(measure.unit));
  const say = measure.of(park, accounts, ui);
  const items = park.enterprises.filter((item) => rows.has(item.id));
  const said = [...items.map(say.row), say.residual()];
  const sum = say.total();
  const percent = shares(said.map(({ value }) => value), sum.value);
  const widest = Math.max(0, ...said.map(({ value }) => Math.abs(value ?? 0))) * 1.02;
  const most = Math.max(1, ...items.map((item) => item.known));
  items.forEach((item, i) => {
    const parts = rows.get(item.id);
    showMeasure(parts, said[i], percent[i], widest, ui);
    showStrip(parts, item, most, ui);
    setText(parts.rate, extra.rates.size ? rateText(extra.rates.get(item.id), ui.fmt) : "");
    showRemark(parts.remark, remarkOf(item, extra.alarms.get(item.id), ui.words), ui.words);
  });
  showMeasure(residual, said.at(-1), percent.at(-1), widest, ui);
  setText(residual.remark, residualRemark(park, ui.words));
  showMeasure(total, sum, sum.value > 0 ? 100 : null, widest, ui);
  setText(total.rate, extra.rates.size ? rateText(extra.rates.get(""), ui.fmt) : "");
  const { connected, known } = park.devices;
  const rate = known > 0 ? `${ui.fmt.number((connected / known) * 100, 1)}${NBSP}%` : "–";
  setText(total.count, t("users.count_rate", { connected, known, rate }));
}
