// What was used: a bar for each day of a month, the estimated part hatched; the same as a table with links to the days.
import { el } from "./dom.js";
import { kwhText } from "./energy-figures.js";
import { daysOf, nameOf } from "./energy-period.js";
import { roundUp } from "./scale.js";

const NBSP = "\u00a0";

/** The days of which some time has passed: the first interval of today may not be over. */
const begun = (items) => items.filter((item) => ["measured", "estimated", "missing"].some((name) => Number(item[`${name}_percent`]) > 0));

const kwhOf = (item) => ({ kwh: item.quantity === null ? null : Number(item.quantity), isBound: item.is_lower_bound });

function sentence(items, { words, fmt }) {
  const known = items.filter((item) => item.quantity !== null);
  const most = known.reduce((best, item) => (Number(item.quantity) > Number(best.quantity) ? item : best), known[0]);
  const day = nameOf(most.day, { words, fmt }, true);
  return words.t("use.sentence", { n: known.length, most: `${fmt.number(Number(most.quantity), 1)}${NBSP}kWh`, day });
}

function bar(item, top, ui, open) {
  const percent = (value) => `${(Math.max(0, value) / top) * 100}%`;
  const use = kwhOf(item);
  const estimated = Math.max(0, Math.min(100, Number(item.estimated_percent)));
  const share = Math.max(0, use.kwh ?? 0) * (estimated / 100);
  const parts =
    use.kwh === null
      ? [el("i", { class: "gap" })]
      : [
          use.isBound ? el("i", { class: "open" }) : null,
          estimated > 0 ? el("i", { class: "est", vars: { "--v": percent(share) } }) : null,
          el("i", { class: "known", vars: { "--v": percent(use.kwh - share) } }),
        ];
  const name = `${nameOf(item.day, ui, true)}${ui.words.t("punct.colon")}${kwhText(use, ui)}${use.kwh === null ? "" : `${NBSP}kWh`}`;
  return el("div", { class: "day", title: name, onclick: () => open(item.day) }, parts);
}

/** The bars of a month; `open(day)` shows that day: a short cut for the mouse, the table has links. */
export function dayBars(found, month, ui, open) {
  const items = begun(found.items);
  const highest = Math.max(0, ...items.map((item) => Number(item.quantity ?? 0)));
  if (highest === 0) return el("p", { class: "q empty" }, ui.words.t("use.empty"));
  const top = roundUp(highest);
  const count = daysOf(month);
  const known = new Map(items.map((item) => [Number(item.day.slice(8)), item]));
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const isNamed = (day) => day === 1 || (day % 5 === 0 && day < count - 1) || day === count;
  const axis = [1, 0.5, 0].map((part) => el("span", {}, ui.fmt.number(top * part, top < 10 ? 1 : 0)));
  const columns = numbers.map((day) => (known.has(day) ? bar(known.get(day), top, ui, open) : el("div", { class: "day" })));
  const names = numbers.map((day) => el("span", {}, isNamed(day) ? String(day) : ""));
  return el(
    "div",
    { class: "days", role: "img", "aria-label": sentence(items, ui) },
    el("div", { class: "days-axis" }, axis),
    el("div", { class: "days-plot" }, columns),
    el("div", { class: "days-names" }, names),
  );
}

/** What the hatching and the dashed tops mean, where there are any; and how far today is. */
export function daysNote(found, today, ui) {
  const { t } = ui.words;
  const { number } = ui.fmt;
  const items = begun(found.items);
  const shares = items.map((item) => Number(item.estimated_percent));
  const estimated = shares.reduce((sum, share) => sum + share, 0) / (shares.length || 1);
  const missing = items.filter((item) => item.quantity === null || item.is_lower_bound).length;
  const now = items.find((item) => item.day === today && item.quantity !== null);
  return [
    now ? t("use.so_far", { kwh: kwhText(kwhOf(now), ui) }) : "",
    estimated > 0 ? t("use.hatched", { percent: number(Math.max(estimated, 0.01), 2) }) : "",
    missing > 0 ? t("use.missing", { n: missing }) : "",
  ].filter(Boolean);
}

/** The days as a table, newest first. */
export function daysTable(found, ui, addressOf) {
  const { t } = ui.words;
  const heads = ["use.day", "use.kwh", "use.measured", "use.estimated", "use.lacking"];
  const percent = (text) => `${ui.fmt.number(Number(text), 1)}${NBSP}%`;
  const rows = begun(found.items).reverse().map((item) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("a", { href: addressOf(item.day) }, nameOf(item.day, ui, true))),
      el("td", { class: "n", title: item.quantity }, kwhText(kwhOf(item), ui)),
      ["measured", "estimated", "missing"].map((name) => el("td", { class: "n q" }, percent(item[`${name}_percent`]))),
    ),
  );
  const head = heads.map((key, i) => el("th", { scope: "col", class: i ? "n" : "" }, t(key)));
  const table = el("table", {}, el("caption", { class: "hidden-word" }, t("use.title")), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  return el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": t("chart.table") }, table);
}
