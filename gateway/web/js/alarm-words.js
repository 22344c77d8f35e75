// Parts of an alarm in words: state, value and limit, where, how long. Used by the list, the pane and the journal.
import { el } from "./dom.js";
import { digitsOf } from "./format.js";

const NBSP = "\u00a0";

/** The unit to write after a number; none after a time, which has its own: `24 h`, not `86,400 s`. */
const unitOf = (unit) => (unit === "s" ? "" : unit);

/** A value of an alarm or event without its unit: numbers with the digits of the unit, the rest as it is. */
export function numberText(value, unit, { words, fmt }) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return words.t(value ? "value.on" : "value.off");
  if (typeof value !== "number") return String(value);
  if (unit === "s") return fmt.age(value);
  return fmt.number(value, unit === "" && Number.isInteger(value) ? 0 : digitsOf({ unit }));
}

/** The limit with its unit; only the unit where there is no limit. */
export function limitText({ value, limit, unit }, ui) {
  if (limit === null) return value === null ? "" : unitOf(unit);
  return `${numberText(limit, unit, ui)}${unitOf(unit) ? `${NBSP}${unit}` : ""}`;
}

/** What people did about it, with until when or why. */
export function stateText(alarm, { words, fmt, live }) {
  const { t } = words;
  const { state } = alarm;
  if (state === "shelved")
    return alarm.until_ms === null
      ? t("state.shelved_once")
      : t("state.shelved_to", { time: fmt.since(alarm.until_ms, live.now()) });
  const reason = words.local(alarm.reason);
  if ((state === "suppressed" || state === "out_of_service") && reason)
    return `${words.family("state", state)}${t("punct.colon")}${reason}`;
  return words.family("state", state);
}

/** Whose it is and which device or line: names are text from outside. */
export function whereText(alarm, words) {
  const what = words.local(alarm.device_name) || (alarm.device ? "" : alarm.labels?.connection);
  const parts = [words.local(alarm.enterprise_name), what, alarm.area && words.family("area", alarm.area)];
  return parts.filter(Boolean).join(words.t("punct.comma")) || words.t("alarm.park");
}

/** How long it has lasted, or lasted. */
export function lastingText(alarm, now_ms, fmt) {
  if (!alarm.since_ms) return "";
  return fmt.age(Math.max(0, (alarm.returned_ms ?? now_ms) - alarm.since_ms) / 1000);
}

/** The button for what a person does next about an alarm, or null: `[verb, word]`. */
export function nextStep({ state }, { t }) {
  if (state === "acknowledged") return ["shelve", t("alarm.shelve")];
  if (state === "latched_acknowledged") return ["reset", t("alarm.reset")];
  if (state.endsWith("unacknowledged")) return ["acknowledge", t("alarm.acknowledge")];
  if (state === "shelved") return ["unshelve", t("alarm.unshelve")];
  if (state === "out_of_service") return ["back", t("alarm.back_to_service")];
  return null;
}

/** A button of a toolbar or row. `look`: class names; `why`: why it cannot be pressed now. */
export function button(word, onclick, { look = "", why = "" } = {}) {
  const props = { class: `btn ${look}`, type: "button", disabled: why !== "", title: why || null };
  const node = el("button", props, word);
  node.addEventListener("click", () => onclick(node));
  return node;
}

/** What an event of the journal says: what happened, with which value, until when, by whom, the comment. */
export function eventText(event, ui) {
  const { words, fmt, live } = ui;
  const { t } = words;
  const said = words.family("event", event.transition);
  if (event.transition === "notified") return event.comment || said;
  const amount = event.value === null || event.value === undefined ? "" : numberText(event.value, event.unit, ui);
  const limit = event.limit === null || event.limit === undefined ? "" : numberText(event.limit, event.unit, ui);
  const unit = unitOf(event.unit) ? `${NBSP}${event.unit}` : "";
  const parts = [said];
  if (["raised", "worsened", "eased", "reannunciated", "returned"].includes(event.transition) && amount)
    parts.push(limit ? t("event.over", { value: amount + unit, limit: limit + unit }) : amount + unit);
  if (event.until_ms) parts.push(t("event.until", { time: fmt.since(event.until_ms, live.now()) }));
  else if (event.transition === "shelved") parts.push(t("event.once"));
  if (event.by && event.by !== "gateway") parts.push(t("event.by", { name: event.by }));
  const text = parts.join(t("punct.comma"));
  return event.comment ? `${text}${t("punct.colon")}${event.comment}` : text;
}
