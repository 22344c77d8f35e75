// The dialog that proposes to close a month, or to tell it anew: what it means, the figures, and what stands against it.
import { send, sentenceOf } from "./api.js";
import { figuresOf } from "./carbon-fixed.js";
import { openDialog } from "./dialogs.js";
import { dress, el } from "./dom.js";
import { labelled } from "./records-fields.js";
import { shape } from "./shapes.js";
import { toast } from "./toast.js";

const PATIENCE_S = 120; // the figures are calculated anew
const LEAST = 3; // characters of the reason of a restatement

/** Sentences of the gateway in the language of the page; its names stand without their marks. */
export const against = (errors, words) => errors.map((one) => el("li", {}, shape("bad", "p2"), el("span", {}, words.local(one).replaceAll("\x60", ""))));

const area = (label, text, words) => labelled(label, el("textarea", { rows: 2, maxlength: 2000 }, text), { words });

/** Fields for reasons: missing data as a whole, and each source that stays out. What was given before stays there. */
function createReasons(given, { words }) {
  const { t } = words;
  const fields = new Map();
  const node = el("div", { class: "reasons" });
  const add = (key, label, text = "") => {
    if (fields.has(key)) return;
    fields.set(key, area(label, text, words));
    node.append(fields.get(key).node);
  };
  const missing = (text) => add("", t("closing.accept_missing"), text);
  const source = (name, text) => add(name, t("closing.exclude", { name }), text);
  if (given.accept_missing) missing(given.accept_missing);
  for (const [name, text] of Object.entries(given.exclude ?? {})) source(name, text);
  const read = (key) => fields.get(key).input.value.trim();
  return {
    node,
    follow(errors) {
      if (errors.some(({ code }) => code === "missing")) missing();
      for (const one of errors) if (one.source) source(one.source);
    },
    document() {
      const kept = [...fields.keys()].filter((key) => key && read(key));
      return { accept_missing: fields.has("") ? read("") : "", exclude: Object.fromEntries(kept.map((key) => [key, read(key)])) };
    },
  };
}

/** Everything that stands against it, and for each kind what to do. */
function obstacles(errors, { words }) {
  const { t } = words;
  const codes = [...new Set(errors.map(({ code }) => code))];
  const advice = codes.map((code) => words.family("against", code)).filter((text) => !codes.includes(text));
  const records = codes.includes("waiting") || codes.includes("no_record") || codes.includes("uncounted");
  return [
    el("h3", {}, t("closing.against")),
    el("ul", { class: "findings" }, against(errors, words)),
    advice.map((text) => el("p", { class: "s q" }, text)),
    records ? el("p", { class: "s" }, el("a", { href: "/records", onclick: ({ target }) => target.closest("dialog").close() }, t("nav.records"))) : null,
  ];
}

/** `stand`: `{entity, name, what, month, found, given}`. `changed()` shows the page anew. */
export async function proposalDialog(stand, ui, changed) {
  const { words } = ui;
  const { t } = words;
  const { what, given } = stand;
  await Promise.all([words.add("closing"), dress("closing")]);
  const reason = what === "restate" ? area(t("closing.reason"), given.reason ?? "", words) : null;
  const reasons = createReasons(given, ui);
  const summary = el("div", { role: "alert" });
  const button = el("button", { class: "btn go", type: "submit" }, t(`closing.send_${what}`));

  async function submit(event) {
    event.preventDefault();
    const why = reason?.input.value.trim() ?? "";
    if (reason && why.length < LEAST) return reason.wrong(t("closing.reason_missing")), reason.input.focus();
    Object.assign(button, { disabled: true, textContent: t("closing.sending") });
    summary.replaceChildren();
    try {
      const body = { entity: stand.entity, period: stand.month.period, ...reasons.document(), ...(reason ? { reason: why } : {}) };
      await send(`carbon/periods/${what}`, body, { patience_s: PATIENCE_S });
      dialog.close();
      toast(t("closing.sent"));
      changed();
    } catch (error) {
      const errors = (error.errors ?? []).filter(({ code }) => code);
      reasons.follow(errors);
      const said = errors.length ? obstacles(errors, ui) : [el("p", { class: "wrong" }, shape("bad", "p1"), el("span", {}, sentenceOf(error, words)))];
      summary.replaceChildren(...said.flat().filter(Boolean));
      summary.scrollIntoView({ block: "nearest" });
    } finally {
      Object.assign(button, { disabled: false, textContent: t(`closing.send_${what}`) });
    }
  }

  const form = el("form", { class: "closing", novalidate: true, onsubmit: submit }, el("p", {}, t(`closing.means_${what}`)), figuresOf(stand, ui), reason?.node, summary, reasons.node, el("p", { class: "s q" }, t("closing.second")), button);
  const dialog = await openDialog(t(`closing.title_${what}`, { name: stand.name }), t("closing.cancel"), form);
}
