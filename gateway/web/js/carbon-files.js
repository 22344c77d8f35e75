// The files of a period: its report in every format, its label, and an auditor's sample of entries.
import { openDialog } from "./dialogs.js";
import { dress, el } from "./dom.js";
import { unitText } from "./energy-figures.js";
import { labelled } from "./records-fields.js";

const REPORTS = ["pdf", "xlsx", "csv", "json", "zip"];
const LABELS = ["html", "svg", "pdf"];
const MOST = 200; // entries of a sample
const USUAL = 5;

const address = (path, query) => `/api/v1/carbon/${path}?${new URLSearchParams(query)}`;

const link = (href, text) => el("a", { href, download: true }, text);

/** What a label can be of: the whole period, or one unit of what was made. */
function labelChoice(found, { words }) {
  const { t } = words;
  const products = found.intensities.map((one) => ({ id: one.product || one.denominator, name: `${one.product || words.family("denominator", one.denominator)}${t("punct.comma")}1\u00a0${unitText(one.unit)}` }));
  const options = [el("option", { value: "" }, t("files.whole")), ...products.map(({ id, name }) => el("option", { value: id }, name))];
  return labelled(t("files.label_of"), el("select", {}, options), { words });
}

/** The dialog with the report and the label. `stand`: `{entity, name, period, found}`. */
export async function filesDialog({ entity, name, period, found }, ui) {
  const { words } = ui;
  const { t } = words;
  await Promise.all([words.add("closing"), dress("closing")]);
  const languages = el("div", { class: "seg", role: "group", "aria-label": t("files.language") });
  const reports = el("ul", { class: "files-list" });
  const labels = el("p", { class: "links" });
  const product = labelChoice(found, ui);

  function draw(lang) {
    const choice = (key, text) => el("button", { type: "button", lang: key, "aria-pressed": String(key === lang), onclick: () => draw(key) }, text);
    const isHere = languages.contains(document.activeElement);
    languages.replaceChildren(choice("en", "English"), choice("zh", "中文"));
    if (isHere) languages.querySelector("[aria-pressed=true]").focus();
    const query = { entity, period, lang };
    reports.replaceChildren(...REPORTS.map((format) => el("li", {}, link(address("report", { ...query, format }), t(`files.${format}`)), el("span", { class: "s q" }, t(`files.${format}_holds`)))));
    const label = (format) => link(address("label", { ...query, format, url: location.origin, ...(product.input.value ? { product: product.input.value } : {}) }), t(`files.label_${format}`));
    labels.replaceChildren(...LABELS.map(label));
    product.input.onchange = () => draw(lang);
  }

  draw(words.language);
  const open = found.status === "open" ? el("p", { class: "s q" }, t("files.open")) : null;
  const node = el("div", { class: "closing" }, languages, reports, open, el("h3", {}, t("files.label")), product.node, labels);
  return openDialog(t("files.title", { name }), t("files.close"), node);
}

/** The dialog with an auditor's sample: the same word draws the same entries. */
export async function sampleDialog({ entity, name, period }, ui) {
  const { words } = ui;
  const { t } = words;
  await Promise.all([words.add("closing"), dress("closing")]);
  const seed = labelled(t("sample.seed"), el("input", { type: "text", maxlength: 200, autocomplete: "off" }), { words, hint: t("sample.seed_hint") });
  const count = labelled(t("sample.count"), el("input", { type: "number", min: 1, max: MOST, step: 1, value: USUAL }), { words });
  const submit = (event) => {
    event.preventDefault();
    const word = seed.input.value.trim();
    if (!word) return seed.wrong(t("sample.no_seed")), seed.input.focus();
    if (!count.input.value || !count.input.checkValidity()) return count.wrong(t("sample.no_count", { n: MOST })), count.input.focus();
    return link(address("sample.zip", { entity, period, n: count.input.value, seed: word }), "").click();
  };
  const form = el("form", { class: "closing", novalidate: true, onsubmit: submit }, el("p", {}, t("sample.means")), seed.node, count.node, el("button", { class: "btn go", type: "submit" }, t("sample.load")));
  return openDialog(t("sample.title", { name }), t("files.close"), form);
}
