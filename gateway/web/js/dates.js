// Days and instants that arrive as ISO text, as people read them: in the site's zone and the page's language.
import { nameOf } from "./energy-period.js";

const DAY = /\b\d{4}-\d\d-\d\d\b(?!T)/g;
const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/g;

/** `19 Nov 2026` of `2026-11-19`; `2026年11月19日`. */
export const dayText = (iso, ui) => iso.replace(DAY, (day) => nameOf(day, ui));

/** `19 Nov 2026 14:32:07` of an instant, in the site's zone. */
export function instantText(iso, ui) {
  const time_ms = Date.parse(iso);
  if (Number.isNaN(time_ms)) return iso;
  const local = new Date(time_ms + ui.fmt.offset(time_ms)).toISOString();
  return `${nameOf(local.slice(0, 10), ui)} ${local.slice(11, 19)}`;
}

/** A sentence of the gateway with its days and instants written so, and `CO₂` as on paper. */
export function sentenceText(text, ui) {
  const told = text.replace(INSTANT, (iso) => instantText(iso, ui).slice(0, -3)); // day and minute
  return dayText(told, ui).replaceAll("CO2", "CO₂");
}
