// A table of records: choose its kind, take the template, send the filled one; every wrong row is listed at once.
import { ApiError } from "./api.js";
import { el } from "./dom.js";
import { createName, labelled } from "./records-fields.js";
import { freshKey, sendRecord, showErrors } from "./records-send.js";

const EVIDENCE = ["instrument", "factor"]; // a table is no certificate

function rowsOf(error) {
  return error instanceof ApiError ? (error.errors ?? []).filter((one) => one.line !== undefined) : [];
}

/** Where, what, what next: one line for each thing that is wrong. */
function problems(list, more, { words }) {
  const { t } = words;
  const rows = list.map((one) =>
    el("tr", {}, el("th", { scope: "row", class: "nw" }, t("import.place", { row: one.line, column: one.column })), el("td", {}, words.both(one.message, one.hint))),
  );
  const head = el("tr", {}, el("th", { scope: "col" }, t("import.where")), el("th", { scope: "col" }, t("import.wrong")));
  const left = more ? el("p", { class: "s q" }, t("import.more", { n: more })) : null;
  return [el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": t("import.wrong") }, el("table", {}, el("thead", {}, head), el("tbody", {}, rows))), left].filter(Boolean);
}

/** The form for tables. `done()` is called when records were taken. */
export function createImport(templates, first, ui, done) {
  const { words } = ui;
  const { t } = words;
  const kinds = templates.filter((one) => one.kind !== "void").map((one) => one.kind);
  const options = kinds.map((kind) => el("option", { value: kind, selected: kind === first }, words.family("kind", kind)));
  const kind = { ...labelled(t("import.kind"), el("select", {}, options), { isNeeded: true, words }), name: "kind" };
  const table = { ...labelled(t("import.table"), el("input", { type: "file", accept: ".csv,.xlsx" }), { isNeeded: true, words }), name: "table" };
  const files = { ...labelled(t("import.files"), el("input", { type: "file", multiple: true }), { isNeeded: false, words, hint: t("form.files_hint") }), name: "evidence" };
  const note = { ...labelled(t("import.note"), el("input", { type: "text" }), { isNeeded: false, words }), name: "note" };
  const by = createName(t("form.by"), ui);
  const good = el("input", { type: "checkbox" });
  const links = el("p", { class: "links" });
  const summary = el("div", { role: "alert" });
  const result = el("div", { "aria-live": "polite" });
  const button = el("button", { class: "btn go", type: "submit" }, t("import.send"));
  const again = el("button", { class: "btn", type: "button", hidden: true, onclick: () => submit(true) }, t("import.force"));
  const fields = [kind, table, files, note, by];
  const form = { key: null, isBusy: false };
  const link = (format) => el("a", { href: `/api/v1/carbon/templates/${kind.input.value}?format=${format}`, download: true }, t(`import.${format}`));
  const follow = () => links.replaceChildren(el("span", { class: "q" }, t("import.template")), link("csv"), link("xlsx"), EVIDENCE.includes(kind.input.value) ? el("span", { class: "q" }, t("import.needs_files")) : "");

  function told(found) {
    const notes = found.notes.map((text) => el("p", { class: "s q" }, words.said(text)));
    const wrong = found.errors.length ? problems(found.errors, found.more_errors, ui) : [];
    result.replaceChildren(el("p", {}, el("b", {}, t("import.taken", { n: found.taken, rows: found.rows }))), ...notes, ...wrong);
    done();
  }

  async function submit(isForced) {
    if (form.isBusy) return;
    again.hidden = true;
    summary.replaceChildren();
    result.replaceChildren();
    fields.forEach((field) => field.wrong(""));
    if (table.input.files.length === 0) return table.wrong(t("import.no_table")), table.input.focus();
    form.isBusy = button.disabled = true;
    button.textContent = t("form.sending");
    form.key ??= freshKey();
    const document = { kind: kind.input.value, by: by.read(), note: note.input.value, accept_good_rows: good.checked, ...(isForced ? { force: true } : {}) };
    const parts = [["table", table.input.files[0]], ...[...files.input.files].map((file) => ["file", file])];
    try {
      told(await sendRecord("carbon/imports", "import", document, parts, form.key));
    } catch (error) {
      const rows = rowsOf(error);
      if (rows.length) result.replaceChildren(...problems(rows, 0, ui));
      again.hidden = !rows.some((one) => one.hint?.includes("force"));
      showErrors(rows.length ? new ApiError(error.status, error.message, error) : error, fields, summary, words);
      if (error.status !== 0) form.key = null;
    } finally {
      form.isBusy = button.disabled = false;
      button.textContent = t("import.send");
    }
  }

  follow();
  kind.input.addEventListener("change", follow);
  return el(
    "form",
    {
      class: "record-form",
      novalidate: true,
      oninput: () => (form.key = null),
      onsubmit: (event) => {
        event.preventDefault();
        submit(false);
      },
    },
    kind.node,
    links,
    table.node,
    files.node,
    note.node,
    el("label", { class: "check" }, good, el("span", {}, t("import.good_rows"))),
    by.node,
    summary,
    result,
    el("div", { class: "actions" }, button, again),
  );
}
