// Power today: grid import and PV, yesterday's import behind, the contract as a limit.
import { ask, exportAddress } from "./api.js";
import { el } from "./dom.js";
import { failed, loading, section } from "./sections.js";
import { gapsOf, joinGaps, meansOf } from "./series.js";
import { sentenceOf, trendParts } from "./trend.js";

const STEP_S = 600; // longer than the default heartbeat of a deadband: a bucket without a sample is a gap
const ALLOWED_MS = 1.5 * STEP_S * 1000;
const HEIGHT = 140;

/** The sum of several series bucket by bucket; a bucket that any of them lacks is missing, not zero. */
export function sumOf(seriesList) {
  if (seriesList.length === 0) return [];
  const others = seriesList.slice(1).map((series) => new Map(series));
  return seriesList[0]
    .filter(([time]) => others.every((other) => other.has(time)))
    .map(([time, value]) => [time, others.reduce((sum, other) => sum + other.get(time), value)]);
}

async function sumBetween(tags, from_ms, to_ms, signal) {
  const query = new URLSearchParams({
    from: new Date(from_ms).toISOString(),
    to: new Date(to_ms).toISOString(),
    step: `${STEP_S}s`,
  });
  const answers = await Promise.all(
    tags.map((tag) => ask(`points/${encodeURIComponent(tag)}/history?${query}`, signal)),
  );
  return sumOf(answers.map(meansOf));
}

/** The section in `box`; `refresh` asks anew, `redraw` only draws (theme), `toggle` changes between chart and table. */
export function powerToday(box, park, ui) {
  const { grid, pv } = park.trend;
  if (grid.length + pv.length === 0) return { refresh() {}, redraw() {}, toggle: () => false };
  const { t } = ui.words;
  const body = el("div", {}, loading(ui.words, 5));
  const button = el(
    "button",
    { class: "link", type: "button", onclick: () => toggle(), "aria-pressed": "false" },
    t("chart.table"),
  );
  const file = el("a", { download: true, hidden: !ui.may("export") }, "CSV");
  box.append(section(t("trend.today"), { note: "kW", end: [button, file] }, body));
  const trend = { data: null, asTable: false, stop: new AbortController() };
  ui.signal.addEventListener("abort", () => trend.stop.abort());

  function redraw() {
    if (!trend.data) return;
    trend.stop.abort();
    trend.stop = new AbortController();
    body.replaceChildren(
      ...trendParts(viewOf(trend.data, park, ui), { asTable: trend.asTable, signal: trend.stop.signal }),
    );
  }

  async function refresh() {
    try {
      trend.data = await load(park, ui);
      file.href = exportAddress([...grid, ...pv], trend.data.from_ms, trend.data.now_ms);
      if (!ui.signal.aborted) redraw();
    } catch (error) {
      if (!ui.signal.aborted) body.replaceChildren(failed(error, ui.words, refresh));
    }
  }

  function toggle() {
    trend.asTable = !trend.asTable;
    button.setAttribute("aria-pressed", String(trend.asTable));
    redraw();
    return true;
  }

  refresh();
  return { refresh, redraw, toggle };
}

async function load(park, ui) {
  const now_ms = ui.live.now();
  const from_ms = ui.fmt.midnight(now_ms);
  const before_ms = ui.fmt.midnight(now_ms, -1);
  const { grid, pv } = park.trend;
  const [today, sun, yesterday] = await Promise.all([
    sumBetween(grid, from_ms, now_ms, ui.signal),
    sumBetween(pv, from_ms, now_ms, ui.signal),
    sumBetween(grid, before_ms, from_ms, ui.signal),
  ]);
  return {
    now_ms,
    from_ms,
    to_ms: ui.fmt.midnight(now_ms, 1),
    today,
    sun,
    yesterday: yesterday.map(([time, value]) => [time + from_ms - before_ms, value]),
  };
}

function viewOf(data, park, ui) {
  const { t } = ui.words;
  const { fmt } = ui;
  const range = { from_ms: data.from_ms, to_ms: data.now_ms, step_ms: STEP_S * 1000, allowed_ms: ALLOWED_MS };
  const line = (name, series, look) => {
    const last = series.at(-1);
    const gaps = gapsOf(series, look.thin ? { ...range, to_ms: data.to_ms } : range);
    return { name, series, gaps, end: last ? `${name}${look.thin ? "" : ` ${fmt.number(last[1], 0)}`}` : "", ...look };
  };
  const lines = [];
  if (data.yesterday.length) lines.push(line(t("trend.yesterday"), data.yesterday, { tone: "data-2", thin: true }));
  if (park.trend.grid.length) lines.push(line(t("flow.grid"), data.today, { tone: "ink", area: true }));
  if (park.trend.pv.length) lines.push(line(t("flow.pv"), data.sun, { tone: "pv", area: true }));
  const contract = park.contract_demand_kw;
  return {
    lines,
    gaps: joinGaps(lines.filter((entry) => !entry.thin).map((entry) => entry.gaps)),
    from_ms: data.from_ms,
    to_ms: data.to_ms,
    now_ms: data.now_ms,
    zero: true,
    digits: 1,
    unit: "kW",
    height: HEIGHT,
    right: 28,
    fmt,
    words: ui.words,
    limit: contract === null ? null : { value: contract, label: t("trend.contract", { kw: fmt.number(contract, 0) }) },
    sentence: sentenceOf(lines, "kW", 0, ui),
  };
}
