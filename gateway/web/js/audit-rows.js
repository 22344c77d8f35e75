// The table of the audit log: when, who, from where, what, to which object, how it went.
import { el } from "./dom.js";
import { chip } from "./shapes.js";

const SHAPES = { done: "tick", asked: "waiting", refused: "bad", failed: "bad" };
const HEADS = ["time", "who", "origin", "action", "target", "result"];

/** How it went: a shape and a word. */
export const resultChip = (result, words) => chip(SHAPES[result] ?? "waiting", words.family("audit_result", result), result === "failed" ? "p2" : "grey");

// Where an object of an action is looked at; null: nowhere.
function addressOf(action, target, may) {
  const id = encodeURIComponent(target);
  if (action.startsWith("alarm ")) return `/alarms/${id}`;
  if (action.startsWith("device ")) return `/devices/${id}`;
  if (action === "export history") return `/devices/${encodeURIComponent(target.split(".")[0])}`;
  if (/^record (approve|reject|withdraw)$/.test(action)) return `/records?open=${id}`;
  const period = /^(\S+) (\d{4}-\d\d)$/.exec(target);
  if (action.startsWith("period ") && period) return `/carbon?scope_of=${encodeURIComponent(period[1])}&period=${period[2]}`;
  if (/^(user|key|session) /.test(action) && may("users")) return "/users";
  return null;
}

/** The object: a link where it can be looked at. */
function targetNode({ action, target }, { may }) {
  const href = target && addressOf(action, target, may);
  return href ? el("a", { href }, target) : target;
}

/** Who, with the role. */
export function whoText({ who, role }, words) {
  const name = words.family("audit_who", who);
  return who === role ? name : `${name}${words.t("punct.comma")}${words.family("role", role)}`;
}

/** From where: an address, or the way that has none. */
export const originText = ({ origin, via }, words) => (origin && origin !== via ? origin : words.family("audit_via", via));

/** The table around its rows. */
export function auditTable(body, words) {
  const heads = HEADS.map((name) => el("th", { scope: "col" }, words.t(`audit.${name}`)));
  return el("table", { class: "cards audit", "aria-label": words.t("nav.audit") }, el("thead", {}, el("tr", {}, heads)), body);
}

/** One entry; `toggle` opens or closes it. */
export function auditRow(item, ui, toggle) {
  const { words, fmt, live } = ui;
  const cell = (name, ...content) => el("td", { "data-l": words.t(`audit.${name}`) }, content);
  const action = words.family("audit_action", item.action);
  const press = el("button", { class: "link", type: "button", "aria-expanded": "false", "data-row": true, onclick: toggle }, action);
  const reason = item.reason ? el("span", { class: "s q under" }, words.said(item.reason)) : null;
  return el(
    "tr",
    { "data-entry": item.id },
    el("th", { scope: "row", class: "nw", title: new Date(item.time_ms).toISOString() }, fmt.since(item.time_ms, live.now())),
    cell("who", whoText(item, words)),
    cell("origin", originText(item, words)),
    cell("action", press),
    cell("target", targetNode(item, ui)),
    cell("result", resultChip(item.result, words), reason),
  );
}
