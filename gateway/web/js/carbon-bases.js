// Scope 1 and 2 on every basis, side by side, and the lines that scope 2 is made of.
import { amount, mass, tonnes } from "./carbon-figures.js";
import { sentenceText } from "./dates.js";
import { el } from "./dom.js";

const ORDER = ["purchased", "instrument", "remainder", "non_fossil", "exported", "generation", "heat", "steam", "cooling"];

const GRID = ["purchased", "remainder"]; // the lines that a factor of the grid values

const rank = (label) => (ORDER.includes(label) ? ORDER.indexOf(label) : ORDER.length);

/** The labels of all bases in their order, each with the sources that it has anywhere. */
function rowsOf(bases) {
  const rows = new Map();
  for (const { lines } of bases)
    for (const { label, source } of lines) {
      const key = `${label} ${source}`;
      if (!rows.has(key)) rows.set(key, { label, source });
    }
  return [...rows.values()].sort((a, b) => rank(a.label) - rank(b.label) || a.source.localeCompare(b.source));
}

function sumOf(lines) {
  const kg = lines.reduce((sum, line) => sum + Number(line.kg), 0);
  return { kg: String(kg), is_lower_bound: lines.some((line) => line.is_lower_bound) };
}

/** A basis that has no such line says why in words, never with an empty cell or 0. */
function absence(basis, label, words) {
  const { t } = words;
  const refused = basis.refusals.length > 0 && basis.lines.length === 0;
  if (refused) return t("bases.refused");
  return words.family(`bases.${basis.basis}`, label) === label ? t("bases.none") : t(`bases.${basis.basis}.${label}`);
}

/** What a basis values electricity from the grid with, each factor once with every digit of its source. */
const gridFactors = ({ lines }) =>
  [...new Set(lines.filter(({ label, category }) => category === "electricity" && GRID.includes(label)).map((line) => line.factor_text))]
    .filter(Boolean)
    .map((text) => text.replace("CO2", "CO₂"));

export function basesTable(found, ui, onTrace) {
  const { words, fmt } = ui;
  const { t } = words;
  const { bases } = found;
  const own = (basis) => (basis.is_default ? " own" : "");
  const named = (basis) => words.family("basis", basis.basis);
  const cell = (basis, content) => el("td", { class: `n${own(basis)}`, "data-l": named(basis) }, content);
  const head = (basis) =>
    el("th", { scope: "col", class: own(basis) }, el("b", {}, named(basis)), words.family("basis_rule", basis.basis));
  const total = (kind, name, key) =>
    el(
      "tr",
      { class: kind },
      el("th", { scope: "row" }, t(name)),
      bases.map((basis) => cell(basis, figure(basis, key))),
    );
  const figure = (basis, key) => {
    if (key === "scope2" && basis.lines.length === 0 && basis.refusals.length > 0) return t("bases.refused");
    return mass(basis[key], fmt);
  };
  const traced = (line) => {
    const text = tonnes(line, fmt);
    if (line.entries.length === 0) return text;
    const name = t("bases.trace", { value: text });
    return el(
      "button",
      { class: "link", type: "button", title: `${line.kg} kg; ${line.factor_text}`, "aria-label": name, onclick: () => onTrace(line) },
      text,
    );
  };
  const made = rowsOf(bases).map(({ label, source }) => {
    const fitting = (basis) => basis.lines.filter((line) => line.label === label && line.source === source);
    const first = bases.map(fitting).find((lines) => lines.length > 0)[0];
    const same = bases.every((basis) => fitting(basis).every((line) => line.quantity === first.quantity));
    const cells = bases.map((basis) => {
      const lines = fitting(basis);
      if (lines.length === 0) return cell(basis, absence(basis, label, words));
      return cell(basis, lines.length === 1 ? traced(lines[0]) : tonnes(sumOf(lines), fmt));
    });
    const what = [words.family("line", label), same ? amount(first.quantity, first.unit, fmt) : ""].filter(Boolean);
    const name = [what.join(" "), el("span", { class: "r s under" }, first.name ? words.local(first.name) : source)];
    return el("tr", {}, el("th", { scope: "row" }, name), cells);
  });
  const factors = bases.map((basis) => gridFactors(basis));
  const grid = factors.some((texts) => texts.length) ? el("tr", {}, el("th", { scope: "row" }, t("bases.factor")), bases.map((basis, i) => cell(basis, factors[i].join(t("punct.comma")) || t("bases.none")))) : "";
  const sub = el(
    "tr",
    { class: "sub" },
    el("th", { scope: "rowgroup" }, t("bases.how")),
    bases.map((basis) => el("td", { class: own(basis) })),
  );
  return el(
    "table",
    { class: "bases", "aria-label": t("bases.label", { period: found.period.label }) },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "tCO₂e"), bases.map(head))),
    el(
      "tbody",
      {},
      total("tot", "carbon.scope1", "scope1"),
      total("tot", "carbon.scope2", "scope2"),
      total("sum", "carbon.both", "total"),
      sub,
      made,
      grid,
    ),
  );
}

/** The same words of several bases once, before them whose they are. */
function gathered(pairs, all, words) {
  const { t } = words;
  const texts = new Map();
  for (const [basis, text] of pairs) texts.set(text, (texts.get(text) ?? new Set()).add(words.family("basis", basis)));
  return [...texts].map(([text, names]) => (names.size === all ? text : `${[...names].join(t("punct.comma"))}${t("punct.colon")}${text}`));
}

/** The sentence without the name of its basis before it, in either language's punctuation. */
export function withoutBasis(basis, text) {
  const after = text.startsWith(basis) ? text.slice(basis.length) : "";
  return /^[:：]/.test(after) ? after.slice(1).trimStart() : text;
}

export const SAID_ELSEWHERE = ["fallback", "pending_factor"];

/** Standard coal with two decimals: the whole digits are in the files. */
const coalText = (text, { fmt }) => text.replace(/\d+\.\d{3,}(?=\s*tce)/g, (number) => fmt.number(number, 2));

/** What has to be said beside the table: what could not be valued and why, then the notes. */
export function basesNotes({ bases }, ui) {
  const { words } = ui;
  const refusals = bases.flatMap(({ basis, refusals: list }) =>
    list.map(({ source, message, hint }) => [basis, `${source}${words.t("punct.colon")}${words.both(message, hint)}`]),
  );
  const plain = (basis, text) => [basis, withoutBasis(basis, text).replaceAll("\x60", "")];
  const notes = bases.flatMap(({ basis, indicator, notes: list = [] }) => [
    ...(indicator ? [plain(basis, coalText(words.local(indicator), ui))] : []),
    ...list.filter(({ code, scope }) => scope !== 1 && !SAID_ELSEWHERE.includes(code)).map((note) => plain(basis, words.local(note))),
  ]);
  return [
    ...gathered(refusals, bases.length, words).map((text) => ({ tone: "p2", text: sentenceText(text, ui) })),
    ...gathered(notes, bases.length, words).map((text) => ({ tone: "", text: sentenceText(text, ui) })),
  ];
}
