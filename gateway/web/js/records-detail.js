// One record: what it says, with which files; approve or reject it, withdraw it, or put another in its place.
import { ask, send } from "./api.js";
import { el } from "./dom.js";
import { createName, labelled } from "./records-fields.js";
import { plausibleRows } from "./records-plausible.js";
import { showErrors } from "./records-send.js";
import { evidenceLinks, stateChip, valueText } from "./records-list.js";
import { shape } from "./shapes.js";
import { toast } from "./toast.js";

const HIDDEN = ["rows", "working"];

function facts(item, known, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const time = (ms) => `${fmt.day(ms)} ${fmt.minute(ms)}`;
  const rows = Object.entries(item.fields)
    .filter(([name, value]) => !HIDDEN.includes(name) && ["string", "number"].includes(typeof value) && value !== "")
    .map(([name, value]) => [words.family("field", name), valueText(item.kind, name, value, known, ui)]);
  rows.push([t("list.by"), `${item.by}${words.t("punct.comma")}${time(item.submitted_ms)}`]);
  if (item.evidence.length) rows.push([t("list.evidence"), evidenceLinks(item)]);
  if (item.decision) rows.push([t(`decision.${item.decision.what}`), `${item.decision.by}${words.t("punct.comma")}${time(item.decision.time_ms)}${item.decision.note ? `${words.t("punct.colon")}${item.decision.note}` : ""}`]);
  if (item.late.length) rows.push([t("detail.late"), item.late.join(", ")]);
  const link = (id) => el("a", { href: `/records?open=${encodeURIComponent(id)}` }, id);
  if (item.supersedes) rows.push([t("detail.supersedes"), link(item.supersedes)]);
  if (item.superseded_by) rows.push([t("detail.superseded_by"), link(item.superseded_by)]);
  rows.push([t("detail.id"), el("code", { class: "s" }, item.id)]);
  return el("dl", { class: "kv" }, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]).flat());
}

/** Approve and reject with the name of who decides; withdraw for who prepared it. */
function decisions(item, ui, changed) {
  const { words } = ui;
  const { t } = words;
  const by = createName(t("decide.by"), ui);
  const note = labelled(t("decide.note"), el("textarea", { rows: 2 }), { isNeeded: false, words, hint: t("decide.note_hint") });
  const fields = [by, { ...note, name: "reason" }];
  const summary = el("div", { role: "alert" });
  /** Values that do not follow those before: approved only where somebody insists, and says why. */
  const objected = (error) => {
    const said = el("p", { class: "wrong" }, shape("bad", "p1"), el("span", {}, t("decide.objected")));
    summary.replaceChildren(said, el("p", { class: "s q" }, words.said(error.message)));
    anyway.hidden = false;
  };
  const decide = async (verb, isForced = false) => {
    fields.forEach((field) => field.wrong(""));
    if (isForced && !note.input.value.trim()) return note.wrong(t("decide.no_note")), note.input.focus();
    summary.replaceChildren();
    anyway.hidden = true;
    buttons.forEach((button) => (button.disabled = true));
    const text = note.input.value.trim();
    const body = { by: by.read(), ...(text ? { [verb === "approve" ? "note" : "reason"]: text } : {}), ...(isForced ? { force: true } : {}) };
    try {
      const found = await send(`carbon/records/${encodeURIComponent(item.id)}/${verb}`, body);
      toast(t(`decided.${found.state}`));
      changed(found);
    } catch (error) {
      const isOther = error.status === 409; // the wrong person, or decided already
      if (isOther && error.hint.includes("force")) objected(error);
      else if (isOther) by.wrong(words.both(error.message, error.hint));
      else showErrors(error, fields, summary, words);
    } finally {
      buttons.forEach((button) => (button.disabled = false));
    }
  };
  const anyway = el("button", { class: "btn", type: "button", hidden: true, onclick: () => decide("approve", true) }, t("decide.anyway"));
  const press = (verb, kind) => el("button", { class: `btn ${kind}`, type: "button", onclick: () => decide(verb) }, t(`decide.${verb}`));
  const verbs = [["approve", "go", "approvals"], ["reject", "", "approvals"], ["withdraw", "", "records"]];
  const buttons = verbs.filter(([, , needed]) => ui.may(needed)).map(([verb, kind]) => press(verb, kind));
  if (buttons.length === 0) return null;
  return el("div", { class: "record-form no-print" }, by.node, note.node, summary, el("div", { class: "actions" }, buttons, anyway));
}

function successors(item, { words, may }) {
  const { t } = words;
  if (!may("records")) return null;
  const address = (names) => `/records?${new URLSearchParams(names)}`;
  const links = [];
  const isForm = !["readings", "cems_hours", "void"].includes(item.kind);
  if (isForm && ["waiting", "approved"].includes(item.state)) links.push(el("a", { class: "btn", href: address({ add: item.kind, supersedes: item.id }) }, t("detail.correct")));
  if (item.state === "approved") links.push(el("a", { class: "btn", href: address({ add: "void", supersedes: item.id }) }, t("detail.void")));
  return links.length ? el("div", { class: "actions no-print" }, links) : null;
}

/** The nodes of one record; `changed` is called when it was decided on. */
export async function recordDetail(id, known, ui, changed) {
  const { words, signal } = ui;
  const item = await ask(`carbon/records/${encodeURIComponent(id)}`, signal);
  const meters = new Map(known.meter.map((one) => [one.key, one.name]));
  return [
    el("p", { class: "states" }, stateChip(item.state, words), el("b", {}, words.family("kind", item.kind))),
    facts(item, known, ui),
    plausibleRows(item.plausibility, ui, (tag) => meters.get(tag) ?? tag),
    item.warnings.map((text) => el("p", { class: "s q" }, words.said(text))),
    item.state === "waiting" ? decisions(item, ui, changed) : null,
    successors(item, ui),
  ]
    .flat()
    .filter(Boolean);
}
