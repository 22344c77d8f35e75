// A trend as people use it: chart or table of the same range, what is hatched, the readings as a file.
import { el } from "./dom.js";
import { drawChart } from "./chart.js";
import { extremesOf } from "./series.js";

const NAMED_GAPS = 3;

/** The sentence a chart is read as: last, lowest and highest of each line, how many alarms. */
export function sentenceOf(lines, unit, digits, { words, fmt }, lanes = []) {
  const parts = lines
    .filter((line) => !line.thin)
    .map((line) => {
      const found = extremesOf(line.series);
      if (!found) return words.t("chart.none", { name: line.name });
      const write = (value) => `${fmt.number(value, digits)}${unit ? `\u00a0${unit}` : ""}`;
      return words.t("chart.sentence", {
        name: line.name,
        last: write(found.last),
        lowest: write(found.lowest),
        highest: write(found.highest),
      });
    });
  if (lanes.length) parts.push(words.t("chart.alarms", { n: lanes.length }));
  return parts.join(" ");
}

/** A time in a note: with its date where the range is long. */
export function when(time_ms, isLong, fmt) {
  return isLong ? `${fmt.day(time_ms)} ${fmt.minute(time_ms)}` : fmt.minute(time_ms);
}

/** What is hatched, in words; empty where nothing is. */
function gapsText(gaps, isLong, { words, fmt }) {
  if (gaps.length === 0) return "";
  if (gaps.length > NAMED_GAPS) return words.t("chart.gaps_many", { n: gaps.length });
  const list = gaps.map(([from, to]) =>
    words.t("chart.span", { from: when(from, isLong, fmt), to: when(to, isLong, fmt) }),
  );
  return words.t("chart.gaps", { list: list.join(words.t("punct.comma")) });
}

/** Chart (or table) of one view with its notes; see `drawChart` for what a view holds. */
export function trendParts(view, { asTable, signal }) {
  if (view.lines.every((line) => line.series.length === 0))
    return [el("p", { class: "q empty" }, view.words.t("chart.empty"))];
  if (asTable) {
    const place = el("div");
    import("./trend-table.js").then(({ tableOf }) => signal.aborted || place.replaceChildren(tableOf(view)));
    return [place];
  }
  const box = el("div", { class: "chart", vars: { "--h": `${view.height}px` } });
  const note = el("span", { class: "readout r" });
  const hatched = gapsText(view.gaps, view.to_ms - view.from_ms > 86400e3, view);
  queueMicrotask(() => signal.aborted || drawChart(box, note, view, signal));
  return [box, el("p", { class: "note" }, el("span", { class: "gaps" }, hatched), note)];
}
