// Shapes and chips. A colour never stands alone: each chip is a shape and a word.
import { el, svg } from "./dom.js";

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
};

/** One of the shapes above, 16 px, hidden from screen readers: the word beside it is read. */
export function shape(name, tone = "grey") {
  const { line, full, dash } = SHAPES[name];
  const node = svg("svg", { class: `shape ${tone}`, viewBox: "0 0 16 16", "aria-hidden": "true" });
  if (full) node.append(svg("path", { class: "full", d: full }));
  if (line) node.append(svg("path", { class: "stroke", d: line }));
  if (dash) node.append(svg("path", { class: "stroke", "stroke-dasharray": "2 2", d: dash }));
  return node;
}

/** Shape and word. `tone`: grey, p1, p2. */
export function chip(name, text, tone = "grey") {
  return el("span", { class: `chip ${tone}` }, shape(name, tone), el("span", {}, text));
}

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
