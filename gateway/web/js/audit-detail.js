// One entry of the audit log: before and after side by side with what changed, the request's steps, what speaks for it.
import { ask } from "./api.js";
import { originText, resultChip, whoText } from "./audit-rows.js";
import { el } from "./dom.js";
import { fillBox } from "./sections.js";
import { chip } from "./shapes.js";

const MARKS = { changed: "uncertain", added: "answering", removed: "dash", same: null };
const NONE = "–";

/** The values of a document by their path: `a.b` for what lies inside. */
function flat(value, path = "", found = new Map()) {
  if (value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length)
    for (const [name, inner] of Object.entries(value)) flat(inner, path ? `${path}.${name}` : name, found);
  else found.set(path, value);
  return found;
}

function markOf(before, after, path) {
  if (!before.has(path)) return "added";
  if (!after.has(path)) return "removed";
  return JSON.stringify(before.get(path)) === JSON.stringify(after.get(path)) ? "same" : "changed";
}

function valueText(path, value, { fmt, live, words }) {
  if (value === undefined || value === null || value === "") return NONE;
  if (typeof value === "number" && /_(ms|ns)$/.test(path)) return fmt.since(path.endsWith("ns") ? value / 1e6 : value, live.now());
  if (typeof value === "boolean") return words.t(value ? "audit.yes" : "audit.no");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function valueRow(path, mark, before, after, ui) {
  const { t } = ui.words;
  const cell = (name, values) => el("td", { class: "audit-value", "data-l": t(`audit.${name}`) }, valueText(path, values.get(path), ui));
  const word = mark === "same" ? el("span", { class: "q" }, t("audit.same")) : chip(MARKS[mark], t(`audit.${mark}`));
  return el("tr", { class: mark === "same" ? "q" : "" }, el("th", { scope: "row" }, path || t("audit.value")), cell("before", before), cell("after", after), el("td", {}, word));
}

/** Before and after; without a before only what was put down. */
function values(entry, ui) {
  const { t } = ui.words;
  if (!entry.has_values) return el("p", { class: "q empty" }, t("audit.no_values"));
  const [before, after] = [entry.before, entry.after].map((value) => (value === null ? new Map() : flat(value)));
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  const isOneSided = before.size === 0;
  const marked = paths.map((path) => [path, isOneSided ? "same" : markOf(before, after, path)]);
  const order = [...marked.filter(([, mark]) => mark !== "same"), ...marked.filter(([, mark]) => mark === "same")];
  if (isOneSided) {
    const pairs = order.flatMap(([path]) => [el("dt", {}, path || t("audit.value")), el("dd", {}, valueText(path, after.get(path), ui))]);
    return el("dl", { class: "kv" }, pairs);
  }
  const heads = ["value", "before", "after", "change"].map((name) => el("th", { scope: "col" }, t(`audit.${name}`)));
  const rows = order.map(([path, mark]) => valueRow(path, mark, before, after, ui));
  return el("table", { class: "cards audit-values", "aria-label": t("audit.before_after") }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
}

function proofText({ chained, anchor, signed }, { t }) {
  const said = [chained ? t("audit.chained") : "", anchor === null ? t("audit.not_anchored") : t(signed ? "audit.signed" : "audit.anchored", { n: anchor })];
  return chained ? chip("tick", said.filter(Boolean).join(" ")) : chip("bad", t("audit.not_chained"), "p1");
}

function facts(entry, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const steps = entry.steps.map((step) => el("span", { class: "under" }, resultChip(step.result, words), ` ${fmt.clock(step.time_ms)}`, step.reason ? ` ${words.said(step.reason)}` : ""));
  const pairs = [
    ["number", String(entry.id)],
    ["time", `${fmt.day(entry.time_ms)} ${fmt.clock(entry.time_ms)}`],
    ["who", whoText(entry, words)],
    ["origin", [words.family("audit_via", entry.via), originText(entry, words)].filter((text, i, all) => all.indexOf(text) === i).join(words.t("punct.comma"))],
    ["steps", steps.length ? steps : NONE],
    ["request", entry.request_id || NONE],
    ["proof", proofText(entry.proof, words)],
    ["hash", el("code", {}, entry.hash)],
  ];
  return el("dl", { class: "kv" }, pairs.flatMap(([name, content]) => [el("dt", {}, t(`audit.${name}`)), el("dd", {}, content)]));
}

/** The entry with this number, loaded in place. */
export function auditDetail(id, ui) {
  const box = el("div", { class: "audit-detail" });
  const load = async () => {
    const entry = await ask(`audit/${id}`, ui.signal);
    return [values(entry, ui), facts(entry, ui)];
  };
  fillBox(box, ui.words, ui.signal, load, 4);
  return box;
}
