// A record to fill in: the fields of its kind, photos and files, the name of who prepares it.
import { ask, send, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { createField, createFiles, createName } from "./records-fields.js";
import { plausibleRows } from "./records-plausible.js";
import { freshKey, sendRecord, showErrors } from "./records-send.js";
import { toast } from "./toast.js";

const WITHOUT_FILES = ["reading", "allocation", "void"]; // a photo is welcome, the others need one
const QUIET_MS = 400; // after the last key, before the gateway is asked what a reading would give
const LAST = ["document", "uncertainty_percent", "note"]; // what every form has stands below what is its own

/** Meters, sources and enterprises by name, for lists. */
export async function loadKnown({ words, signal }) {
  const [meters, sources, park] = await Promise.all([ask("energy/meters", signal), ask("carbon/sources", signal), ask("park", signal)]);
  const item = (key, one) => ({ key, name: words.local(one.name, key) });
  const read = (one) => (one.is_manual ? 0 : 1); // those that people read come first
  const registers = meters.items.filter((one) => !one.is_virtual).sort((a, b) => read(a) - read(b));
  return {
    meter: registers.map((one) => item(one.tag, one)),
    source: sources.items.filter((one) => one.meters.length === 0).map((one) => item(one.id, one)),
    allSources: sources.items.map((one) => item(one.id, one)),
    enterprise: park.enterprises.map((one) => ({ key: one.id, name: words.local(one.name, one.id) })),
  };
}

function siteNow({ live, fmt }) {
  const now_ms = live.now();
  return new Date(now_ms + fmt.offset(now_ms)).toISOString().slice(0, 16);
}

/** What a reading would give, asked a moment after the last change; nothing is kept. */
function createCheck(form, ui) {
  const box = el("div", { class: "check-box", "aria-live": "polite" });
  let timer = 0;
  let turn = 0;
  async function run() {
    const document = form.document();
    const mine = (turn += 1);
    if (!document.meter || !document.time || !document.value) return box.replaceChildren();
    try {
      const found = await send("carbon/rehearsals", { ...document, by: document.by || "rehearsal" });
      if (mine === turn && !ui.signal.aborted) box.replaceChildren(...plausibleRows(found.plausibility, ui));
    } catch (error) {
      if (mine === turn && !ui.signal.aborted) box.replaceChildren(el("p", { class: "s q" }, sentenceOf(error, ui.words)));
    }
  }
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(run, QUIET_MS);
  };
  return { node: el("section", { "aria-label": ui.words.t("plausible.title") }, box), soon };
}

const UNIT_HINTS = { reading: "form.unit_hint", denominator: "form.money_hint" };

function order(names) {
  const own = names.filter((name) => name !== "supersedes" && !LAST.includes(name));
  return [...own, ...LAST.filter((name) => names.includes(name))];
}

/** The form of `kind`. `initial`: fields that are filled in already; `done(record)` is called when it was taken. */
export function createForm(template, known, initial, ui, done) {
  const { words } = ui;
  const { t } = words;
  const { kind } = template;
  const values = kind === "reading" ? { time: siteNow(ui), ...initial } : initial;
  const fields = order(template.fields).map((name) =>
    createField(kind, name, { value: values[name] ?? "", isNeeded: template.needed.includes(name), known, hint: name === "unit" && UNIT_HINTS[kind] ? t(UNIT_HINTS[kind]) : "" }, words),
  );
  const files = createFiles(words, !WITHOUT_FILES.includes(kind));
  const by = createName(t("form.by"), ui);
  const summary = el("div", { role: "alert" });
  const button = el("button", { class: "btn go", type: "submit" }, t("form.send"));
  const again = el("button", { class: "btn", type: "button", hidden: true, onclick: () => submit(true) }, t("form.force"));
  const all = [...fields, { name: "evidence", wrong: files.wrong, input: files.input }, by];
  const form = { key: null, isBusy: false, document: documentOf };
  const check = kind === "reading" ? createCheck(form, ui) : null;

  function documentOf() {
    const given = fields.map((field) => [field.name, field.read()]).filter(([, text]) => text !== "");
    const rest = initial.supersedes ? { supersedes: initial.supersedes } : {};
    return { kind, by: by.read(), ...Object.fromEntries(given), ...rest };
  }

  async function submit(isForced) {
    if (form.isBusy) return;
    form.isBusy = true;
    button.disabled = true;
    button.textContent = t("form.sending");
    summary.replaceChildren();
    again.hidden = true;
    all.forEach((field) => field.wrong(""));
    form.key ??= freshKey(); // the same for a retry: an answer that was lost makes no second record
    try {
      const document = isForced ? { ...documentOf(), force: true } : documentOf();
      const record = await sendRecord("carbon/records", "record", document, files.files().map((file) => ["file", file]), form.key);
      toast(t("form.taken"));
      done(record);
    } catch (error) {
      showErrors(error, all, summary, words);
      again.hidden = !(error.status === 409 && error.hint?.includes("force"));
      if (error.status !== 0) form.key = null;
    } finally {
      form.isBusy = false;
      button.disabled = false;
      button.textContent = t("form.send");
    }
  }

  const place = initial.supersedes ? el("p", { class: "q" }, t("form.supersedes", { id: initial.supersedes })) : null;
  const isFirst = (field) => kind !== "reading" || template.needed.includes(field.name);
  const [long, short] = [true, false].map((isLong) => fields.filter((field) => (field.input.tagName === "TEXTAREA") === isLong));
  const grid = (list) => (list.length ? el("div", { class: "fields" }, list.map((field) => field.node)) : null);
  const node = el(
    "form",
    {
      class: "record-form",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        submit(false);
      },
      oninput: () => {
        form.key = null;
        check?.soon();
      },
    },
    place,
    grid(short.filter(isFirst)),
    check?.node,
    el("div", { class: "fields" }, files.nodes),
    grid(short.filter((field) => !isFirst(field))),
    long.map((field) => field.node),
    by.node,
    summary,
    el("div", { class: "actions" }, button, again),
  );
  check?.soon();
  return node;
}
