// The fields of record forms: a label, an input that fits, and a place for what is wrong with it.
import { el } from "./dom.js";
import { unitText } from "./energy-figures.js";
import { shape } from "./shapes.js";

const DAYS = ["from", "to", "retired_on", "valid_from", "valid_to"];
const LONG = ["note", "reason"];
const NUMBERS = [
  "quantity", "value", "opening", "deliveries", "closing", "acquired", "disbursed", "capacity_change", "co2_kg", "ch4_kg", "n2o_kg", "hours", "substituted_hours", "oxygen_percent", "uncertainty_percent", "enthalpy_kj_per_kg", "feed_water_kj_per_kg", "final", "initial", "energy_mwh", "factor_kg_per_kwh", "low", "high",
];
const CHOICES = {
  direction: ["import", "export"],
  is_non_fossil: ["no", "yes"],
  is_compliant_green: ["no", "yes"],
  basis: ["", "dry", "wet"],
  "denominator.what": ["output_value", "added_value", "production", "area", "employees", "other"],
  "meter_event.what": ["exchange", "reset"],
  "instrument.what": ["gec", "i_rec", "go", "ppa", "direct_supply", "supplier_rate", "self_generated"],
};
const CRITERION = ["", "yes", "no", "disclosed", "not_applicable"];
const LISTS = ["meter", "source", "enterprise"]; // what the gateway knows by name

let count = 0; // of fields made: each has an id of its own

/** A label over an input, with room for an error under it. `isNeeded`: `false` says that it is optional. `wrong(text)` shows one, an empty text takes it away. */
export function labelled(label, input, { isNeeded = null, hint = "", words } = {}) {
  const id = `field-${(count += 1)}`;
  const error = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const said = el("p", { class: "s q", id: `${id}-hint`, hidden: !hint }, hint);
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-wrong ${id}-hint`);
  if (isNeeded) input.setAttribute("aria-required", "true");
  const mark = isNeeded === false ? el("span", { class: "r s" }, ` ${words.t("form.optional")}`) : null;
  const node = el("div", { class: "field" }, el("label", { for: id }, label, mark), input, said, error);
  const wrong = (text) => {
    error.hidden = !text;
    error.replaceChildren(...(text ? [shape("bad", "p1"), el("span", {}, text)] : []));
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  input.addEventListener("input", () => wrong(""));
  return { node, input, wrong };
}

const select = (options, value) =>
  el("select", {}, options.map(([key, name]) => el("option", { value: key, selected: key === value }, name)));

function inputFor(kind, name, value, known, words) {
  if (LISTS.includes(name)) {
    const list = known[name] ?? [];
    const options = list.map((one) => [one.key, one.name]);
    const isThere = list.some((one) => one.key === value) || !value;
    return select([["", words.t("form.choose")], ...(isThere ? [] : [[value, value]]), ...options], value);
  }
  const choices = name.startsWith("criterion_") ? CRITERION : (CHOICES[`${kind}.${name}`] ?? CHOICES[name]);
  if (choices) return select(choices.map((key) => [key, key ? words.family("choice", key) : words.t("form.choose")]), value);
  if (DAYS.includes(name)) return el("input", { type: "date", value });
  if (name === "time") return el("input", { type: "datetime-local", value: value.slice(0, 16).replace(" ", "T") });
  if (LONG.includes(name)) return el("textarea", { rows: 2 }, value);
  const isNumber = NUMBERS.includes(name) && kind !== "factor";
  return el("input", { type: "text", value, inputmode: isNumber ? "decimal" : null, autocomplete: "off" });
}

const TEN_THOUSAND = /^10[\s,]?000\s*(?=[A-Za-z]{3}$)/;

/** What a field says, as the gateway writes it: `10 000 CNY` is its `1e4CNY`. */
function written(name, text) {
  if (name === "time") return text.replace("T", " ");
  return name === "unit" ? text.trim().replace(TEN_THOUSAND, "1e4") : text.trim();
}

/** The field `name` of a form. `known`: `{meter, source, enterprise}` as lists of `{key, name}`. */
export function createField(kind, name, { value = "", isNeeded, known, hint }, words) {
  const label = words.t(`field.${kind}.${name}`);
  const shown = label.startsWith("field.") ? words.family("field", name) : label;
  const given = name === "unit" && value.startsWith("1e4") ? unitText(value) : value;
  const field = labelled(shown, inputFor(kind, name, given, known, words), { isNeeded, hint, words });
  return { ...field, name, read: () => written(name, field.input.value) };
}

/** Photos by the camera of a phone, and other files. `files()` are those chosen. */
export function createFiles(words, isNeeded) {
  const { t } = words;
  const photo = el("input", { type: "file", accept: "image/*", capture: "environment" });
  const others = el("input", { type: "file", multiple: true });
  const fields = [
    labelled(t("form.photo"), photo, { isNeeded: isNeeded ? null : false, words }),
    labelled(t("form.files"), others, { isNeeded: isNeeded ? null : false, words, hint: t(isNeeded ? "form.files_needed" : "form.files_hint") }),
  ];
  return {
    nodes: fields.map((field) => field.node),
    wrong: (text) => fields[1].wrong(text),
    input: others,
    files: () => [...photo.files, ...others.files],
  };
}

/** The person whose name the gateway puts down: who is signed in. */
export function createName(label, { words, session }) {
  const input = el("input", { type: "text", value: session.display || session.name, readonly: true });
  return { ...labelled(label, input, { isNeeded: null, words }), name: "by", read: () => session.name };
}
