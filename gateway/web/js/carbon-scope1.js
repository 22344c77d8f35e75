// Scope 1 by source and gas, what stands outside the scopes, energy in coal equivalents, the factors that were used.
import { SAID_ELSEWHERE } from "./carbon-bases.js";
import { amount, gasName, mass, short, tonnes } from "./carbon-figures.js";
import { dayText } from "./dates.js";
import { el } from "./dom.js";
import { unitText } from "./energy-figures.js";
import { table } from "./rows.js";
import { section } from "./sections.js";

const MAIN = ["CO2", "CH4", "N2O"];

/** The columns: the three main gases, then everything else that is there as one. */
function column(gases, name) {
  const found = gases.filter(({ gas }) => (name ? gas === name : !MAIN.includes(gas)));
  if (found.length === 0) return null;
  return { kg: String(found.reduce((sum, one) => sum + Number(one.co2e_kg), 0)) };
}

function gasCells(gases, fmt, isBound = false) {
  return [...MAIN, null].map((name) => {
    const figure = column(gases, name);
    return figure ? mass({ ...figure, is_lower_bound: isBound }, fmt, 3) : "–";
  });
}

export function scope1Section(found, ui, onTrace) {
  const { words, fmt } = ui;
  const { t } = words;
  const { scope1, outside } = found;
  const others = scope1.by_gas.filter(({ gas }) => !MAIN.includes(gas)).map(({ gas }) => gasName(gas));
  const heads = [
    [t("scope1.source"), ""],
    [t("scope1.activity"), "n"],
    ...MAIN.map((gas) => [gasName(gas), "n"]),
    [others.length ? others.join(", ") : t("scope1.others"), "n"],
    ["tCO₂e", "n"],
  ];
  const rows = scope1.by_source.map((one) => {
    const name = `${words.family("category", one.category)}${t("punct.comma")}${words.local(one.name, one.source)}`;
    const trace = el("button", { class: "link", type: "button", onclick: () => onTrace(one) }, tonnes(one, fmt, 3));
    return [[name, el("span", { class: "r s under" }, one.source)], amount(one.quantity, one.unit, fmt), ...gasCells(one.gases, fmt, one.is_lower_bound), trace];
  });
  const unknown = (found.trust.silent ?? []).filter((one) => one.scope === 1 && !scope1.by_source.some(({ source }) => source === one.source)).map((one) => [[words.local(one.name, one.source), el("span", { class: "r s under" }, one.source)], t("trust.unknown"), "–", "–", "–", "–", t("trust.unknown")]);
  const sum = [el("b", {}, t("carbon.scope1")), "", ...gasCells(scope1.by_gas, fmt, scope1.is_lower_bound), el("b", {}, mass(scope1, fmt, 3))];
  const apart = [
    Number(outside.biogenic_co2_kg) > 0
      ? t("scope1.biogenic", { value: tonnes({ kg: outside.biogenic_co2_kg }, fmt, 3) })
      : t("scope1.no_biogenic"),
    ...outside.non_kyoto.map(({ gas, mass_kg }) => t("scope1.non_kyoto", { gas, value: amount(mass_kg, "kg", fmt) })),
  ];
  const note = el("p", { class: "note" }, t("scope1.outside", { list: apart.join(t("punct.comma")) }), " ", t("scope1.gwp", { set: found.run.policy?.gwp_set ?? "" }));
  const body = rows.length || unknown.length ? table(t("scope1.title"), heads, [...rows, ...unknown, sum]) : el("p", { class: "q empty" }, t("scope1.empty"));
  const said = (scope1.notes ?? []).filter(({ code }) => !SAID_ELSEWHERE.includes(code)).map((one) => el("li", {}, el("span", { class: "s q" }, words.local(one))));
  return section(t("scope1.title"), { note: "tCO₂e" }, body, note, said.length ? el("ul", { class: "findings" }, said) : "");
}

export function energySection(found, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const heads = [[t("energy.carrier"), ""], [t("energy.quantity"), "n"], [t("energy.tce"), "n"], [t("energy.tce_primary"), "n"]];
  const coal = (text) => (text === null || text === undefined ? "–" : fmt.number(Number(text), 2));
  const rows = found.energy.map((one) => [
    [words.family("carrier", one.carrier).replaceAll("_", " "), one.direction && one.direction !== "import" ? `${t("punct.comma")}${words.family("direction", one.direction)}` : ""].join(""),
    amount(one.quantity, one.unit, fmt),
    coal(one.tce_calorific),
    coal(one.tce_primary),
  ]);
  const ratios = found.intensities.map((one) => el("span", {}, t("energy.intensity", { value: fmt.number(Number(one.kg_per_unit), 3), of: words.family("denominator", one.denominator), unit: unitText(one.unit) })));
  return section(t("energy.title"), {}, rows.length ? table(t("energy.title"), heads, rows) : el("p", { class: "q empty" }, t("energy.empty")), ratios.length ? el("p", { class: "note" }, ratios) : "");
}

export function factorsSection(found, ui) {
  const { words } = ui;
  const { t } = words;
  const heads = [[t("factor.name"), ""], [t("factor.value"), "n"], [t("factor.unit"), ""], [t("factor.source"), ""], [t("factor.valid"), ""], [t("factor.review"), ""], [t("factor.document"), ""]];
  const rows = found.factors.map((one) => {
    const source = `${[words.said(one.publisher), one.year].filter(Boolean).join(" ")}${one.place ? `${t("punct.comma")}${words.said(one.place)}` : ""}`;
    const text = el("span", { class: "hash", title: one.sha256 || null }, short(one.sha256) || t("factor.no_hash"));
    const address = /^https?:\/\//.test(one.url ?? "") ? el("a", { href: one.url, target: "_blank", rel: "noreferrer" }, text) : text;
    return [el("span", { class: "hash" }, one.id), el("b", {}, one.value), unitText(one.unit), [words.said(one.source), el("span", { class: "r s under" }, source)], one.validity === ".." ? "–" : dayText((one.validity ?? "–").replace("..", " – "), ui), words.family("review", one.review), address];
  });
  return section(t("factor.title"), {}, rows.length ? el("div", { class: "scroll" }, table(t("factor.title"), heads, rows)) : el("p", { class: "q empty" }, t("factor.empty")));
}
