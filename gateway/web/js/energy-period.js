// The period of an enterprise's figures: a month or a day of the site, by its text `2026-11` or `2026-11-19`.

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

const isoDay = (utc_ms) => new Date(utc_ms).toISOString().slice(0, 10);
const partsOf = (text) => text.split("-").map(Number);

/** The site's day now. */
export function todayOf({ live, fmt }) {
  const now_ms = live.now();
  return isoDay(now_ms + fmt.offset(now_ms));
}

/** The period of an address; without one, or with one that lies ahead, the month that runs. */
export function periodOf({ searchParams }, ui) {
  const text = searchParams.get("period") ?? "";
  const today = todayOf(ui);
  return (MONTH.test(text) || DAY.test(text)) && text <= today ? text : today.slice(0, 7);
}

export const isDay = (period) => period.length === 10;
export const monthOf = (period) => period.slice(0, 7);

/** The period `steps` months or days later. */
export function moved(period, steps) {
  const [year, month, day] = partsOf(period);
  if (isDay(period)) return isoDay(Date.UTC(year, month - 1, day + steps));
  return isoDay(Date.UTC(year, month - 1 + steps, 1)).slice(0, 7);
}

/** As the API wants it: what runs has a name of its own, a day is a stretch. */
export function askedOf(period, today) {
  if (period === today) return "today";
  if (period === monthOf(today)) return "month";
  return isDay(period) ? `${period}..${period}` : period;
}

/** How many days a month has. */
export function daysOf(month) {
  const [year, number] = partsOf(month);
  return new Date(Date.UTC(year, number, 0)).getUTCDate();
}

/** `November 2026`, `19 Nov 2026`; without the year where `isShort`. */
export function nameOf(period, { words, fmt }, isShort = false) {
  const [year, month, day = 15] = partsOf(period);
  const noon_ms = Date.UTC(year, month - 1, day, 12);
  if (isDay(period)) {
    const name = fmt.day(noon_ms - fmt.offset(noon_ms));
    if (isShort) return name;
    return words.language === "zh" ? `${year}年${name}` : `${name} ${year}`;
  }
  if (words.language === "zh") return isShort ? `${month}月` : `${year}年${month}月`;
  const long = new Intl.DateTimeFormat("en-GB", { month: "long", timeZone: "UTC" }).format(noon_ms);
  return isShort ? long : `${long} ${year}`;
}
