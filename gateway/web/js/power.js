// Power in words, and the sum that the park's rows are measured against.

/** Grid import and PV together in kW; null where the import is not known: PV alone says nothing about the use. */
export function totalOf({ grid_kw: grid, pv_kw: pv }) {
  return grid === null ? null : grid + (pv ?? 0);
}

/** Power with `≥` where a part of the sum is silent, words where there is none. */
export function powerText(value, partial, { fmt, words }, digits) {
  if (value === null) return words.t("value.none");
  return `${partial ? "≥\u00a0" : ""}${fmt.number(value, digits)}`;
}

/** Whether any meter says what the grid gives: without one there is nothing to show of it, now or later. */
export const hasGridMeter = (park) => park.trend.grid.length > 0;
