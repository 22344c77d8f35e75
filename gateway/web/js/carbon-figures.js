// Masses and quantities of accounts. Decimals arrive as texts and are cut for display only; the whole text is the title.
import { el } from "./dom.js";
import { unitText } from "./energy-figures.js";

export const TONNE = 1000;

/** kg as tonnes with `digits` decimals; `≥` before a lower bound. `figure`: `{kg, is_lower_bound}`. */
export function tonnes(figure, fmt, digits = 2) {
  if (!figure || figure.kg === null || figure.kg === undefined) return "–";
  const text = fmt.number(Number(figure.kg) / TONNE, digits);
  return figure.is_lower_bound ? `≥\u00a0${text}` : text;
}

/** The same as an element that tells the exact kilograms when pointed at. */
export function mass(figure, fmt, digits = 2) {
  return el("span", { title: figure?.kg ? `${figure.kg} kg` : null }, tonnes(figure, fmt, digits));
}

/** A quantity with its unit: as many decimals as it has, three at most. */
export function amount(quantity, unit, fmt) {
  if (quantity === null || quantity === undefined) return unit ?? "";
  const decimals = String(quantity).split(".")[1]?.replace(/0+$/, "").length ?? 0;
  return `${fmt.number(String(quantity), Math.min(decimals, 3))}\u00a0${unitText(unit)}`;
}

/** A decimal with every digit that it has, but for zeros at its end. */
export function exact(text, fmt) {
  return fmt.number(text, String(text).split(".")[1]?.replace(/0+$/, "").length ?? 0);
}

/** The first digits of a hash, enough to compare two by eye. */
export const short = (hash) => (hash && hash.length > 16 ? `${hash.slice(0, 8)}…${hash.slice(-4)}` : (hash ?? ""));

export const gasName = (gas) => gas.replace("_biogenic", "").replace(/(?<=[A-Za-z])(\d)(?!\d)/, (digit) => SUBSCRIPT[digit]);

const SUBSCRIPT = { 2: "₂", 3: "₃", 4: "₄", 6: "₆" };
