// The numbers of a trend as a real table, newest first. Loaded on demand.
import { el } from "./dom.js";
import { when } from "./trend.js";

/** The table of a view; see `drawChart` for what a view holds. */
export function tableOf(view) {
  const { lines, fmt, words, digits, unit } = view;
  const known = lines.map((line) => new Map(line.series));
  const times = [...new Set(lines.flatMap((line) => line.series.map(([time]) => time)))].sort((a, b) => b - a);
  const isLong = view.to_ms - view.from_ms > 86400e3;
  const cell = (value) =>
    el("td", { class: "n" }, value === undefined ? words.t("value.none") : fmt.number(value, digits));
  const head = [
    el("th", { scope: "col" }, words.t("chart.time")),
    ...lines.map((line) => el("th", { class: "n", scope: "col" }, `${line.name}${unit ? `, ${unit}` : ""}`)),
  ];
  const rows = times.map((time) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, isLong ? when(time, true, fmt) : fmt.clock(time)),
      known.map((values) => cell(values.get(time))),
    ),
  );
  const table = el(
    "table",
    {},
    el("caption", { class: "hidden-word" }, view.sentence),
    el("thead", {}, el("tr", {}, head)),
    el("tbody", {}, rows),
  );
  return el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": words.t("chart.table") }, table);
}
