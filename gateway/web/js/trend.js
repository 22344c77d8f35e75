// A trend as people use it: chart or table of the same range, what is hatched, the readings as a file.
import { el } from "./dom.js";
import { drawChart } from "./chart.js";
import { extremesOf } from "./series.js";

const NAMED_GAPS = 3;

/** The sentence a chart is read as: last, lowest and highest of each line. */
export function sentenceOf(lines, unit, digits, { words, fmt }) {
  const parts = lines.filter((line) => !line.thin).map((line) => {
    const found = extremesOf(line.series);
    if (!found) return words.t("chart.none", { name: line.name });
    const write = (value) => `${fmt.number(value, digits)}${unit ? `\u00a0${unit}` : ""}`;
    return words.t("chart.sentence", { name: line.name, last: write(found.last), lowest: write(found.lowest), highest: write(found.highest) });
  });
  return parts.join(" ");
}

function when(time_ms, isLong, fmt) {
  return isLong ? `${fmt.day(time_ms)} ${fmt.minute(time_ms)}` : fmt.minute(time_ms);
}

/** What is hatched, in words; empty where nothing is. */
export function gapsText(gaps, isLong, { words, fmt }) {
  if (gaps.length === 0) return "";
  if (gaps.length > NAMED_GAPS) return words.t("chart.gaps_many", { n: gaps.length });
  const list = gaps.map(([from, to]) => words.t("chart.span", { from: when(from, isLong, fmt), to: when(to, isLong, fmt) }));
  return words.t("chart.gaps", { list: list.join(words.t("punct.comma")) });
}

function tableOf(view) {
  const { lines, fmt, words, digits, unit } = view;
  const known = lines.map((line) => new Map(line.series));
  const times = [...new Set(lines.flatMap((line) => line.series.map(([time]) => time)))].sort((a, b) => b - a);
  const isLong = view.to_ms - view.from_ms > 86400e3;
  const cell = (value) => el("td", { class: "n" }, value === undefined ? words.t("value.none") : fmt.number(value, digits));
  const head = [el("th", { scope: "col" }, words.t("chart.time")), ...lines.map((line) => el("th", { class: "n", scope: "col" }, `${line.name}${unit ? `, ${unit}` : ""}`))];
  const rows = times.map((time) => el("tr", {}, el("th", { scope: "row" }, isLong ? when(time, true, fmt) : fmt.clock(time)), known.map((values) => cell(values.get(time)))));
  const table = el("table", {}, el("caption", { class: "hidden-word" }, view.sentence), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  return el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": words.t("chart.table") }, table);
}

/** Chart (or table) of one view with its notes; see `drawChart` for what a view holds. */
export function trendParts(view, { asTable, signal }) {
  if (view.lines.every((line) => line.series.length === 0)) return [el("p", { class: "q empty" }, view.words.t("chart.empty"))];
  if (asTable) return [tableOf(view)];
  const box = el("div", { class: "chart", vars: { "--h": `${view.height}px` } });
  const note = el("span", { class: "readout r" });
  const hatched = gapsText(view.gaps, view.to_ms - view.from_ms > 86400e3, view);
  queueMicrotask(() => signal.aborted || drawChart(box, note, view, signal));
  return [box, el("p", { class: "note" }, el("span", { class: "gaps" }, hatched), note)];
}
