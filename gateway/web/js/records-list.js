// The list of records, those that wait first: kind, what, how much, when, who, files, state.
import { el } from "./dom.js";
import { decimalText, unitText } from "./energy-figures.js";
import { nameOf } from "./energy-period.js";
import { chip } from "./shapes.js";

const NBSP = "\u00a0";
const SHAPES = { waiting: "waiting", approved: "tick", rejected: "bad", withdrawn: "dash", superseded: "dash" };
const AMOUNTS = ["quantity", "value", "final", "energy_mwh", "co2_kg"];
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** The state of a record: a shape and a word. */
export const stateChip = (state, words) => chip(SHAPES[state] ?? "waiting", words.family("state_of", state));

/** The name of what a field points at. */
function nameIn(list, key) {
  return list.find((one) => one.key === key)?.name ?? key;
}

/** A field's value as people read it. */
export function valueText(kind, name, value, known, ui) {
  if (known[name]) return nameIn(known[name], value);
  const text = String(value);
  if (TIME.test(text)) return `${nameOf(text.slice(0, 10), ui)} ${text.slice(11, 16)}`;
  if (DAY.test(text)) return nameOf(text, ui);
  if (name === "unit") return ui.words.family("unit", unitText(text));
  if (NUMBER.test(text) && (AMOUNTS.includes(name) || !["document", "number", "id"].includes(name))) return decimalText(text, ui);
  return ui.words.family("choice", text);
}

/** Links to the files of a record. */
export function evidenceLinks(item) {
  const links = item.evidence.map((file) => el("a", { href: `/api/v1/carbon/evidence/${file.sha256}`, download: file.name }, file.name));
  return el("span", { class: "files" }, links);
}

function subject({ fields }, known, words) {
  const { meter, source, enterprise, number, instrument, id } = fields;
  if (meter) return nameIn(known.meter, meter);
  if (source) return nameIn(known.allSources, source);
  if (number || instrument || id) return number ?? instrument ?? id;
  const what = fields.what ? words.family("choice", fields.what) : "";
  return [what, enterprise ? nameIn(known.enterprise, enterprise) : ""].filter(Boolean).join(words.t("punct.comma"));
}

function amount({ fields }, ui) {
  const name = AMOUNTS.find((one) => fields[one] !== undefined);
  if (!name) return "";
  const unit = name === "energy_mwh" ? "MWh" : name === "co2_kg" ? "kg" : (fields.unit ?? "");
  return el("span", { title: fields[name] }, `${decimalText(fields[name], ui)}${unit ? NBSP : ""}${ui.words.family("unit", unitText(unit))}`);
}

function period({ fields, period: month }, ui) {
  const { from, to, time } = fields;
  if (time) return `${nameOf(time.slice(0, 10), ui)} ${time.slice(11, 16)}`;
  if (!from) return month;
  if (from === to) return nameOf(from, ui);
  const isMonth = from.endsWith("-01") && from.slice(0, 7) === to.slice(0, 7) && to > `${to.slice(0, 7)}-27`;
  return isMonth ? nameOf(from.slice(0, 7), ui) : ui.words.t("chart.span", { from: nameOf(from, ui), to: nameOf(to, ui) });
}

function row(item, known, openId, ui, addressOf) {
  const { words } = ui;
  const { t } = words;
  const link = el("a", { href: addressOf(item.id), "data-row": true, "aria-current": item.id === openId ? "true" : null }, words.family("kind", item.kind));
  const cells = [
    ["list.what", "", subject(item, known, words)],
    ["list.amount", "n", amount(item, ui)],
    ["list.period", "pl", period(item, ui)],
    ["list.by", "", item.by],
    ["list.evidence", "", item.evidence.length ? evidenceLinks(item) : el("span", { class: "r" }, t("list.no_file"))],
    ["list.state", "nw", stateChip(item.state, words)],
  ];
  return el("tr", { class: item.id === openId ? "here" : "" }, el("th", { scope: "row" }, link), cells.map(([key, kind, node]) => el("td", { class: kind, "data-l": t(key) }, node)));
}

/** The table. `openId`: the record that is shown beside it. */
export function recordsTable(items, known, openId, ui, addressOf) {
  const { t } = ui.words;
  if (items.length === 0) return el("p", { class: "q empty" }, t("list.empty"));
  const heads = [["list.kind", ""], ["list.what", ""], ["list.amount", "n"], ["list.period", "pl"], ["list.by", ""], ["list.evidence", ""], ["list.state", ""]];
  const head = heads.map(([key, kind]) => el("th", { scope: "col", class: kind }, t(key)));
  const rows = items.map((item) => row(item, known, openId, ui, addressOf));
  return el("table", { class: "cards records", "aria-label": t("nav.records") }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
}
