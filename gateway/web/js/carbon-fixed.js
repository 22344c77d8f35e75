// The figures that a close or a restatement fixes, in its dialogs.
import { mass, TONNE } from "./carbon-figures.js";
import { el } from "./dom.js";
import { table } from "./rows.js";
import { chip } from "./shapes.js";

/** Scope 1 and 2 on every basis as they would be closed. */
function closing(found, { words, fmt }) {
  const { t } = words;
  const heads = [[t("closing.basis"), ""], [t("carbon.scope1"), "n"], [t("carbon.scope2"), "n"], [t("carbon.both"), "n"]];
  const rows = found.bases.map((basis) => {
    const isRefused = basis.lines.length === 0 && basis.refusals.length > 0;
    const second = isRefused ? t("bases.refused") : mass(basis.scope2, fmt);
    return [words.family("basis", basis.basis), mass(basis.scope1, fmt), second, el("b", {}, mass(basis.total, fmt))];
  });
  const bound = found.is_complete ? null : el("p", {}, chip("uncertain", t("closing.incomplete"), "p2"));
  return [table(t("closing.figures"), heads, rows), bound];
}

/** Before, after and the difference of a month that is told anew. */
function restating({ scope1, scope2 }, { words, fmt }) {
  const { t } = words;
  const heads = [[t("closing.scope"), ""], [t("closing.before"), "n"], [t("closing.after"), "n"], [t("closing.difference"), "n"]];
  const change = (kg) => `${Number(kg) > 0 ? "+" : ""}${fmt.number(Number(kg) / TONNE, 2)}`;
  const row = (name, one) => [name, mass({ kg: one.before_kg }, fmt), mass({ kg: one.after_kg }, fmt), el("b", { title: `${one.difference_kg} kg` }, change(one.difference_kg))];
  const second = Object.entries(scope2).map(([basis, one]) => row(`${t("carbon.scope2")}${t("punct.comma")}${words.family("basis", basis)}`, one));
  return [table(t("closing.figures"), heads, [row(t("carbon.scope1"), scope1), ...second])];
}

/** The table of a proposal: of a close the figures, of a restatement what changes. */
export function figuresOf({ what, month, found }, ui) {
  const head = el("h3", {}, ui.words.t("closing.figures"));
  if (what === "close") return [head, ...closing(found, ui)];
  return month.due ? [head, ...restating(month.due.effect, ui)] : [el("p", { class: "q" }, ui.words.t("closing.no_effect"))];
}
