// Emissions by month of one year: scope 1 below, scope 2 above; the month that is shown is outlined.
import { TONNE } from "./carbon-figures.js";
import { el, svg } from "./dom.js";
import { roundUp } from "./scale.js";

const WIDTH = 440;
const HEIGHT = 190;
const LEFT = 44;
const BASE = 168;
const TOP = 12;

/** `months`: `{period, scope1_kg, scope2_kg}` of one basis, `null` where there is no figure. */
export function monthsChart(months, shown, ui, go) {
  const { words, fmt } = ui;
  const { t } = words;
  const tonnes = (text) => Number(text ?? 0) / TONNE;
  const sums = months.map((month) => tonnes(month.scope1_kg) + tonnes(month.scope2_kg));
  const highest = Math.max(...sums, 0);
  if (highest === 0) return el("p", { class: "q empty" }, t("months.empty"));
  const top = roundUp(highest);
  const y = (value) => BASE - ((BASE - TOP) * value) / top;
  const step = (WIDTH - LEFT) / 12;
  const lines = [0, top / 2, top].map((value) => [
    svg("line", { x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value) }),
    svg("text", { class: "end", x: LEFT - 6, y: y(value) + 4 }, fmt.number(value, top < 10 ? 1 : 0)),
  ]);
  const bars = months.map((month, i) => {
    const at = Number(month.period.slice(5)) - 1;
    const one = tonnes(month.scope1_kg);
    const x = LEFT + at * step + step * 0.15;
    const width = step * 0.7;
    const name = t("months.bar", { month: month.period, one: fmt.number(one, 2), two: fmt.number(tonnes(month.scope2_kg), 2) });
    const parts = [
      svg("title", {}, name),
      svg("rect", { class: "two", x, width, y: y(sums[i]), height: Math.max(0, y(one) - y(sums[i])) }),
      svg("rect", { class: "one", x, width, y: y(one), height: BASE - y(one) }),
    ];
    if (month.period === shown) parts.push(svg("rect", { class: "now", x: x - 2, width: width + 4, y: y(sums[i]) - 2, height: BASE - y(sums[i]) + 2 }));
    parts.push(svg("text", { class: "mid", x: x + width / 2, y: BASE + 16 }, String(at + 1)));
    return svg("a", { href: "#", onclick: (event) => (event.preventDefault(), go(month.period)), "aria-label": name }, parts);
  });
  const key = (name, text) => el("span", { class: "chip" }, el("i", { class: name }), text);
  const keys = el("p", { class: "note months-keys" }, key("two", t("carbon.scope2")), key("one", t("carbon.scope1")));
  return [svg("svg", { class: "months", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": t("months.label") }, lines.flat(), bars), keys];
}
