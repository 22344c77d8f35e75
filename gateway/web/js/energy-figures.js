// Energy, money and CO2e as people read them. Decimals arrive as texts and are cut for display only.
import { documentLanguage } from "./words.js";

const NBSP = "\u00a0";
const GWH_KWH = 1e6; // from here on figures are in MWh
const SYMBOLS = { CNY: "¥", EUR: "€", USD: "$", GBP: "£" };
const TONNE_KG = 1000;

/** `≥` before a text whose sum lacks a part. */
export const atLeast = (text, isBound) => (isBound ? `≥${NBSP}${text}` : text);

/** The electricity of one direction in a list of flows; null where there is none. */
export const flowOf = (flows, direction) =>
  flows.find((flow) => flow.medium === "electricity" && flow.direction === direction && flow.unit === "kWh") ?? null;

// What was used: bought and generated less given back. What is taken away has to be known as a whole.
/** `{kwh, isBound, estimated}` of the electricity in `flows`; null where no meter says what was bought; `kwh` null: not known. */
export function useOf(flows) {
  const [bought, made, given] = ["import", "generation", "export"].map((direction) => flowOf(flows, direction));
  if (!bought) return null;
  const parts = [bought, made].filter(Boolean);
  const isKnown = parts.every((flow) => flow.quantity !== null) && !(given && (given.quantity === null || given.is_lower_bound));
  const sum = parts.reduce((sofar, flow) => sofar + Number(flow.quantity), 0) - Number(given?.quantity ?? 0);
  return {
    kwh: isKnown ? sum : null,
    isBound: parts.some((flow) => flow.is_lower_bound),
    estimated: Math.max(...parts.map((flow) => Number(flow.estimated_percent))),
  };
}

/** `[text, unit]` of a figure: MWh from a million kWh on; words and no unit where it is not known. */
export function bigEnergy(use, { fmt, words }) {
  if (!use || use.kwh === null) return [words.t("value.none"), ""];
  const isLarge = Math.abs(use.kwh) >= GWH_KWH;
  return [atLeast(fmt.number(isLarge ? use.kwh / 1000 : use.kwh, 0), use.isBound), isLarge ? "MWh" : "kWh"];
}

/** kWh of a table: one decimal. */
export function kwhText(use, { fmt, words }) {
  if (!use || use.kwh === null) return words.t("value.none");
  return atLeast(fmt.number(use.kwh, 1), use.isBound);
}

/** `¥ 102,247`; a currency without a sign by its code. */
export function moneyText(cost, { fmt, words }, digits = 0) {
  if ((cost.amount ?? cost.total) === null) return words.t("value.none");
  const sum = fmt.number(Number(cost.amount ?? cost.total), digits);
  return atLeast(`${SYMBOLS[cost.currency] ?? cost.currency}${NBSP}${sum}`, cost.is_lower_bound);
}

/** The sign of a currency, or its code. */
export const signOf = (currency) => SYMBOLS[currency] ?? currency;

/** kg as tonnes: one decimal, two below a tonne; words where nothing is known. */
export function tonnesText(kg, { fmt, words }, digits = null) {
  if (kg === null) return words.t("value.none");
  const tonnes = Number(kg) / TONNE_KG;
  return fmt.number(tonnes, digits ?? (Math.abs(tonnes) < 1 ? 2 : 1));
}

/** A unit as it is written on paper: `Nm³`. */
export const unitText = (unit) => unit.replace("1e4CNY", documentLanguage() === "zh" ? "万元" : "10\u202f000\u00a0CNY").replace("m3", "m³").replace("m2", "m²").replace("1e4", "10⁴ ").replace("CO2", "CO₂");

/** A decimal with as many places as it has, three at most. */
export const decimalText = (text, { fmt }) => fmt.number(Number(text), Math.min(3, String(text).split(".")[1]?.length ?? 0));

/** How much of the time is estimated, in words; empty where next to nothing is. */
export function estimatedText(use, { fmt, words }) {
  if (!use || !(use.estimated >= 0.05)) return "";
  return words.t("energy.estimated", { percent: fmt.number(use.estimated, 1) });
}
