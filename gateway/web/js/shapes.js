// Shapes and chips. A colour never stands alone: each chip is a shape and a word.
import { el, svg } from "./dom.js";
import { digitsOf } from "./format.js";

const RING = "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2Z";

// line: stroked, full: filled, dash: stroked and dashed
const SHAPES = {
  answering: { full: "M4.5 4.5h7v7h-7Z" },
  silent: { line: "M3 3h10v10H3Z M3.4 12.6 12.6 3.4" },
  waiting: { line: "M4.5 4.5h7v7h-7Z" },
  not_connected: { dash: "M3.5 3.5h9v9h-9Z" },
  uncertain: { line: RING, full: "M8 2.2a5.8 5.8 0 0 0 0 11.6Z" },
  bad: { line: `${RING} M5.4 5.4l5.2 5.2 M10.6 5.4l-5.2 5.2` },
  stale: { line: `${RING} M8 4.8V8l2.4 1.6` },
  dash: { line: "M3 8h10" },
  tick: { line: "M3.2 8.4 6.4 11.6 12.8 4.6" },
  high: { full: "M8 .9 15.1 8 8 15.1.9 8Z" },
  pause: { line: "M5.5 3.5v9 M10.5 3.5v9" },
};

// By priority: the outline and where the digit stands in it.
const ALARMS = {
  1: ["M8 .9 15.1 8 8 15.1.9 8Z", 11.4],
  2: ["M8 1.2 15.4 14.6H.6Z", 13],
  3: ["M1.5 1.5h13v13h-13Z", 11.4],
};

// How a standing alarm's shape is drawn: filled while it waits, outline once seen, dashed if it is over and not seen.
const LOOKS = {
  unacknowledged: "",
  latched_unacknowledged: "",
  acknowledged: "hollow",
  latched_acknowledged: "hollow",
  returned_unacknowledged: "hollow dashed",
};

const APART = { shelved: "pause", suppressed: "not_connected", out_of_service: "dash", normal: "tick" };

/** One of the shapes above, 16 px, hidden from screen readers: the word beside it is read. */
export function shape(name, tone = "grey") {
  const { line, full, dash } = SHAPES[name];
  const node = svg("svg", { class: `shape ${tone}`, viewBox: "0 0 16 16", "aria-hidden": "true" });
  if (full) node.append(svg("path", { class: "full", d: full }));
  if (line) node.append(svg("path", { class: "stroke", d: line }));
  if (dash) node.append(svg("path", { class: "stroke", "stroke-dasharray": "2 2", d: dash }));
  return node;
}

/** Shape and word. `tone`: grey, p1, p2, p3. */
export function chip(name, text, tone = "grey") {
  return el("span", { class: `chip ${tone}` }, shape(name, tone), el("span", {}, text));
}

/** The shape of an alarm: priority by its outline and digit, state by its filling; grey where it is not in the list. */
export function alarmShape({ priority, state }) {
  if (!(state in LOOKS)) return shape(APART[state] ?? "waiting");
  const [d, y] = ALARMS[priority] ?? ALARMS[3];
  const text = svg("text", { x: 8, y }, String(priority));
  const name = `shape alarm p${priority} ${LOOKS[state]}`;
  return svg("svg", { class: name, viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d }), text);
}

/** Shape and priority of an alarm; `text` beside it instead of the word where the word is only read aloud. */
export function alarmChip(alarm, words, text = null) {
  const tone = alarm.state in LOOKS ? `p${alarm.priority}` : "grey";
  const word = words.family("priority", alarm.priority);
  if (text === null) return el("span", { class: `chip ${tone}` }, alarmShape(alarm), el("span", {}, word));
  const spoken = el("span", { class: "hidden-word" }, `${word}${words.t("punct.colon")}`);
  return el("span", { class: "chip" }, alarmShape(alarm), spoken, el("span", { class: "clip" }, text));
}

const NUMBER = /(?<![\w.,:\u2212-])(-?)(\d+)(?:\.(\d+))?(?:([ \u00a0])([%°\p{L}][\p{L}\d³²/]*))?/gu;

/** A sentence of a rule with its numbers as this page writes them: a true minus, and no more decimals than their unit has
 * here, unless two numbers would then look alike. */
function tidy(text) {
  const seen = text.match(NUMBER) ?? [];
  const isAlone = (one) => seen.filter((other) => Number.parseFloat(other) === Number.parseFloat(one)).length === 0;
  return text.replace(NUMBER, (all, minus, whole, part = "", gap = "", unit = "") => {
    const digits = digitsOf({ unit });
    const shorter = unit && part.length > digits ? Number(`${minus}${whole}.${part}`).toFixed(digits) : "";
    const number = shorter && isAlone(shorter) ? shorter : `${minus}${whole}${part && `.${part}`}`;
    return number.replace("-", "\u2212") + gap + unit;
  });
}

/** What an alarm says beside its name, in the words of its rule. */
export const detailOf = (alarm, words) => tidy(words.local(alarm.message));

/** The name of an alarm and what it says; the name once. */
export function messageOf(alarm, words) {
  const [detail, name] = [detailOf(alarm, words), words.local(alarm.rule_name)];
  if (!detail || !name) return detail || name || alarm.id || alarm.alarm;
  return detail.toLowerCase().includes(name.toLowerCase()) ? detail : `${name}${words.t("punct.colon")}${detail}`;
}

/** The same with the device it is about, where the message does not name it. */
export function messageAt(alarm, words) {
  const message = messageOf(alarm, words);
  const device = words.local(alarm.device_name);
  return !device || message.includes(device) ? message : `${message}${words.t("punct.comma")}${device}`;
}

/** True for an alarm that waits for an acknowledgement. */
export const isWaiting = ({ state }) => state.endsWith("unacknowledged");

const DEVICE_TONE = { silent: "p2" };

/** The connection chip of a device's state. */
export function deviceChip(state, words) {
  const known = state in SHAPES ? state : "waiting";
  return chip(known, words.family("device", state), DEVICE_TONE[state]);
}

/** Only the shape of a device's state, with its word for screen readers. */
export function deviceShape(state, words) {
  const known = state in SHAPES ? state : "waiting";
  const word = el("span", { class: "hidden-word" }, words.family("device", state));
  return el("span", { class: "mark" }, shape(known, DEVICE_TONE[state]), word);
}
