// The outbox on the Gateway page: values waiting in the last hours, its size, its cap, and how long it holds.
import { ask, exportAddress } from "./api.js";
import { el } from "./dom.js";
import { bytesText } from "./gateway-words.js";
import { failed, loading, section } from "./sections.js";
import { gapsOf, meansOf } from "./series.js";
import { sentenceOf, trendParts } from "./trend.js";

const TAG = "gateway.waiting_samples";
const HOURS = 6;
const STEP_S = 120;
const HEIGHT = 148;
const ENOUGH = 5000; // values waiting: fewer do not tell how large one is

async function load(ui) {
  const to_ms = ui.live.now();
  const from_ms = to_ms - HOURS * 3600e3;
  const query = new URLSearchParams({
    from: new Date(from_ms).toISOString(),
    to: new Date(to_ms).toISOString(),
    step: `${STEP_S}s`,
  });
  const series = meansOf(await ask(`points/${encodeURIComponent(TAG)}/history?${query}`, ui.signal));
  return { series, from_ms, to_ms };
}

function viewOf({ series, from_ms, to_ms }, ui) {
  const { t } = ui.words;
  const range = { from_ms: series[0]?.[0] ?? from_ms, to_ms, step_ms: STEP_S * 1000, allowed_ms: 3 * STEP_S * 1000 };
  const last = series.at(-1);
  const gaps = gapsOf(series, range);
  const lines = [
    { name: t("inside.waiting"), series, gaps, tone: "ink", area: true, end: last ? ui.fmt.number(last[1], 0) : "" },
  ];
  const sentence = sentenceOf(lines, "", 0, ui);
  const look = { zero: true, digits: 0, unit: "", height: HEIGHT, right: 28, limit: null };
  return { lines, gaps, from_ms, to_ms, now_ms: to_ms, ...look, fmt: ui.fmt, words: ui.words, sentence };
}

/** How full it is and how long it holds: `stored` values a second come in, null where that is not known yet. */
export function capText({ outbox, sinks }, stored, { words, fmt }) {
  const waiting = Math.max(0, ...sinks.map((sink) => sink.buffered));
  const size = words.t("inside.size", { bytes: bytesText(outbox.bytes, fmt), max: bytesText(outbox.max_bytes, fmt) });
  const isKnown = stored > 0 && waiting >= ENOUGH && outbox.bytes > 0;
  const seconds = isKnown ? outbox.max_bytes / (outbox.bytes / waiting) / stored : 0;
  const holds = isKnown ? words.t("inside.holds", { n: fmt.number(stored, 0), age: fmt.age(seconds) }) : "";
  return [size, holds, words.t("inside.beyond")].filter(Boolean).join(words.language === "zh" ? "" : " ");
}

/** The section; `tell` writes its note, `redraw` draws the chart again (theme). */
export function outbox(ui) {
  const { t } = ui.words;
  const body = el("div", {}, loading(ui.words, 5));
  const cap = el("p", { class: "note cap" });
  const state = { data: null, asTable: false, stop: new AbortController() };
  const flip = el("button", { class: "link", type: "button", "aria-pressed": "false" }, t("chart.table"));
  const file = ui.may("export") ? el("a", { download: true }, "CSV") : null;
  flip.addEventListener("click", () => {
    state.asTable = !state.asTable;
    flip.setAttribute("aria-pressed", String(state.asTable));
    redraw();
  });
  ui.signal.addEventListener("abort", () => state.stop.abort());

  function redraw() {
    if (!state.data) return;
    state.stop.abort();
    state.stop = new AbortController();
    body.replaceChildren(...trendParts(viewOf(state.data, ui), { asTable: state.asTable, signal: state.stop.signal }));
  }

  async function refresh() {
    try {
      state.data = await load(ui);
      file?.setAttribute("href", exportAddress([TAG], state.data.from_ms, state.data.to_ms));
      if (!ui.signal.aborted) redraw();
    } catch (error) {
      if (ui.signal.aborted) return;
      const isNew = error.status === 404 || error.status === 503; // no history, or a gateway that just began
      body.replaceChildren(
        isNew ? el("p", { class: "q empty" }, t("inside.no_trend")) : failed(error, ui.words, refresh),
      );
    }
  }

  refresh();
  const node = section(t("gateway.outbox"), { note: t("inside.waiting_all"), end: [flip, file].filter(Boolean) }, body, cap);
  return { node, redraw, refresh, tell: (status, stored) => (cap.textContent = capText(status, stored, ui)) };
}
