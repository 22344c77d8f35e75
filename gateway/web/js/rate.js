// The share of answered samples as people read it.

const NBSP = "\u00a0";

/** A rate with one decimal, cut and not rounded up: 100.0 % only where nothing is missing. */
export function rateText(rate, fmt) {
  if (rate === null || rate === undefined) return "–";
  return `${fmt.number(Math.floor(rate * 1000 + 1e-6) / 10, 1)}${NBSP}%`;
}
