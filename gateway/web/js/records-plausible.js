// What readings would give: the difference to the reading before, a day, usually a day; what is remarkable about it.
import { el } from "./dom.js";
import { decimalText, unitText } from "./energy-figures.js";
import { nameOf } from "./energy-period.js";
import { chip } from "./shapes.js";

const NBSP = "\u00a0";

function entry(row, ui, name) {
  const { words } = ui;
  const { t } = words;
  const amount = (text) => `${decimalText(text, ui)}${NBSP}${unitText(row.unit ?? "")}`;
  const at = (time) => `${nameOf(time.slice(0, 10), ui)} ${time.slice(11, 16)}`;
  const facts = [
    row.before ? [t("plausible.before"), `${decimalText(row.before.value, ui)}${words.t("punct.comma")}${at(row.before.time)}`] : null,
    row.quantity !== null ? [t("plausible.quantity"), amount(row.quantity)] : null,
    row.per_day !== null ? [t("plausible.per_day"), amount(row.per_day)] : null,
    row.usual_per_day !== null ? [t("plausible.usual"), amount(row.usual_per_day)] : null,
  ].filter(Boolean);
  const notes = row.notes.map((note) => el("p", {}, chip("uncertain", words.local(note), "p2")));
  const title = name ? el("p", {}, el("b", {}, name), ` ${at(row.time)}`) : null;
  return el("div", { class: "plausible" }, title, el("dl", { class: "kv" }, facts.map(([word, text]) => [el("dt", {}, word), el("dd", {}, text)]).flat()), notes);
}

/** The rows of a plausibility answer; `nameOfMeter` where there are several. */
export function plausibleRows(found, ui, nameOfMeter = () => "") {
  if (!found) return [];
  const rows = found.rows.map((row) => entry(row, ui, found.count > 1 ? nameOfMeter(row.meter) : ""));
  const left = found.count - found.rows.length;
  return left > 0 ? [...rows, el("p", { class: "s q" }, ui.words.t("plausible.more", { n: left }))] : rows;
}
