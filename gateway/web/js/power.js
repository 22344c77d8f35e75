// Power in words, and the sum that the park's rows are measured against.

/** Grid import and PV together in kW, null where neither is known. */
export function totalOf({ grid_kw: grid, pv_kw: pv }) {
  return grid === null && pv === null ? null : (grid ?? 0) + (pv ?? 0);
}

/** Power with `≥` where a part of the sum is silent, words where there is none. */
export function powerText(value, partial, { fmt, words }, digits) {
  if (value === null) return words.t("value.none");
  return `${partial ? "≥\u00a0" : ""}${fmt.number(value, digits)}`;
}
