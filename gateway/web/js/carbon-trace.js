// Where a figure comes from: total, entry, activity, records, days, intervals with their readings, factors, ledger.
import { ask } from "./api.js";
import { amount, gasName, short } from "./carbon-figures.js";
import { dayText, instantText } from "./dates.js";
import { el } from "./dom.js";
import { decimalText } from "./energy-figures.js";
import { nameOf } from "./energy-period.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const SHOWN = 8; // rows of a step; the rest is in the file

const code = (text) => el("span", { class: "hash", title: text }, short(text));

function rows(cells, words) {
  const more = cells.length - SHOWN;
  const body = cells.slice(0, SHOWN).map((row) => el("tr", {}, row.map(([text, kind]) => el("td", { class: kind }, text))));
  return [
    el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, body))),
    more > 0 ? el("p", { class: "q s" }, words.t("trace.more", { n: more })) : "",
  ];
}

const lines = (texts) => texts.map((text) => el("p", { class: "eq" }, text));

const PARTS = {
  total: (step, ui, { words, fmt } = ui) => [
    [el("b", {}, amount(step.value, step.unit, fmt)), el("p", { class: "q" }, `${words.t(`carbon.scope${step.scope}`)}${words.t("punct.comma")}${words.family("basis", step.basis)}${words.t("punct.comma")}${nameOf(step.period, ui)}`), ...lines([step.formula])],
    [words.t("trace.run"), " ", code(step.run), el("br"), instantText(step.time, ui)],
  ],
  entry: (step, ui, { words, fmt } = ui) => [
    [el("b", {}, step.value === null ? amount(step.mass_kg, `kg ${gasName(step.gas)}`, fmt) : amount(step.value, step.unit, fmt)), ...lines(step.formula), step.reverses ? el("p", { class: "q" }, words.t("trace.reverses"), " ", code(step.reverses)) : ""],
    [code(step.id), el("br"), words.family("method", step.content.method)],
  ],
  activity: (step, ui, { words, fmt } = ui) => [
    [el("b", {}, amount(step.value, step.unit, fmt)), el("p", { class: "q" }, `${step.source}${words.t("punct.comma")}${dayText(`${step.from} – ${step.to}`, ui)}`), el("p", { class: "eq" }, step.formula)],
    [words.family("grade", step.grade), el("br"), code(step.id)],
  ],
  records: (step, ui, { words, fmt } = ui) => [
    [el("b", {}, amount(step.value, step.unit, fmt)), ...step.records.map((record) => el("p", { class: "q" }, `${words.family("step", record.kind)} `, code(record.id), ...record.files.flatMap((file) => [" ", el("a", { href: `/api/v1/carbon/evidence/${file.sha256}` }, file.name || short(file.sha256))])))],
    step.records.map((record) => el("span", { class: "under" }, words.t("trace.by", { name: record.by }), " ", instantText(record.time, ui))),
  ],
  days: (step, ui, { words, fmt } = ui) => [
    [el("b", {}, words.t("trace.all_days", { n: fmt.number(step.days.length, 0) })), ...rows(step.days.map((day) => [[dayText(day.day, ui), "nw"], [day.register, ""], [amount(String(day.known_micro / 1e6), day.unit, fmt), "n"], [code(day.digest), "n"]]), words)],
    step.as_of ? words.t("trace.as_of", { time: instantText(step.as_of, ui) }) : "",
  ],
  intervals: (step, ui) => {
    const { words, fmt } = ui;
    const chosen = telling(step.intervals);
    return [
      [
        ...rows(chosen.map((one) => [[`${dayText(one.from.slice(0, 10), ui)} ${one.from.slice(11, 16)}`, "nw"], [one.quantity === null ? words.t("trace.lacking") : amount(one.quantity, one.unit, fmt), "n"], [words.family("method", one.method), ""], [code(one.hash), "n"]]), words),
        el("p", { class: "q s" }, words.t("trace.decided")),
        ...rows(readingsOf(chosen).map(([time, value, ...marks]) => [[instantText(time, ui), "nw"], [decimalText(value, ui), "n"], [marks.join(" "), ""]]), words),
      ],
      step.note ? words.t("trace.one_day") : "",
    ];
  },
  factors: (step, { words }) => [
    step.factors.flatMap((one) => [el("p", {}, el("b", {}, `${one.value} ${one.unit}${one.per ? `/${one.per}` : ""}`), " ", el("span", { class: "r" }, one.id)), el("p", { class: "q" }, sourceOf(one, words))]),
    step.factors.map((one) => el("span", { class: "under" }, documentOf(one, words), " ", words.family("review", one.review))),
  ],
  ledger: (step, ui, { words, fmt } = ui) => {
    if (!step.is_recorded) return [[chip("waiting", words.t("trace.no_proof"))], ""];
    const proof = step.proof;
    const said = proof
      ? [chip("tick", words.t("trace.proof")), el("p", { class: "q" }, words.t("trace.leaf", { index: fmt.number(proof.index, 0), size: fmt.number(proof.size, 0), n: proof.path.length })), el("p", { class: "hash" }, proof.root)]
      : [chip("waiting", words.t("trace.no_proof"))];
    return [said, [code(step.id), el("br"), instantText(step.time, ui), el("br"), el("span", { class: "hash" }, "park-gateway ledger verify")]];
  },
};

/** What is estimated or missing first: that is what an auditor looks for. */
function telling(intervals) {
  const odd = intervals.filter(({ method }) => method !== "measured" && method !== "interpolated");
  return odd.length ? odd : intervals;
}

function readingsOf(intervals) {
  const seen = new Map();
  for (const { readings } of intervals.slice(0, SHOWN)) for (const [time, ns, value, ...marks] of readings) seen.set(ns + value, [time, value, ...marks]);
  return [...seen.values()];
}

const sourceOf = ({ source }, words) =>
  typeof source === "string" ? source : [source?.title, [source?.publisher, source?.year].filter(Boolean).join(" ")].filter(Boolean).join(words.t("punct.comma"));

function documentOf({ source }, words) {
  const text = el("span", { class: "hash" }, short(source?.sha256) || words.t("factor.no_hash"));
  return /^https?:\/\//.test(source?.url ?? "") ? el("a", { href: source.url, target: "_blank", rel: "noreferrer" }, text) : text;
}

function chain(found, ui) {
  const { words } = ui;
  const steps = found.steps.map((step) => {
    const [body, aside] = (PARTS[step.step] ?? (() => ["", ""]))(step, ui);
    return el("li", {}, el("span", { class: "step" }, words.family("step", step.step)), el("div", {}, body), el("div", { class: "q s" }, aside));
  });
  const { broken } = found;
  const stop = broken ? el("li", {}, el("span", { class: "step" }, words.family("step", broken.step)), el("div", {}, chip("bad", words.t("trace.broken", { reason: broken.missing }), "p1"))) : "";
  return el("ol", { class: "chain" }, steps, stop);
}

/** Fills `box` with the chain of one entry. */
export function traceSection(box, { entry, name, view }, ui, close) {
  const { words, signal } = ui;
  const { t } = words;
  const body = el("div");
  const end = [el("button", { class: "link", type: "button", onclick: close }, t("trace.close"))];
  box.replaceChildren(section(name ? t("trace.of", { name }) : t("trace.title"), { note: t("trace.note"), end }, body));
  const query = new URLSearchParams({ entity: view.entity, period: view.period });
  return fillBox(body, words, signal, async () => chain(await ask(`carbon/trace/${encodeURIComponent(entry)}?${query}`, signal), ui), 10);
}
