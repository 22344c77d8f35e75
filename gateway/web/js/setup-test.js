// Setup, step 3: one real exchange. Raw and scaled values side by side, the frames, what a person should look at.
import { send, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { digitsOf } from "./format.js";
import { table } from "./rows.js";
import { section } from "./sections.js";
import { draftOf } from "./setup-draft.js";
import { profileOf } from "./setup-profile.js";
import { chip } from "./shapes.js";

const PATIENCE_S = 25;
const NBSP = "\u00a0";
const RAW_DIGITS = 7; // a float32 holds no more

/** A value as a person reads it, with its unit. */
export function valueText(point, { words, fmt }) {
  const { value, unit } = point;
  if (value === null || value === undefined) return words.t("value.none");
  if (typeof value === "boolean") return words.t(value ? "value.on" : "value.off");
  const shown = typeof value === "number" ? fmt.number(value, Number.isInteger(value) ? 0 : digitsOf({ unit })) : value;
  return unit ? `${shown}${NBSP}${unit}` : shown;
}

const rawText = (value) => (value === null ? "–" : typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(RAW_DIGITS))) : String(value));

function qualityChip({ level, reason }, words) {
  const why = reason ? words.family("reason", reason) : "";
  if (level === "good") return words.t("quality.good");
  if (level === "uncertain") return chip("uncertain", words.t("quality.uncertain", { reason: why }), "p2");
  return level === "bad" ? chip("bad", words.t("quality.bad", { reason: why }), "p2") : chip("waiting", words.t("setup.not_asked"));
}

function valuesTable(found, ui) {
  const { words } = ui;
  const { t } = words;
  const heads = [[t("setup.point"), ""], [t("setup.raw"), ""], [t("setup.raw_value"), "n"], [t("setup.value"), "n"], [t("setup.quality"), "pl"]];
  const rows = found.points.map((point) => [
    words.local(point.name, point.point),
    el("code", {}, point.raw || "–"),
    rawText(point.raw_value),
    el("b", {}, valueText(point, ui)),
    qualityChip(point, words),
  ]);
  return table(t("setup.values"), heads, rows);
}

function framesList(found, { words, fmt }) {
  const { t } = words;
  const lines = found.frames.map((frame) =>
    el(
      "li",
      {},
      el("span", { class: "r s" }, frame.time_ms === null ? "" : `${fmt.clock(frame.time_ms)}.${String(frame.time_ms % 1000).padStart(3, "0")}`),
      el("b", {}, t(frame.sent ? "setup.sent" : "setup.received")),
      el("code", {}, frame.text || frame.hex),
      frame.note ? el("span", { class: "s q" }, words.said(frame.note)) : null,
    ),
  );
  return el("details", { open: !found.ok }, el("summary", {}, t("setup.frames", { n: lines.length })), el("ol", { class: "frames" }, lines));
}

function adviceList(found, words, useOrder) {
  const { t } = words;
  return found.advice.map((one) =>
    el(
      "li",
      {},
      chip("uncertain", words.local(one), "p2"),
      one.code === "order" && one.suggestion ? el("button", { class: "btn small", type: "button", onclick: () => useOrder(one.suggestion) }, t("setup.use_order", { order: one.suggestion })) : null,
    ),
  );
}

function resultNodes(found, ui, useOrder) {
  const { words, fmt } = ui;
  const { t } = words;
  const good = found.points.filter((point) => point.level === "good").length;
  const said = found.ok
    ? el("b", {}, t("setup.answers", { good, n: found.points.length, ms: fmt.number(found.elapsed_ms, 0) }))
    : chip("silent", words.both(found.error || t("setup.no_value"), found.hint), "p2");
  return [
    el("p", { class: "result" }, said, " ", el("span", { class: "q" }, found.address)),
    el("ul", { class: "findings" }, adviceList(found, words, useOrder)),
    valuesTable(found, ui),
    framesList(found, ui),
  ];
}

/** The step: tries at once. `wrong(errors)` is called with what the gateway refuses at fields. */
export function testStep(state, ui, { next, back, redraw, wrong }) {
  const { words, signal } = ui;
  const { t } = words;
  const box = el("div", { "aria-live": "polite" });
  const again = el("button", { class: "btn", type: "button", onclick: run }, t("error.retry"));
  const on = el("button", { class: "btn go", type: "button", onclick: next }, t("setup.to_lines"));
  const before = el("button", { class: "btn", type: "button", onclick: back }, t("setup.back"));
  async function run() {
    again.disabled = true;
    again.textContent = t("setup.trying");
    box.replaceChildren(el("p", { class: "q", "aria-busy": "true" }, t("setup.trying")));
    try {
      const profile = await profileOf(state.profile, signal);
      const found = await send("commissioning/test", draftOf(state, profile), { patience_s: PATIENCE_S });
      if (signal.aborted) return;
      box.replaceChildren(...resultNodes(found, ui, (order) => redraw({ order })));
    } catch (error) {
      if (signal.aborted) return;
      if (error.errors?.some((one) => one.field)) return wrong(error.errors);
      const more = (error.errors ?? []).map((one) => el("li", {}, words.both(one.message, one.hint)));
      box.replaceChildren(el("div", { role: "alert" }, chip("bad", sentenceOf(error, words), "p2"), el("ul", { class: "findings" }, more)));
    } finally {
      again.disabled = false;
      again.textContent = t("error.retry");
    }
  }
  run();
  return section(t("setup.live"), { note: state.device }, box, el("div", { class: "actions" }, on, again, before));
}
