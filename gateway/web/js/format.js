// Numbers, units, times and ages as people of the park read them.

const NBSP = "\u00a0";
const LOCALES = { en: "en", zh: "zh-CN" };

// Decimals on screen by unit; a value in CSV keeps all its digits.
const DIGITS = {
  kW: 1,
  kvar: 1,
  kVA: 1,
  W: 0,
  MW: 3,
  kWh: 1,
  kvarh: 1,
  MWh: 3,
  V: 1,
  A: 1,
  "°C": 1,
  Hz: 2,
  "%": 1,
  ppm: 1,
  "mg/m³": 1,
  "m³": 1,
  "m³/h": 1,
  "Nm³": 1,
  "Nm³/h": 1,
  MPa: 3,
  kPa: 1,
  bar: 2,
  L: 0,
  t: 2,
  "t/h": 2,
  rpm: 0,
};

/** How many decimals a point's values get. */
export function digitsOf(point) {
  if (point.type === "int" || point.type === "bool") return 0;
  return DIGITS[point.unit] ?? (point.unit ? 2 : 3);
}

/** Formatting in one language and one time zone (IANA name). */
export function createFormat(words, timeZone) {
  const { t } = words;
  const locale = LOCALES[words.language];
  const numbers = new Map();
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const months = new Intl.DateTimeFormat("en-GB", { timeZone, month: "numeric" });

  function number(value, digits = 1) {
    if (!numbers.has(digits)) {
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" };
      numbers.set(digits, new Intl.NumberFormat(locale, options));
    }
    return numbers.get(digits).format(value).replace("-", "\u2212");
  }

  function fields(time_ms) {
    return Object.fromEntries(parts.formatToParts(time_ms).map(({ type, value }) => [type, value]));
  }

  function clock(time_ms) {
    const { hour, minute, second } = fields(time_ms);
    return `${hour}:${minute}:${second}`;
  }

  function minute(time_ms) {
    return clock(time_ms).slice(0, 5);
  }

  function day(time_ms) {
    const { day: date, month } = fields(time_ms);
    return words.language === "zh" ? `${months.format(time_ms)}月${date}日` : `${date}${NBSP}${month}`;
  }

  function isSameDay(a_ms, b_ms) {
    return day(a_ms) === day(b_ms) && Math.abs(a_ms - b_ms) < 172800e3;
  }

  /** Time of day if today, else date and time. */
  function since(time_ms, now_ms) {
    return isSameDay(time_ms, now_ms) ? clock(time_ms) : `${day(time_ms)} ${minute(time_ms)}`;
  }

  /** `0.7 s`, `44 s`, `30 min`, `6 h`, `3 d`. */
  function age(seconds) {
    const s = Math.max(0, seconds);
    if (s < 5) return t("age.s", { n: number(s, 1) });
    if (s < 90) return t("age.s", { n: number(s, 0) });
    if (s < 5400) return t("age.min", { n: number(s / 60, 0) });
    if (s < 129600) return t("age.h", { n: number(s / 3600, 0) });
    return t("age.d", { n: number(s / 86400, 0) });
  }

  /** An interval of configuration: `1 s`, `0.5 s`, `15 min`. */
  function interval(seconds) {
    const whole = Number.isInteger(seconds) ? 0 : 1;
    return seconds < 90 ? t("age.s", { n: number(seconds, whole) }) : age(seconds);
  }

  /** How far the zone is from UTC at that time, in ms. */
  function offset(time_ms) {
    const f = fields(time_ms);
    const wall = Date.UTC(
      Number(f.year),
      Number(months.format(time_ms)) - 1,
      Number(f.day),
      Number(f.hour),
      Number(f.minute),
      Number(f.second),
    );
    return wall - Math.floor(time_ms / 1000) * 1000;
  }

  /** The start of the site's day that holds `time_ms`, `days` days later (time is a whole number of ms). */
  function midnight(time_ms, days = 0) {
    const dayStart = Math.floor((time_ms + offset(time_ms)) / 86400e3) * 86400e3 + days * 86400e3;
    const guess = dayStart - offset(dayStart - offset(time_ms));
    return dayStart - offset(guess); // twice: the offset may change within the day
  }

  function zone(time_ms) {
    const options = { timeZone, timeZoneName: "longOffset" };
    const found = new Intl.DateTimeFormat("en", options)
      .formatToParts(time_ms)
      .find((part) => part.type === "timeZoneName");
    const text = found.value.replace("GMT", "UTC");
    return text === timeZone
      ? text
      : `${timeZone}${words.language === "zh" ? "（" : " ("}${text}${words.language === "zh" ? "）" : ")"}`;
  }

  return { number, clock, minute, day, since, age, interval, midnight, offset, zone, timeZone };
}
