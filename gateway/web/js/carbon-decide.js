// The dialog of the second person: the figures that will be fixed, what was accepted and why; approve or reject.
import { send, sentenceOf } from "./api.js";
import { against } from "./carbon-close.js";
import { figuresOf } from "./carbon-fixed.js";
import { openProposal } from "./carbon-period.js";
import { openDialog } from "./dialogs.js";
import { dress, el } from "./dom.js";
import { labelled } from "./records-fields.js";
import { shape } from "./shapes.js";
import { toast } from "./toast.js";

const PATIENCE_S = 120; // the figures are calculated anew and signed

/** What the proposal leaves out, accepts and says. */
function stated({ proposal }, { words, fmt, live }) {
  const { t } = words;
  const rows = [
    [t("closing.by"), `${proposal.by}${t("punct.comma")}${fmt.since(Date.parse(proposal.time), live.now())}`],
    ...(proposal.reason ? [[t("closing.reason"), proposal.reason]] : []),
    ...(proposal.accept_missing ? [[t("closing.missing"), proposal.accept_missing]] : []),
    ...Object.entries(proposal.exclude).map(([name, why]) => [t("closing.left_out", { name }), why]),
  ];
  return el("dl", { class: "kv" }, rows.flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]));
}

/** `stand`: `{entity, name, month, found}` of a month with a proposal. `changed()` shows the page anew and gives it. */
export async function decisionDialog(stand, ui, changed) {
  const { words } = ui;
  const { t } = words;
  const { proposal } = stand.month;
  const { what } = proposal;
  await Promise.all([words.add("closing"), dress("closing")]);
  const reason = labelled(t("closing.reject_reason"), el("textarea", { rows: 2, maxlength: 2000 }), { words });
  const summary = el("div", { role: "alert" });
  const [approve, reject] = [
    el("button", { class: "btn go", type: "button", onclick: () => decide("approve", {}) }, t("closing.approve")),
    el("button", { class: "btn", type: "button", onclick: () => decide("reject", { reason: reason.input.value.trim() }) }, t("closing.reject")),
  ];
  const buttons = [ui.may("approvals") ? approve : null, ui.may("accounts") ? reject : null].filter(Boolean);
  let isOver = false; // the page behind shows what is past

  /** Why it was not approved; where the figures are others by now, the way to propose those. */
  function refused(error) {
    const errors = (error.errors ?? []).filter(({ code }) => code);
    if (error.status !== 409 || errors.length === 0)
      return summary.replaceChildren(el("p", { class: "wrong" }, shape("bad", "p1"), el("span", {}, sentenceOf(error, words))));
    isOver = true;
    actions.replaceChildren();
    asked.remove(); // it shows what is past
    reason.node.remove();
    const again = errors.some(({ code }) => code === "changed") && ui.may("accounts") ? el("button", { class: "btn go", type: "button", onclick: anew }, t("closing.again")) : null;
    if (again) actions.append(again);
    return summary.replaceChildren(el("p", {}, el("b", {}, t("closing.not_approved"))), el("ul", { class: "findings" }, against(errors, words)), again ? el("p", {}, t("closing.changed", { name: proposal.by })) : "");
  }

  async function anew() {
    isOver = false;
    dialog.close();
    const now = await changed();
    if (now) openProposal(now, what, proposal, ui, changed);
  }

  async function decide(verb, body) {
    if (verb === "reject" && !body.reason) return reason.wrong(t("closing.reject_missing")), reason.input.focus();
    buttons.forEach((one) => (one.disabled = true));
    try {
      await send(`carbon/periods/proposals/${encodeURIComponent(proposal.proposal)}/${verb}`, body, { patience_s: PATIENCE_S });
      isOver = false;
      dialog.close();
      toast(t(verb === "approve" ? `closing.done_${what}` : "closing.done_reject"));
      return changed();
    } catch (error) {
      return refused(error);
    } finally {
      buttons.forEach((one) => (one.disabled = false));
    }
  }

  const actions = el("div", { class: "actions" }, buttons);
  const asked = el("div", { class: "asked" }, figuresOf({ ...stand, what }, ui), el("p", { class: "s q" }, t(`closing.fixes_${what}`)));
  const node = el("div", { class: "closing", tabindex: -1, autofocus: true }, stated(stand.month, ui), asked, summary, ui.may("accounts") ? reason.node : null, actions);
  const dialog = await openDialog(t(`closing.title_${what}`, { name: stand.name }), t("closing.cancel"), node);
  dialog.addEventListener("close", () => isOver && changed());
}
