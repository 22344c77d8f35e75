// Where a month stands between two people: *Close the month*, what somebody proposed, what has changed since a close.
import { sentenceOf, send } from "./api.js";
import { el } from "./dom.js";
import { chip } from "./shapes.js";
import { toast } from "./toast.js";

/** Months are closed by those who see the whole park. */
const may = ({ session, may: holds }, permission) => !session.enterprise && holds(permission);

const isOwn = ({ by }, { session }) => [session.display, session.name].includes(by);

const button = (text, onclick, kind = "") => el("button", { class: `btn small no-print ${kind}`, type: "button", onclick }, text);

/** Opens the dialog in which one proposes to close a month, or to tell it anew; `given`: what was proposed before. */
export async function openProposal(stand, what, given, ui, changed) {
  const { proposalDialog } = await import("./carbon-close.js");
  return proposalDialog({ ...stand, what, given }, ui, changed);
}

async function openDecision(stand, ui, changed) {
  const { decisionDialog } = await import("./carbon-decide.js");
  return decisionDialog(stand, ui, changed);
}

async function withdraw({ proposal }, pressed, ui, changed) {
  pressed.disabled = true;
  try {
    await send(`carbon/periods/proposals/${encodeURIComponent(proposal)}/reject`);
    toast(ui.words.t("period.withdrawn"));
  } catch (error) {
    toast(sentenceOf(error, ui.words), { refused: true });
  }
  changed();
}

/** Who proposed what, and what the person who reads it can do. */
function waiting(stand, ui, changed) {
  const { words, fmt, live } = ui;
  const { t } = words;
  const { proposal } = stand.month;
  const own = isOwn(proposal, ui);
  const said = t(`period.${own ? "own" : "other"}_${proposal.what}`, { name: proposal.by, time: fmt.since(Date.parse(proposal.time), live.now()) });
  const act = own
    ? may(ui, "accounts") && button(t("period.withdraw"), ({ target }) => withdraw(proposal, target, ui, changed))
    : (may(ui, "approvals") || may(ui, "accounts")) && button(t("period.decide"), () => openDecision(stand, ui, changed), "go");
  return el("p", { class: "band" }, chip("waiting", said), act || "");
}

/** That the data of a closed month is another by now, and the way to tell it anew. */
function other(stand, ui, changed) {
  const { t } = ui.words;
  const said = t("period.due", { names: stand.month.due.sources.join(t("punct.comma")) });
  const act = may(ui, "accounts") && button(t("period.restate"), () => openProposal(stand, "restate", {}, ui, changed));
  return el("p", { class: "band" }, chip("uncertain", said, "p2"), act || "");
}

/** The button beside the state of a month that is over and open; null where there is none. */
export function closeButton(stand, ui, changed) {
  const { month, isOver } = stand;
  if (!month || month.status !== "open" || month.proposal || !isOver || !may(ui, "accounts")) return null;
  return button(ui.words.t("period.close"), () => openProposal(stand, "close", {}, ui, changed));
}

/** The line under the headline: a proposal that waits, or data that has changed since; null where there is neither. */
export function periodBand(stand, ui, changed) {
  if (stand.fault) return el("p", { class: "band" }, chip("bad", `${ui.words.t("period.fault")}${ui.words.t("punct.colon")}${stand.fault}`, "p2"));
  if (stand.month?.proposal) return waiting(stand, ui, changed);
  return stand.month?.due ? other(stand, ui, changed) : null;
}
