// What a person does about an alarm: the order to the gateway, its answer as a toast. Loaded when it is needed.
import { send, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { messageAt } from "./shapes.js";
import { toast } from "./toast.js";

const CHOICES_S = [900, 3600, 28800];

/** The path of an alarm in the API. */
export const pathOf = (alarm) => `alarms/${encodeURIComponent(alarm.id)}`;

// Sends an order; the button shows that it is on its way. Gives the alarm as it is then, or null where it was refused.
async function order(alarm, verb, body, ui, { button = null, said, undo = null }) {
  await ui.words.add("orders", "alarms");
  const { words } = ui;
  const before = button?.textContent;
  if (button) Object.assign(button, { disabled: true, textContent: words.t("alarm.saving") });
  try {
    const now = await send(`${pathOf(alarm)}/${verb}`, body);
    toast(words.t(`done.${said}`, { what: messageAt(alarm, words), ...timeOf(now, ui) }), { action: undo });
    return now;
  } catch (error) {
    toast(`${words.t("done.refused")}${words.t("punct.colon")}${sentenceOf(error, words)}`, { refused: true });
    return null;
  } finally {
    if (button?.isConnected) Object.assign(button, { disabled: false, textContent: before });
  }
}

const timeOf = ({ until_ms }, { fmt, live }) => ({ time: until_ms ? fmt.since(until_ms, live.now()) : "" });

/** Acknowledges this occurrence of an alarm; a newer one is not what the person saw. */
export function acknowledge(alarm, ui, { comment = "", button } = {}) {
  const seen = alarm.occurrence === undefined ? {} : { occurrence: alarm.occurrence };
  return order(alarm, "acknowledge", { comment, ...seen }, ui, { button, said: "acknowledged" });
}

/** Shelves for a time, or (null) for this occurrence; `after` hears what came of undoing it. */
export function shelve(alarm, duration_s, ui, { comment = "", button, after } = {}) {
  const said = duration_s === null ? "shelved_once" : "shelved";
  const undo = [ui.words.t("alarm.undo"), async () => after?.(await unshelve(alarm, ui))];
  return order(alarm, "shelve", { duration_s, comment }, ui, { button, said, undo });
}

export const unshelve = (alarm, ui, { comment = "", button } = {}) =>
  order(alarm, "unshelve", { comment }, ui, { button, said: "unshelved" });

export const reset = (alarm, ui, { comment = "", button } = {}) =>
  order(alarm, "reset", { comment }, ui, { button, said: "reset" });

export const comment = (alarm, text, ui, { button } = {}) =>
  order(alarm, "comment", { text }, ui, { button, said: "commented" });

export const backToService = (alarm, ui, { comment = "", button } = {}) =>
  order(alarm, "in-service", { comment }, ui, { button, said: "in_service" });

/** Out of service with a reason; it stays so until somebody takes it back. */
function outOfService(alarm, reason, ui, { after } = {}) {
  const undo = [ui.words.t("alarm.undo"), async () => after?.(await backToService(alarm, ui))];
  return order(alarm, "out-of-service", { reason }, ui, { said: "out_of_service", undo });
}

function named(alarm, words) {
  return el("p", { class: "q" }, messageAt(alarm, words));
}

const durationText = (seconds, { words, fmt }) =>
  seconds < 3600 ? fmt.interval(seconds) : words.t("age.h", { n: fmt.number(seconds / 3600, seconds % 3600 ? 1 : 0) });

/** Asks for how long and shelves; `after` gets the alarm as it is then. */
export async function askShelve(alarm, ui, after, comment = "") {
  await ui.words.add("orders", "alarms");
  const { t } = ui.words;
  const choice = (duration_s) => {
    const tooLong = duration_s !== null && duration_s > alarm.max_shelve_s;
    const run = async () => {
      dialog.close();
      after(await shelve(alarm, duration_s, ui, { comment: input.value, after }));
    };
    const word = duration_s === null ? t("shelve.once") : durationText(duration_s, ui);
    const why = tooLong ? t("shelve.too_long", { time: durationText(alarm.max_shelve_s, ui) }) : null;
    return el("button", { class: "btn", type: "button", disabled: tooLong, title: why, onclick: run }, word);
  };
  const input = el("input", { value: comment, maxlength: 500 });
  const dialog = await openDialog(
    t("shelve.title"),
    t("alarm.cancel"),
    named(alarm, ui.words),
    el("label", { class: "lab" }, t("alarm.comment"), input),
    el("p", { class: "q s" }, t("shelve.note")),
    el("div", { class: "actions" }, [...CHOICES_S, null].map(choice)),
  );
  dialog.querySelector(".actions button:not(:disabled)").focus();
}

/** Asks for the reason and takes the alarm out of service; `after` gets the alarm as it is then. */
export async function askOutOfService(alarm, ui, after) {
  await ui.words.add("orders", "alarms");
  const { t } = ui.words;
  const input = el("input", { required: true, maxlength: 500 });
  const missing = el("p", { class: "p1 s", hidden: true }, t("service.reason_missing"));
  const submit = async (event) => {
    event.preventDefault();
    missing.hidden = input.value.trim() !== "";
    if (!missing.hidden) return input.focus();
    dialog.close();
    return after(await outOfService(alarm, input.value.trim(), ui, { after }));
  };
  const form = el(
    "form",
    { onsubmit: submit, novalidate: true },
    el("label", { class: "lab" }, t("service.reason"), input),
    missing,
    el("p", { class: "q s" }, t("service.note")),
    el("button", { class: "btn go", type: "submit" }, t("alarm.out_of_service")),
  );
  const dialog = await openDialog(t("alarm.out_of_service"), t("alarm.cancel"), named(alarm, ui.words), form);
  input.focus();
}
