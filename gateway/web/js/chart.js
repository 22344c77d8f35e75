// A trend chart: uPlot draws lines and axes; hatched gaps, limits, alarms and labels at the line ends are drawn here.
import { el, setText } from "./dom.js";
import { alignOf } from "./series.js";

const LIBRARY = "/assets/vendor/uplot/uPlot.iife.min.js";

const DASHES = [[], [7, 2], [2, 2], [8, 2, 2, 2]]; // series are told apart by dash as well as by shade
const LABEL_PX = 15;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const px = (size) => size * devicePixelRatio;
const font = (size, weight = 400) => `${weight} ${px(size)}px ${token("font")}`;

function seriesOptions(lines) {
  return lines.map((line, i) => ({
    stroke: token(line.tone ?? (i === 0 ? "ink" : "data")),
    width: line.thin ? 1.2 : 1.6,
    dash: DASHES[line.dash ?? 0],
    fill: line.area ? `${token(line.tone === "pv" ? "pv" : "data")}29` : undefined,
    points: { show: line.series.length === 1 },
    spanGaps: false,
  }));
}

function yRange({ zero, limit }) {
  return (_, low, high) => {
    const top = Math.max(high ?? 0, limit?.value ?? -Infinity);
    const lowest = Math.min(low ?? 0, limit?.value ?? Infinity);
    const bottom = zero ? Math.min(0, lowest) : lowest;
    const room = (top - bottom || Math.abs(top) || 1) * 0.08;
    return [zero && bottom === 0 ? 0 : bottom - room, top + room];
  };
}

// As wide as its numbers: none is cut, and up to 99,999 all charts of a page start at the same place.
function axisWidth(plot, values) {
  plot.ctx.font = font(11.5);
  const widest = Math.max(0, ...(values ?? []).map((text) => plot.ctx.measureText(text).width)) / devicePixelRatio;
  return Math.max(50, Math.ceil(widest) + 12);
}

function axes({ fmt, from_ms, to_ms, digits }) {
  const look = { stroke: token("ink-3"), font: `11.5px ${token("font")}`, ticks: { show: false } };
  const isLong = to_ms - from_ms > 2 * 86400e3;
  const write = (time_s) => (isLong ? fmt.day(time_s * 1000) : dayEnd(time_s * 1000));
  const dayEnd = (time_ms) => (time_ms === to_ms && fmt.minute(time_ms) === "00:00" ? "24:00" : fmt.minute(time_ms));
  return [
    { ...look, grid: { show: false }, size: 26, gap: 6, space: 90, values: (_, splits) => splits.map(write) },
    {
      ...look,
      grid: { stroke: token("line"), width: 1 },
      size: axisWidth,
      gap: 6,
      space: 34,
      values: (_, splits) =>
        splits.map((value) => fmt.number(value, splits.every(Number.isInteger) ? 0 : Math.max(1, digits))),
    },
  ];
}

function hatch(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = px(6);
  const pen = tile.getContext("2d");
  pen.strokeStyle = token("line-2");
  pen.lineWidth = px(1);
  pen.beginPath();
  for (const shift of [-1, 0, 1]) {
    pen.moveTo(px(6) * shift, px(6));
    pen.lineTo(px(6) * (shift + 1), 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function drawGaps(plot, gaps, words) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = font(11.5);
  ctx.textAlign = "center";
  for (const [from_ms, to_ms] of gaps) {
    const left = Math.max(bbox.left, plot.valToPos(from_ms / 1000, "x", true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to_ms / 1000, "x", true));
    if (right <= left) continue;
    ctx.fillStyle = hatch(ctx);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    const word = words.t("chart.gap");
    const wide = ctx.measureText(word).width + px(8);
    if (right - left < wide + px(8)) continue;
    ctx.fillStyle = token("bg");
    ctx.fillRect((left + right - wide) / 2, bbox.top + bbox.height - px(19), wide, px(16));
    ctx.fillStyle = token("ink-2");
    ctx.fillText(word, (left + right) / 2, bbox.top + bbox.height - px(7));
  }
  ctx.restore();
}

function drawLimit(plot, limit) {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(limit.value, "y", true);
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = token("ink");
  ctx.lineWidth = px(1);
  ctx.setLineDash([px(6), px(3)]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = font(12);
  ctx.textAlign = "left";
  ctx.setLineDash([]);
  ctx.lineWidth = px(4);
  ctx.lineJoin = "round";
  ctx.strokeStyle = token("bg");
  for (const write of ["strokeText", "fillText"]) ctx[write](limit.label, bbox.left + px(6), y - px(5));
  ctx.restore();
}

// A shape of 10 px where an alarm began, and a lane above the lines as long as it lasted: 4 px while it still does.
const MARKS = {
  1: [
    [0, -5.5],
    [5.5, 0],
    [0, 5.5],
    [-5.5, 0],
  ],
  2: [
    [0, -5.5],
    [5.5, 5],
    [-5.5, 5],
  ],
  3: [
    [-4.5, -4.5],
    [4.5, -4.5],
    [4.5, 4.5],
    [-4.5, 4.5],
  ],
};

function drawLanes(plot, { lanes, now_ms }) {
  const { ctx, bbox } = plot;
  const y = bbox.top - px(8);
  const at = (time_ms) =>
    Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(time_ms / 1000, "x", true)));
  ctx.save();
  for (const lane of [...lanes].sort((a, b) => b.priority - a.priority)) {
    const [from, to] = [at(lane.from_ms), at(lane.to_ms ?? now_ms)];
    const thick = lane.to_ms === null ? px(4) : px(1.5);
    ctx.fillStyle = token(`p${lane.priority}-fill`);
    ctx.strokeStyle = token(`p${lane.priority}`);
    ctx.lineWidth = px(1);
    ctx.fillRect(from, y - thick / 2, Math.max(px(1), to - from), thick);
    if (lane.from_ms / 1000 < plot.scales.x.min) continue; // it began before what is shown
    ctx.beginPath();
    for (const [dx, dy] of MARKS[lane.priority] ?? MARKS[3]) ctx.lineTo(from + px(dx), y + px(dy));
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

function drawNow(plot, now_ms) {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(now_ms / 1000, "x", true);
  if (x <= bbox.left || x >= bbox.left + bbox.width - px(1)) return;
  ctx.save();
  ctx.strokeStyle = token("ink-3");
  ctx.lineWidth = px(1);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

// Labels stand right of their line's end, pushed apart where lines end close together.
function drawLabels(plot, lines) {
  const { ctx, bbox } = plot;
  const labels = lines
    .filter((line) => line.end && line.series.length)
    .map((line) => ({
      text: line.end,
      tone: token(line.tone === "pv" ? "pv" : line.thin ? "ink-3" : "ink"),
      weight: line.thin ? 400 : 600,
      x: plot.valToPos(line.series.at(-1)[0] / 1000, "x", true),
      y: plot.valToPos(line.series.at(-1)[1], "y", true),
    }));
  labels.sort((a, b) => a.y - b.y);
  ctx.save();
  let free = bbox.top + px(10);
  for (const label of labels) {
    ctx.font = font(12, label.weight);
    const fits = label.x + px(10) + ctx.measureText(label.text).width < plot.width * devicePixelRatio;
    const y = Math.max(free, label.y + px(4));
    ctx.textAlign = fits ? "left" : "right";
    ctx.lineWidth = px(4);
    ctx.lineJoin = "round";
    ctx.strokeStyle = token("bg");
    ctx.fillStyle = label.tone;
    const at = fits ? [label.x + px(8), y] : [label.x - px(4), y - px(14)];
    ctx.strokeText(label.text, ...at);
    ctx.fillText(label.text, ...at);
    free = y + px(LABEL_PX);
  }
  ctx.restore();
}

function readout(plot, view, node) {
  const at = plot.cursor.idx;
  if (at === null || at === undefined) return setText(node, "");
  const time_ms = plot.data[0][at] * 1000;
  const values = view.lines
    .map((line, i) => [line.name, plot.data[i + 1][at]])
    .filter(([, value]) => value !== null && value !== undefined);
  const time =
    view.to_ms - view.from_ms > 86400e3
      ? `${view.fmt.day(time_ms)} ${view.fmt.minute(time_ms)}`
      : view.fmt.clock(time_ms);
  return setText(
    node,
    [time, ...values.map(([name, value]) => `${name} ${view.fmt.number(value, view.digits)}`)].join("  "),
  );
}

function options(view, box, note) {
  return {
    width: box.clientWidth,
    height: view.height,
    pxAlign: false,
    legend: { show: false },
    padding: [view.lanes?.length ? 22 : 14, view.right, 0, 0],
    tzDate: (time_s) => window.uPlot.tzDate(new Date(time_s * 1000), view.fmt.timeZone),
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 5 },
      bind: { dblclick: () => () => view.onReset?.() },
    },
    scales: { x: { range: [view.from_ms / 1000, view.to_ms / 1000] }, y: { range: yRange(view) } },
    series: [{}, ...seriesOptions(view.lines)],
    axes: axes(view),
    hooks: {
      drawAxes: [(plot) => drawGaps(plot, view.gaps, view.words)],
      draw: [
        (plot) => {
          if (view.limit) drawLimit(plot, view.limit);
          if (view.lanes) drawLanes(plot, view);
          drawNow(plot, view.now_ms);
          drawLabels(plot, view.lines);
        },
      ],
      setCursor: [(plot) => readout(plot, view, note)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          view.onZoom?.(
            plot.posToVal(plot.select.left, "x") * 1000,
            plot.posToVal(plot.select.left + plot.select.width, "x") * 1000,
          );
        },
      ],
    },
  };
}

/** Loads the drawing library once, with the first chart: pages without one do not carry it. */
function library() {
  if (window.uPlot) return null;
  const known = document.querySelector(`script[src="${LIBRARY}"]`);
  const script = known ?? el("script", { src: LIBRARY });
  const loaded = new Promise((done) => ["load", "error"].forEach((name) => script.addEventListener(name, done)));
  if (!known) document.head.append(script);
  return loaded;
}

// Draws a chart into `box` and keeps it at the box's width until `signal` aborts.
//
// `view`: lines `{name, series: [[time_ms, value]], gaps, end (label), tone, dash, area, thin}`, gaps to hatch, from_ms, to_ms,
// now_ms, zero (based), limit `{value, label}`, lanes (of alarms: `{from_ms, to_ms, priority}`, to null: it lasts), digits,
// height, right (room for labels), sentence, fmt, words, onZoom, onReset.
export async function drawChart(box, note, view, signal) {
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", view.sentence);
  await library();
  if (signal.aborted || !window.uPlot) return;
  const data = alignOf(
    view.lines.map((line) => line.series),
    view.lines.map((line) => line.gaps),
  );
  box.replaceChildren();
  const plot = new window.uPlot(options(view, box, note), data, box);
  const watch = new ResizeObserver(() => {
    if (box.clientWidth && box.clientWidth !== plot.width)
      plot.setSize({ width: box.clientWidth, height: view.height });
  });
  watch.observe(box);
  signal.addEventListener("abort", () => {
    watch.disconnect();
    plot.destroy();
  });
}

/** Room in px that labels need right of the line ends. */
export function roomFor(texts) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `600 12px ${token("font")}`;
  return Math.min(160, 20 + Math.max(0, ...texts.map((text) => pen.measureText(text).width)));
}

/** The `{dash}` of the i-th line of a chart, at most four. */
export const dashOf = (i) => i % DASHES.length;
