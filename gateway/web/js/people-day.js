// A day with its year: an account or a key may be good for longer than this one.

/** The day of `YYYY-MM-DD`. */
export function dayText(iso, { language }) {
  const options = { year: "numeric", month: language === "zh" ? "long" : "short", day: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", options).format(Date.parse(`${iso}T12:00Z`));
}

/** The site's day of an instant. */
export const dayOf = (time_ms, { words, fmt }) =>
  dayText(new Date(time_ms + fmt.offset(time_ms)).toISOString().slice(0, 10), words);
