// Energy flow: grid and PV into the busbar, one band per row of the table beside it. Redundant to that table.
import { el, setText, svg } from "./dom.js";
import { hasGridMeter, totalOf } from "./power.js";

const ROW = 23; // px, as the rows of the table
const WIDTH = 430;
const BUS = 212;
const END = 417;
const SUPPLY = 112;
const THICKEST_ROW = 20;

const band = (x1, top1, x2, top2, thick, kind) => {
  const mid = (x1 + x2) / 2;
  const [low1, low2] = [top1 + thick, top2 + thick];
  const d = `M${x1} ${top1}C${mid} ${top1} ${mid} ${top2} ${x2} ${top2}V${low2}C${mid} ${low2} ${mid} ${low1} ${x1} ${low1}Z`;
  return svg("path", { class: `band ${kind}`, d });
};

const node = (x, y, width, height, kind) =>
  svg("rect", { class: `node ${kind}`, x, y, width, height: Math.max(2, height) });

function supplyWords(y, lines) {
  return lines.map(([text, kind], i) => svg("text", { class: `end ${kind}`, x: 102, y: y + [0, 19, 35][i] }, text));
}

function supplyOf(park, { fmt, words }) {
  const { t } = words;
  const total = totalOf(park);
  const share = (kw) => (total > 0 && kw > 0 ? `${fmt.number((kw / total) * 100, 1)}\u00a0%` : "");
  const entry = (name, kw, kind) => ({
    name,
    kw: Math.abs(kw ?? 0),
    kind,
    words: kw === null ? t("value.none") : `${fmt.number(kw, 1)}\u00a0kW`,
    share: share(kw),
  });
  const isExport = park.grid_kw !== null && park.grid_kw < 0;
  const grid = entry(t(isExport ? "flow.export" : "flow.grid"), park.grid_kw, isExport ? "export" : "grid");
  const pv = entry(t("flow.pv"), park.pv_kw, "pv");
  if (!hasGridMeter(park)) return park.pv_kw === null ? [] : [pv];
  return park.pv_kw === null ? [grid] : isExport ? [pv, grid] : [grid, pv];
}

function drawSupply(park, height, scale, busTop, busLow, ui) {
  const entries = supplyOf(park, ui);
  const gap = 56;
  const tall = entries.reduce((sum, entry) => sum + entry.kw * scale, 0) + gap * (entries.length - 1);
  let y = Math.max(24, (height - tall) / 2 - 6);
  let bus = busTop;
  const shapes = [];
  for (const entry of entries) {
    const thick = entry.kw * scale;
    const isExport = entry.kind === "export";
    shapes.push(band(SUPPLY + 8, y, BUS, isExport ? busLow - thick : bus, thick, entry.kind));
    shapes.push(node(SUPPLY, y, 8, thick, entry.kind));
    shapes.push(
      ...supplyWords(Math.max(14, y + thick / 2 - 17), [
        [entry.name, ""],
        [entry.words, "strong"],
        [entry.share, ""],
      ]),
    );
    if (!isExport) bus += thick;
    y += thick + gap;
  }
  return shapes;
}

function draw(park, order, ui) {
  const height = ROW * (order.length + 3);
  const powers = new Map(park.enterprises.map((item) => [item.id, Math.max(0, item.power_kw ?? 0)]));
  const uses = [...order.map((id) => powers.get(id) ?? 0), Math.max(0, park.residual_kw ?? 0)];
  const supply = Math.max(0, park.grid_kw ?? 0) + Math.max(0, park.pv_kw ?? 0);
  const all = Math.max(supply, uses.reduce((sum, kw) => sum + kw, 0) + Math.max(0, -(park.grid_kw ?? 0)));
  if (!(all > 0)) return { height, shapes: [] };
  const scale = Math.min((height * 0.27) / all, THICKEST_ROW / Math.max(...uses, 1e-9));
  const top = (height - all * scale) / 2;
  const shapes = drawSupply(park, height, scale, top, top + all * scale, ui);
  let bus = top;
  uses.forEach((kw, i) => {
    const thick = kw * scale;
    const middle = ROW * (i + 1.5);
    const kind = i === order.length ? "lost" : "use";
    if (thick > 0)
      shapes.push(
        band(BUS + 6, bus, END, middle - thick / 2, thick, kind),
        node(END, middle - Math.max(2, thick) / 2, 3, thick, kind),
      );
    bus += thick;
  });
  shapes.push(node(BUS, top, 6, all * scale, "grid"));
  shapes.push(svg("text", { class: "middle", x: BUS + 3, y: top - 9 }, ui.words.t("flow.busbar")));
  return { height, shapes };
}

function hatchPattern() {
  const line = svg("path", { class: "hatch-line", d: "M0 0V5" });
  const pattern = svg(
    "pattern",
    { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    line,
  );
  return svg("defs", {}, pattern);
}

function sentence(park, { fmt, words }) {
  const write = (kw) => (kw === null ? words.t("value.none") : `${fmt.number(kw, 1)}\u00a0kW`);
  return words.t("flow.sentence", { grid: write(park.grid_kw), pv: write(park.pv_kw) });
}

/** The picture beside the table of `order`; hidden where the page is narrow. */
export function createFlow(order, ui) {
  const picture = svg("svg", { class: "picture", role: "img", width: WIDTH });
  let shown = "";
  function show(park) {
    const key = JSON.stringify([
      park.grid_kw,
      park.pv_kw,
      park.residual_kw,
      park.enterprises.map((item) => item.power_kw),
    ]);
    if (key === shown) return;
    shown = key;
    const { height, shapes } = draw(park, order, ui);
    picture.setAttribute("height", height);
    picture.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    picture.setAttribute("aria-label", sentence(park, ui));
    picture.replaceChildren(hatchPattern(), ...shapes);
  }
  return { node: picture, show };
}

/** The same for narrow screens: two stacked bars, supply over use. */
export function supplyOverUse(ui) {
  const { words, fmt } = ui;
  const supply = el("div", { class: "stacked" });
  const use = el("div", { class: "stacked" });
  const left = el("span", { class: "live-value" });
  const right = el("span", { class: "live-value" });
  const picture = el("div", { role: "img" }, supply, use);
  const node_ = el("div", { class: "two-bars" }, el("p", { class: "ends s" }, left, right), picture);
  const bit = (kw, kind) => el("i", { class: kind, vars: { "--w": String(Math.max(0, kw ?? 0)) } });
  function show(park) {
    const write = (kw) => (kw === null ? words.t("value.none") : `${fmt.number(kw, 1)}\u00a0kW`);
    setText(left, `${words.t("flow.grid")} ${write(park.grid_kw)}`);
    setText(right, park.pv_kw === null ? "" : `${words.t("flow.pv")} ${write(park.pv_kw)}`);
    picture.setAttribute("aria-label", sentence(park, ui));
    supply.replaceChildren(bit(park.grid_kw, "grid"), bit(park.pv_kw, "pv"));
    const items = [...park.enterprises].sort((a, b) => (b.power_kw ?? 0) - (a.power_kw ?? 0));
    use.replaceChildren(...items.map((item) => bit(item.power_kw, "use")), bit(park.residual_kw, "lost"));
  }
  return { node: node_, show };
}
