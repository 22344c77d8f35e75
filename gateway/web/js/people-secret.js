// A link or a key that is shown once: text to copy, and until when it is good.
import { openDialog } from "./dialogs.js";
import { el, setText } from "./dom.js";
import { dayOf } from "./people-day.js";

/** Shows `secret` in a dialog; nobody can show it again. */
export async function showOnce(title, note, secret, ui, expires_ms) {
  const { words, fmt } = ui;
  await words.add("people-form");
  const { t } = words;
  const text = el("textarea", { class: "secret", readonly: true, rows: 3, "aria-label": title });
  text.value = secret;
  const copied = el("span", { class: "s q", role: "status" });
  const copy = async () => {
    text.select();
    const isDone = await navigator.clipboard?.writeText(secret).then(() => true, () => false);
    setText(copied, t(isDone ? "people.copied" : "people.copy_by_hand"));
  };
  const until = t("people.good_until", { time: `${dayOf(expires_ms, ui)} ${fmt.minute(expires_ms)}` });
  await openDialog(title, t("keys.close"), el("p", { class: "q" }, note), text, el("p", { class: "s q" }, until), el("div", { class: "acts" }, el("button", { class: "btn go", type: "button", onclick: copy }, t("people.copy")), copied));
  text.select();
}
