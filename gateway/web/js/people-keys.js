// API keys: what asks without a person, what it may, until when, and when it asked last.
import { ask, send, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { dayOf } from "./people-day.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";
import { toast } from "./toast.js";

const SCOPES = ["read", "export", "metrics", "records", "alarms", "gateway"]; // what systems ask for; others by command
const DAYS = [30, 90, 365];

function row(key, ui, fill) {
  const { words, fmt, live } = ui;
  const { t } = words;
  const remove = async (event) => {
    const { target } = event;
    if (target.dataset.sure !== "yes") {
      target.dataset.sure = "yes";
      target.textContent = t("key.remove_sure");
      return;
    }
    try {
      await send(`keys/${encodeURIComponent(key.id)}`, {}, { method: "DELETE" });
      fill();
    } catch (error) {
      toast(sentenceOf(error, words), { refused: true });
    }
  };
  const cell = (label, ...content) => el("td", { "data-l": t(label) }, ...content);
  const used = key.used_ms ? [fmt.since(key.used_ms, live.now()), el("span", { class: "s q under" }, key.used_origin ?? "")] : t("people.never");
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("b", {}, key.name), el("code", { class: "s q under" }, `pg_${key.id}_…`)),
    cell("key.account", key.account),
    cell("key.may", key.scopes.map((scope) => words.family("scope", scope)).join(t("punct.comma"))),
    cell("key.until", key.valid ? dayOf(key.expires_ms, ui) : chip("stale", t("people.ended"))),
    cell("key.used", used),
    el("td", { class: "acts no-print" }, el("button", { class: "btn small", type: "button", onclick: remove }, t("key.remove"))),
  );
}

async function askKey(ui, fill) {
  const [{ openDialog }, { showOnce }] = await Promise.all([import("./dialogs.js"), import("./people-secret.js")]);
  const { words } = ui;
  const { t } = words;
  const name = el("input", { required: true, maxlength: 100 });
  const scopes = SCOPES.map((scope) => ({ scope, input: el("input", { type: "checkbox", checked: scope === "read" }) }));
  const days = el("select", {}, DAYS.map((n) => el("option", { value: n, selected: n === 90 }, t("key.days", { n }))));
  const wrong = el("p", { class: "p1 s", role: "alert" });
  const button = el("button", { class: "btn go", type: "submit" }, t("key.make"));
  const submit = async (event) => {
    event.preventDefault();
    const chosen = scopes.filter(({ input }) => input.checked).map(({ scope }) => scope);
    if (chosen.length === 0) return (wrong.textContent = t("key.no_scope"));
    try {
      const made = await send("keys", { name: name.value.trim(), scopes: chosen, days: Number(days.value) });
      dialog.close();
      fill();
      return showOnce(t("key.made", { name: made.name }), t("key.note"), made.key, ui, made.expires_ms);
    } catch (error) {
      return (wrong.textContent = sentenceOf(error, words));
    }
  };
  const checks = scopes.map(({ scope, input }) => el("label", { class: "check" }, input, el("span", {}, words.family("scope", scope))));
  const form = el(
    "form",
    { class: "fields", onsubmit: submit },
    el("label", { class: "lab" }, t("key.name"), name),
    el("fieldset", {}, el("legend", { class: "lab" }, t("key.may")), checks),
    el("label", { class: "lab" }, t("key.until"), days),
    wrong,
    button,
  );
  const dialog = await openDialog(t("key.make"), t("people.cancel"), form);
  name.focus();
}

/** The section of the keys. */
export function keysSection(ui) {
  const { words, signal } = ui;
  const { t } = words;
  const box = el("div");
  const load = async () => {
    const { items } = await ask("keys", signal);
    if (items.length === 0) return el("p", { class: "q empty" }, t("key.none"));
    const heads = ["key.name", "key.account", "key.may", "key.until", "key.used", "people.acts"].map((key) => el("th", { scope: "col", class: key === "people.acts" ? "n" : "" }, t(key)));
    return el("table", { class: "cards people", "aria-label": t("key.title") }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, items.map((key) => row(key, ui, fill))));
  };
  const fill = () => fillBox(box, words, signal, load, 2);
  const add = el("button", { class: "btn small", type: "button", onclick: () => askKey(ui, fill) }, t("key.make"));
  fill();
  return section(t("key.title"), { note: t("key.what"), end: [add], name: "low" }, box);
}
