// Connectivity as people see it: the rate, 24 hours as a bar, what was missing and why.
import { el, svg } from "./dom.js";
import { rateText } from "./rate.js";

const HOUR_MS = 3600e3;
const WIDE = 480; // units of the bar's drawing; it is stretched to its column

/** Stretches `[kind, from, to]` of hours in ms, neighbours of one kind joined: answered, silent, down. */
function stretchesOf(hours, now_ms) {
  const found = [];
  for (const { from_ms, rate, gateway_down_s } of hours) {
    const end_ms = Math.min(from_ms + HOUR_MS, Math.max(now_ms, from_ms));
    const down_ms = Math.min(end_ms - from_ms, (gateway_down_s ?? 0) * 1000);
    const known_ms = rate === null ? 0 : end_ms - from_ms - down_ms;
    const answered_ms = from_ms + known_ms * (rate ?? 0);
    const pieces = [
      ["answered", from_ms, answered_ms],
      ["silent", answered_ms, from_ms + known_ms],
      ["down", end_ms - down_ms, end_ms],
    ];
    for (const [kind, from, to] of pieces) {
      if (to - from < 1) continue;
      const last = found.at(-1);
      if (last?.[0] === kind && from - last[2] < 1) last[2] = to;
      else found.push([kind, from, to]);
    }
  }
  return found;
}

/** The bar of the last 24 hours: what was answered, silent, and when the gateway itself was down. */
export function dayBar(hours, rate, ui) {
  const now_ms = ui.live.now();
  const picture = svg("svg", {
    class: "day-bar",
    viewBox: `0 0 ${WIDE} 10`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": ui.words.t("conn.bar", { rate: rateText(rate, ui.fmt) }),
  });
  const from_ms = Math.max(now_ms - 24 * HOUR_MS, hours[0]?.from_ms ?? now_ms);
  const x = (time_ms) => ((Math.max(from_ms, time_ms) - from_ms) / (now_ms - from_ms || 1)) * WIDE;
  for (const [kind, from, to] of stretchesOf(hours, now_ms)) {
    if (to <= from_ms) continue;
    const width = Math.max(2, x(to) - x(from));
    picture.append(svg("rect", { class: kind, x: Math.min(WIDE - width, x(from)), y: 0.5, width, height: 9 }));
  }
  return picture;
}

/** What the bar's kinds mean; `down_s`: for how long the gateway was down. */
export function barLegend(down_s, { words, fmt }) {
  const down = down_s >= 1 ? words.t("conn.down_for", { age: fmt.age(down_s) }) : words.t("conn.down");
  const names = [
    ["answering", words.t("conn.answered")],
    ["silent", words.t("conn.silent")],
    ["known", down],
  ];
  const marks = names.map(([kind, word]) => el("span", { class: "chip" }, el("i", { class: `swatch ${kind}` }), word));
  return el("span", { class: "legend q s" }, marks);
}

/** How many samples are not good and why, greatest first; empty where all are. */
export function reasonsText(reasons, { words, fmt }) {
  const known = Object.entries(reasons ?? {}).filter(([, n]) => n > 0);
  known.sort((a, b) => b[1] - a[1]);
  const list = known.map(([name, n]) => `${words.family("reason", name)} ${fmt.number(n, 0)}`);
  return list.length ? words.t("conn.lost", { list: list.join(words.t("punct.comma")) }) : "";
}
