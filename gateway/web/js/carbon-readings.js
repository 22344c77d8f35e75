// The bottom of a trace: every day of the registers, and of a chosen day every interval with the readings that decided it.
import { ask } from "./api.js";
import { exact, short } from "./carbon-figures.js";
import { dayText, instantText } from "./dates.js";
import { el } from "./dom.js";
import { atLeast, unitText } from "./energy-figures.js";
import { fileLink } from "./file-link.js";
import { failed } from "./sections.js";

const SHOWN = 8; // rows of a list before somebody asks for all
const MICRO_DIGITS = 6;

export const code = (text) => el("span", { class: "hash", title: text }, short(text));

/** Micro-units of the ledger as a decimal, digit for digit. */
export function microText(micro) {
  const digits = BigInt(micro).toString().replace("-", "").padStart(MICRO_DIGITS + 1, "0");
  return `${micro < 0 ? "-" : ""}${digits.slice(0, -MICRO_DIGITS)}.${digits.slice(-MICRO_DIGITS)}`;
}

const withUnit = (text, unit) => `${text}\u00a0${unitText(unit)}`;

/** A table of the first rows, with a button that shows every row of `all`. */
function list(first, all, { words, fmt }) {
  const line = (row) => el("tr", {}, row.map(([content, kind]) => el("td", { class: kind }, content)));
  const body = el("tbody", {}, first.map(line));
  const box = el("div", { class: "scroll" }, el("table", {}, body));
  if (first.length === all.length) return [box];
  const whole = () => {
    body.replaceChildren(...all.map(line));
    button.remove();
    box.tabIndex = -1;
    box.focus({ preventScroll: true });
  };
  const button = el("button", { class: "link no-print", type: "button", onclick: whole }, words.t("trace.show_all", { n: fmt.number(all.length, 0) }));
  const rest = el("span", { class: "print-only" }, words.t("trace.more", { n: fmt.number(all.length - first.length, 0) }));
  return [box, el("p", { class: "s" }, button, rest)];
}

/** Every day with what its registers counted; a day opens its intervals. */
export function daysPart(step, ui, chooseDay) {
  const { words, fmt } = ui;
  const { t } = words;
  const known = (day) => withUnit(atLeast(exact(microText(day.known_micro), fmt), day.missing_ns !== "0"), day.unit);
  const open = ({ day }) => el("button", { class: "link", type: "button", onclick: () => chooseDay(day, true) }, dayText(day, ui));
  const rows = step.days.map((day) => [[open(day), "nw"], [day.register, ""], [known(day), "n"], [code(day.digest), "n"]]);
  const count = new Set(step.days.map(({ day }) => day)).size;
  const hidden = step.not_shown?.length ?? 0;
  return [
    [el("b", {}, t("trace.all_days", { n: fmt.number(count, 0) })), ...list(rows.slice(0, SHOWN), rows, ui), hidden ? el("p", { class: "q s" }, t("trace.hidden", { n: hidden, count: hidden })) : ""],
    step.as_of ? t("trace.as_of", { time: instantText(step.as_of, ui) }) : "",
  ];
}

/** What is estimated or missing first: that is what an auditor looks for. */
function telling(intervals) {
  const odd = intervals.filter(({ method }) => method !== "measured" && method !== "interpolated");
  return (odd.length ? odd : intervals).slice(0, SHOWN);
}

function intervalRow(one, ui) {
  const { words, fmt } = ui;
  const counted = one.quantity ?? one.known;
  const text = counted === null ? words.t("trace.lacking") : withUnit(atLeast(exact(counted, fmt), one.quantity === null), one.unit);
  const time = `${dayText(one.from.slice(0, 10), ui)} ${one.from.slice(11, 16)}`;
  return [[time, "nw"], [one.register, ""], [text, "n"], [words.family("method", one.method), ""], [code(one.hash), "n"]];
}

/** Each reading once, in the order of time of its register. */
function readingRows(intervals, ui) {
  const seen = new Map();
  for (const { register, readings } of intervals) for (const [time, ns, value, ...marks] of readings) seen.set(`${register} ${ns} ${value}`, [time, register, value, marks]);
  return [...seen.values()].map(([time, register, value, marks]) => [[instantText(time, ui), "nw"], [register, ""], [exact(value, ui.fmt), "n"], [marks.join(" "), ""]]);
}

function dayChoice(days, shown, ui, chooseDay) {
  const names = [...new Set(days.map(({ day }) => day))];
  const options = names.map((day) => el("option", { value: day, selected: day === shown }, dayText(day, ui)));
  const change = ({ target }) => chooseDay(target.value);
  const name = ui.words.t("trace.day");
  return el("p", { class: "s no-print" }, `${name} `, el("select", { "aria-label": name, onchange: change }, options));
}

function intervalsBody(step, days, ui, chooseDay) {
  const { intervals } = step;
  if (intervals.length === 0) return [el("p", { class: "q" }, ui.words.t("trace.no_interval"))];
  const first = telling(intervals);
  const rows = (chosen) => chosen.map((one) => intervalRow(one, ui));
  const readings = readingRows(intervals, ui);
  const begun = readingRows(first, ui).slice(0, SHOWN + 1);
  return [
    dayChoice(days, intervals[0].from.slice(0, 10), ui, chooseDay),
    ...list(rows(first), rows(intervals), ui),
    el("p", { class: "q s" }, ui.words.t("trace.decided")),
    ...list(begun, readings, ui),
  ];
}

/** The first and the day after the last of each month that the days lie in: a file holds at most that. */
function monthsOf(days) {
  const ordered = days.map(({ day }) => day).sort();
  const months = [...new Set(ordered.map((day) => day.slice(0, 7)))];
  return months.map((month) => {
    const own = ordered.filter((day) => day.startsWith(month));
    const after = new Date(Date.parse(own.at(-1)) + 86400e3).toISOString().slice(0, 10);
    return [own[0], after];
  });
}

/** Every interval of the line as a file, for each register and month. */
function tables({ days, as_of }, ui) {
  const registers = [...new Set(days.map(({ register }) => register))];
  return registers.flatMap((register) =>
    monthsOf(days.filter((one) => one.register === register)).map(([from, to]) => {
      const query = new URLSearchParams({ meter: register, from, to, format: "csv", ...(as_of ? { as_of } : {}) });
      return el("span", { class: "under" }, fileLink(ui, `/api/v1/energy/intervals?${query}`, ui.words.t("trace.csv", { register, day: dayText(from, ui) })));
    }),
  );
}

/** The intervals of one day, with a choice of every other; `load(day)` gives the same step of another day. */
export function intervalsPart(step, days, ui, remember) {
  const box = el("div");
  const draw = (found) => box.replaceChildren(...intervalsBody(found, days?.days ?? [], ui, chooseDay));

  async function chooseDay(day, isFar = false) {
    try {
      draw(await remember(day));
    } catch (error) {
      if (!ui.signal.aborted) box.replaceChildren(failed(error, ui.words, () => chooseDay(day)));
      return;
    }
    box.querySelector("select")?.focus({ preventScroll: !isFar });
  }

  draw(step);
  return { body: [box], aside: [step.note ? ui.words.t("trace.one_day") : "", ...(days ? tables(days, ui) : [])], chooseDay };
}

/** The trace of an entry; of a `day` its intervals. */
export function askTrace(entry, { entity, period }, signal, day = "") {
  const query = new URLSearchParams({ entity, period, ...(day ? { day } : {}) });
  return ask(`carbon/trace/${encodeURIComponent(entry)}?${query}`, signal);
}
