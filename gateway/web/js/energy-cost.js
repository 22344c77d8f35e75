// What it cost: the lines of the month's statement, their sum, what is missing in it.
import { ApiError, sentenceOf } from "./api.js";
import { sentenceText } from "./dates.js";
import { el } from "./dom.js";
import { atLeast, signOf } from "./energy-figures.js";

const TEXT = { kWh: 1, kW: 1, month: 0 };

function row(line, { words, fmt }, sign) {
  const { quantity, unit, price, amount } = line;
  const count = quantity === null ? "" : fmt.number(Number(quantity), TEXT[unit] ?? 1);
  const decimals = Math.max(2, String(price).split(".")[1]?.length ?? 0);
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, words.local(line.name, line.kind)),
    el("td", { class: "n", title: quantity }, unit === "kWh" ? count : `${count}\u00a0${words.said(unit)}`),
    el("td", { class: "n q" }, unit === "%" || price === null ? "" : fmt.number(Number(price), Math.min(decimals, 6))),
    el("td", { class: "n", title: `${amount} ${sign}` }, fmt.number(Number(amount), 2)),
  );
}

/** The lines of a statement as a table. */
export function costTable(found, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const sign = signOf(found.currency);
  const total = Number(found.total);
  const parts = found.lines.filter((line) => line.unit === "kWh").reduce((sofar, line) => sofar + Number(line.quantity), 0);
  const bought = found.energy.quantity === null ? null : Number(found.energy.quantity);
  const kwh = bought !== null && Math.abs(parts - bought) < 0.05 ? bought : null; // shown where the lines above make it
  const heads = [t("cost.line"), "kWh", `${sign}/kWh`, sign];
  const head = heads.map((name, i) => el("th", { scope: "col", class: i ? "n" : "" }, name));
  const sum = el(
    "tr",
    { class: "sum" },
    el("th", { scope: "row" }, t("cost.sum")),
    el("td", { class: "n" }, kwh === null ? "" : fmt.number(kwh, 1)),
    el("td", { class: "n q" }, kwh > 0 ? fmt.number(total / kwh, 4) : ""),
    el("td", { class: "n" }, atLeast(fmt.number(total, 2), found.is_lower_bound && !found.period.is_running)),
  );
  const rows = found.lines.map((line) => row(line, ui, sign));
  return el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows, sum));
}

/** Under the table: which tariff, and what is missing, in the words of the statement. */
export function costNotes(found, ui) {
  const { words } = ui;
  const names = [...new Set(found.tariffs.map((one) => words.local(one.name, one.id)))].join(words.t("punct.comma"));
  return [names, ...found.missing.map((one) => words.local(one))].map((text) => el("span", { class: "under" }, sentenceText(text, ui)));
}

/** What to show where there is no statement: no tariff is no failure. Anything else is thrown again. */
export function withoutStatement(error, words) {
  if (!(error instanceof ApiError) || error.status !== 422) throw error;
  return el("p", { class: "q empty" }, words.language === "zh" ? words.t("cost.no_tariff") : sentenceOf(error, words));
}
