// Where a figure comes from: total, entry, activity, records, days, intervals with their readings, factors, ledger.
import { amount, gasName, short } from "./carbon-figures.js";
import { askTrace, code, daysPart, intervalsPart } from "./carbon-readings.js";
import { dayText, instantText } from "./dates.js";
import { el } from "./dom.js";
import { nameOf } from "./energy-period.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const lines = (texts) => texts.map((text) => el("p", { class: "eq" }, text));

/** Who stands for a record: who prepared it, who approved it. */
const standsFor = ({ kind, by, time }, ui) =>
  el("span", { class: "under" }, ui.words.t(kind === "approval" ? "trace.approved" : "trace.prepared", { name: by }), " ", instantText(time, ui));

/** Of what meters counted nobody filled in anything: who closed the month stands for it. */
function closers({ closed, isRecorded }, ui) {
  const { t } = ui.words;
  if (isRecorded) return [];
  const names = closed ? [["trace.prepared", closed.by], ["trace.approved", closed.approver]] : [];
  const said = names.filter(([, name]) => name).map(([key, name]) => t(key, { name }));
  return [t("trace.no_person"), ...said].map((text) => el("span", { class: "under" }, text));
}

const PARTS = {
  total: (step, ui, context, { words, fmt } = ui) => [
    [el("b", {}, amount(step.value, step.unit, fmt)), el("p", { class: "q" }, `${words.t(`carbon.scope${step.scope}`)}${words.t("punct.comma")}${words.family("basis", step.basis)}${words.t("punct.comma")}${nameOf(step.period, ui)}`), ...lines([words.said(step.formula)])],
    [words.t("trace.run"), " ", code(step.run), el("br"), instantText(step.time, ui)],
  ],
  entry: (step, ui, context, { words, fmt } = ui) => [
    [el("b", {}, step.value === null ? amount(step.mass_kg, `kg ${gasName(step.gas)}`, fmt) : amount(step.value, step.unit, fmt)), ...lines(step.formula.map(words.said)), step.reverses ? el("p", { class: "q" }, words.t("trace.reverses"), " ", code(step.reverses)) : ""],
    [code(step.id), el("br"), words.family("method", step.content.method)],
  ],
  activity: (step, ui, context, { words, fmt } = ui) => [
    [el("b", {}, amount(step.value, step.unit, fmt)), el("p", { class: "q" }, `${step.source}${words.t("punct.comma")}${dayText(`${step.from} – ${step.to}`, ui)}`), el("p", { class: "eq" }, words.said(step.formula))],
    [words.family("grade", step.grade), ...closers(context, ui), el("br"), code(step.id)],
  ],
  records: (step, ui, context, { words, fmt } = ui) => [
    [el("b", {}, amount(step.value, step.unit, fmt)), ...step.records.map((record) => el("p", { class: "q" }, `${words.family("kind", record.kind)} `, code(record.id), ...record.files.flatMap((file) => [" ", el("a", { href: `/api/v1/carbon/evidence/${file.sha256}` }, file.name || short(file.sha256))])))],
    step.records.map((record) => standsFor(record, ui)),
  ],
  factors: (step, { words }) => [
    step.factors.flatMap((one) => [el("p", {}, el("b", {}, `${one.value} ${one.unit}${one.per ? `/${one.per}` : ""}`), " ", el("span", { class: "r" }, one.id)), el("p", { class: "q" }, sourceOf(one, words))]),
    step.factors.map((one) => el("span", { class: "under" }, documentOf(one, words), " ", words.family("review", one.review))),
  ],
  ledger: (step, ui, context, { words, fmt } = ui) => {
    const whole = el("a", { href: context.file, download: `trace-${short(context.entry)}.json` }, words.t("trace.file"));
    if (!step.is_recorded) return [[chip("waiting", words.t("trace.no_proof"))], whole];
    const proof = step.proof;
    const said = proof
      ? [chip("tick", words.t("trace.proof")), el("p", { class: "q" }, words.t("trace.leaf", { index: fmt.number(proof.index, 0), size: fmt.number(proof.size, 0), n: proof.path.length })), el("p", { class: "hash" }, proof.root)]
      : [chip("waiting", words.t("trace.no_proof"))];
    const inclusion = proof ? el("a", { href: `/api/v1/carbon/ledger/proof/inclusion?seq=${step.seq}&size=${proof.size}`, download: `proof-${step.seq}.json` }, words.t("trace.inclusion")) : "";
    return [said, [code(step.id), el("br"), instantText(step.time, ui), ...[inclusion, whole].map((link) => el("span", { class: "under" }, link)), el("span", { class: "hash" }, "park-gateway ledger verify")]];
  },
};

const sourceOf = ({ source }, words) =>
  typeof source === "string" ? words.said(source) : [words.said(source?.title), [words.said(source?.publisher), source?.year].filter(Boolean).join(" ")].filter(Boolean).join(words.t("punct.comma"));

function documentOf({ source }, words) {
  const text = el("span", { class: "hash" }, short(source?.sha256) || words.t("factor.no_hash"));
  return /^https?:\/\//.test(source?.url ?? "") ? el("a", { href: source.url, target: "_blank", rel: "noreferrer" }, text) : text;
}

/** The two steps of meters know each other: a day of the one opens in the other. */
function meterParts(found, ui, remember) {
  const stepOf = (name) => found.steps.find(({ step }) => step === name);
  const [days, intervals] = [stepOf("days"), stepOf("intervals")];
  const below = intervals ? intervalsPart(intervals, days, ui, remember) : null;
  return {
    days: (step) => daysPart(step, ui, below ? below.chooseDay : () => {}),
    intervals: () => [below.body, below.aside],
  };
}

function chain(found, ui, context, remember) {
  const { words } = ui;
  const parts = { ...PARTS, ...meterParts(found, ui, remember) };
  const steps = found.steps.map((step) => {
    const [body, aside] = (parts[step.step] ?? (() => ["", ""]))(step, ui, context);
    return el("li", {}, el("span", { class: "step" }, words.family("step", step.step)), el("div", {}, body), el("div", { class: "q s" }, aside));
  });
  const { broken } = found;
  const stop = broken ? el("li", {}, el("span", { class: "step" }, words.family("step", broken.step)), el("div", {}, chip("bad", words.t("trace.broken", { reason: words.said(broken.missing) }), "p1"))) : "";
  return el("ol", { class: "chain" }, steps, stop);
}

/** Keeps the chosen day in the address, so that it can be sent by mail. */
function keepDay(day) {
  const url = new URL(location.href);
  url.searchParams.set("day", day);
  history.replaceState(null, "", url);
}

/** Fills `box` with the chain of one entry. `day`: the one whose intervals are shown first; `closed`: by whom. */
export function traceSection(box, { entry, name, view, day = "", closed = null }, ui, close) {
  const { words, signal } = ui;
  const { t } = words;
  const body = el("div");
  const end = [el("button", { class: "link", type: "button", onclick: close }, t("trace.close"))];
  box.replaceChildren(section(name ? t("trace.of", { name }) : t("trace.title"), { note: t("trace.note"), end }, body));
  const query = new URLSearchParams({ entity: view.entity, period: view.period, every_interval: "true" });
  const file = `/api/v1/carbon/trace/${encodeURIComponent(entry)}?${query}`;
  const remember = async (chosen) => {
    const found = await askTrace(entry, view, signal, chosen);
    keepDay(chosen);
    return found.steps.find(({ step }) => step === "intervals") ?? { intervals: [] };
  };
  const load = async () => {
    const [found] = await Promise.all([askTrace(entry, view, signal, day), words.add("records")]);
    const isRecorded = found.steps.some(({ step }) => step === "records");
    return chain(found, ui, { entry, file, closed, isRecorded }, remember);
  };
  return fillBox(body, words, signal, load, 10);
}
