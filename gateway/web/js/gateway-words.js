// What sources and sinks have in common on the Gateway page: state, counters, sizes, pairs of name and value.
import { el } from "./dom.js";
import { chip } from "./shapes.js";

const NBSP = "\u00a0";
const SHAPES = { delivering: "answering", running: "answering", idle: "waiting", waiting: "stale", stopped: "silent" };
const TONES = { waiting: "p2", stopped: "p2" };
const SHOWN_ELSEWHERE = ["busy_us"]; // in the bar of bus load

/** The chip of a source or sink, and below it what is wrong. */
export function stateOf(entry, { words }) {
  const said = words.both(entry.error, entry.hint);
  return [
    chip(SHAPES[entry.state] ?? "waiting", words.family("run", entry.state), TONES[entry.state]),
    said ? el("span", { class: "s q under" }, said) : null,
  ];
}

function countName(name, words) {
  const status = /^status_(\d+)$/.exec(name);
  return status ? words.t("count.status", { code: status[1] }) : words.family("count", name).replaceAll("_", " ");
}

/** What a source or sink has counted, as texts. */
export function countsOf({ counts }, { words, fmt }) {
  const known = Object.entries(counts).filter(([name, n]) => n > 0 && !SHOWN_ELSEWHERE.includes(name));
  return known.map(([name, n]) => `${countName(name, words)}${NBSP}${fmt.number(n, 0)}`);
}

/** A size: `2.9 MiB`. */
export function bytesText(count, fmt) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = count > 0 ? Math.min(4, Math.floor(Math.log2(count) / 10)) : 0;
  return `${fmt.number(count / 1024 ** step, step ? 1 : 0)}${NBSP}${units[step]}`;
}

/** A list of names and values. */
export function pairs(list) {
  return el(
    "dl",
    { class: "kv" },
    list.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}
