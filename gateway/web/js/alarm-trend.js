// The trend around an alarm's raise: its points, its limit as a line, itself as a lane on top.
import { ask } from "./api.js";
import { dashOf, roomFor } from "./chart.js";
import { el } from "./dom.js";
import { digitsOf } from "./format.js";
import { loading } from "./sections.js";
import { allowedFor, gapsOf, isDrawable, isZeroBased, joinGaps, meansOf } from "./series.js";
import { sentenceOf, trendParts } from "./trend.js";

const MINUTE_MS = 60e3;
const STEP_S = 15;
const MOST_LINES = 4;
const REFRESH_MS = 30e3;
const TONES = ["ink", "data", "data", "data-2"];

/** An hour that holds the raise: at least 20 minutes before it, up to 40 after it, nothing of the future. */
function rangeOf({ since_ms }, now_ms) {
  const begun_ms = since_ms ?? now_ms;
  const to_ms = Math.round(Math.min(now_ms, begun_ms + 40 * MINUTE_MS));
  return { from_ms: Math.round(Math.min(begun_ms - 20 * MINUTE_MS, to_ms - 60 * MINUTE_MS)), to_ms };
}

async function pointOf(tag, signal) {
  const at = tag.lastIndexOf(".");
  const query = new URLSearchParams({ device: tag.slice(0, at), q: tag, limit: 50 });
  const { items } = await ask(`points?${query}`, signal);
  return items.find((point) => point.tag === tag) ?? null;
}

async function load(alarm, ui) {
  const now_ms = ui.live.now();
  const { from_ms, to_ms } = rangeOf(alarm, now_ms);
  const points = (await Promise.all(alarm.tags.slice(0, 8).map((tag) => pointOf(tag, ui.signal)))).filter(
    (point) => point && isDrawable(point),
  );
  const unit = points.some((point) => point.unit === alarm.unit) ? alarm.unit : points[0]?.unit;
  const drawn = points.filter((point) => point.unit === unit).slice(0, MOST_LINES);
  const query = new URLSearchParams({
    from: new Date(from_ms).toISOString(),
    to: new Date(to_ms).toISOString(),
    step: `${STEP_S}s`,
  });
  const answers = await Promise.all(
    drawn.map((point) => ask(`points/${encodeURIComponent(point.tag)}/history?${query}`, ui.signal)),
  );
  const lines = drawn.map((point, i) => ({ point, series: meansOf(answers[i]) }));
  return { alarm, now_ms, from_ms, to_ms, unit, lines };
}

function viewOf({ alarm, now_ms, from_ms, to_ms, unit, lines: drawn }, ui) {
  const { words, fmt } = ui;
  const points = drawn.map(({ point }) => point);
  const digits = Math.max(...points.map(digitsOf));
  const lines = drawn.map(({ point, series }, i) => {
    const name = words.local(point.name, point.point);
    const allowed_ms = allowedFor(point, STEP_S);
    const gaps = gapsOf(series, { from_ms, to_ms: Math.min(to_ms, now_ms), step_ms: STEP_S * 1000, allowed_ms });
    const last = series.length ? fmt.number(series.at(-1)[1], digits) : "";
    return { name, series, gaps, end: drawn.length > 1 ? `${name} ${last}` : last, tone: TONES[i], dash: dashOf(i) };
  });
  const { limit, since_ms, returned_ms, priority } = alarm;
  const hasLimit = limit !== null && unit === alarm.unit;
  const label = hasLimit ? `${words.t("alarm.limit")} ${fmt.number(limit, digitsOf({ unit }))}` : "";
  const lanes = since_ms === null ? [] : [{ from_ms: since_ms, to_ms: returned_ms, priority }];
  return {
    lines,
    gaps: joinGaps(lines.map((line) => line.gaps)),
    lanes,
    from_ms,
    to_ms,
    now_ms,
    digits,
    unit,
    fmt,
    words,
    zero: isZeroBased(points) && !hasLimit,
    limit: hasLimit ? { value: limit, label } : null,
    height: 190,
    right: roomFor(lines.map((line) => line.end)),
    sentence: sentenceOf(lines, unit, digits, ui, lanes),
  };
}

function heading(data, { words }) {
  const names = data.lines.map(({ point }) => words.local(point.name, point.point)).join(words.t("punct.comma"));
  return el("p", { class: "s r" }, data.unit ? `${names}${words.t("punct.comma")}${data.unit}` : names);
}

function longer(data, { words }) {
  const { point } = data.lines[0];
  const same = data.lines.filter((line) => line.point.device === point.device).map((line) => line.point.point);
  const query = new URLSearchParams({
    points: same.join(","),
    from: new Date(data.from_ms - 180 * MINUTE_MS).toISOString(),
    to: new Date(data.to_ms).toISOString(),
  });
  return el("a", { href: `/devices/${encodeURIComponent(point.device)}?${query}` }, words.t("pane.longer"));
}

/** Fills `box` with the trend until `stop`, or leaves it empty where the alarm has no points that can be drawn. */
export function createAlarmTrend(box, alarm, ui) {
  const trend = { data: null, asTable: false, stop: new AbortController(), timer: 0, isOver: false };
  const { t } = ui.words;
  const table = el("button", { class: "link", type: "button", onclick: () => toggle() }, t("chart.table"));

  function redraw() {
    if (!trend.data?.lines.length) return;
    trend.stop.abort();
    trend.stop = new AbortController();
    table.setAttribute("aria-pressed", String(trend.asTable));
    const view = viewOf(trend.data, ui);
    const parts = trendParts(view, { asTable: trend.asTable, signal: trend.stop.signal });
    box.replaceChildren(
      heading(trend.data, ui),
      ...parts,
      el("p", { class: "links s" }, table, longer(trend.data, ui)),
    );
  }

  async function refresh() {
    try {
      trend.data = await load(alarm, ui);
      if (trend.isOver) return;
      if (trend.data.lines.length) redraw();
      else box.replaceChildren();
      if (trend.data.to_ms >= trend.data.now_ms - 1) trend.timer = setTimeout(refresh, REFRESH_MS);
    } catch {
      if (!trend.isOver && !trend.data) box.replaceChildren(el("p", { class: "q empty" }, t("pane.no_trend")));
    }
  }

  function toggle() {
    trend.asTable = !trend.asTable;
    redraw();
    return trend.data !== null;
  }

  function stop() {
    trend.isOver = true;
    trend.stop.abort();
    clearTimeout(trend.timer);
  }

  ui.signal.addEventListener("abort", stop);
  if (alarm.tags.length) {
    box.replaceChildren(loading(ui.words, 4));
    refresh();
  }
  return { redraw, toggle, stop };
}
