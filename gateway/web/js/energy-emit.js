// What was emitted: scope 1, scope 2 on the default basis, the market-based figure beside it, and where the working is.
import { el } from "./dom.js";
import { atLeast, tonnesText, unitText } from "./energy-figures.js";

const DIGITS = 2;

/** The basis that the organisation reports on by default. */
export const defaultOf = (summary) => summary.bases.find((basis) => basis.is_default) ?? summary.bases[0];

const mass = (figure, ui) => atLeast(tonnesText(figure.kg, ui, DIGITS), figure.is_lower_bound);

function row(name, figure, ui, kind = "") {
  const value = el("td", { class: "n", title: figure.kg === undefined ? null : `${figure.kg} kg` }, mass(figure, ui));
  return el("tr", { class: kind }, el("th", { scope: "row" }, name), value);
}

function sourceName(source, { words, fmt }) {
  const name = words.local(source.name, source.source);
  if (source.quantity === null) return name;
  const amount = `${fmt.number(Number(source.quantity), Number(source.quantity) < 100 ? 1 : 0)}\u00a0${unitText(source.unit)}`;
  return `${name}${words.t("punct.comma")}${amount}`;
}

/** A source of which nothing is recorded: words, never a figure. */
const unknownRow = (name, { words }) =>
  el("tr", { class: "part" }, el("th", { scope: "row" }, name), el("td", { class: "n" }, words.t("emit.unknown")));

/** Scopes, the sum on the default basis, the market-based sum. */
export function emissionTable(summary, ui) {
  const { t, family } = ui.words;
  const own = defaultOf(summary);
  const market = summary.bases.find((basis) => basis.basis === "market" && basis !== own);
  const sources = summary.scope1.by_source.map((source) => row(sourceName(source, ui), source, ui, "part"));
  const unknown = (summary.trust?.silent ?? []).filter(({ scope, source }) => scope === 1 && !summary.scope1.by_source.some((one) => one.source === source)).map((one) => unknownRow(ui.words.local(one.name, one.source), ui));
  const lines = own.lines.map((line) => row(sourceName({ ...line, name: { en: family("emit", line.label), zh: family("emit", line.label) } }, ui), line, ui, "part"));
  const rows = [
    row(t("emit.scope1"), own.scope1, ui),
    sources,
    unknown,
    row(t("emit.scope2", { basis: family("on", own.basis) }), own.scope2, ui),
    lines,
    row(t("emit.sum", { basis: family("on", own.basis) }), own.total, ui, "sum"),
    market ? row(t("emit.sum", { basis: family("on", "market") }), market.total, ui) : null,
  ];
  return el("table", { class: "emit" }, el("caption", { class: "hidden-word" }, t("emit.title")), el("tbody", {}, rows.flat()));
}

/** Whether the period is closed, and where the working is. */
export function emissionNote(summary, entity, month, { words }) {
  const { t } = words;
  const waiting = summary.trust?.waiting ?? 0;
  const query = new URLSearchParams({ period: month, scope_of: entity });
  return el(
    "p",
    { class: "note low" },
    el("span", {}, t(`emit.${summary.status}`)),
    el("a", { href: `/carbon?${query}` }, t("emit.working")),
    el("a", { href: `/records?enterprise=${encodeURIComponent(entity)}` }, waiting ? t("emit.waiting", { n: waiting }) : t("nav.records")),
  );
}
