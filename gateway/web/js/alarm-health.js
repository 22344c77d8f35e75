// Is the alarm system itself healthy? Counts of the last day against the targets of EEMUA 191 and ISA-18.2.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const NBSP = "\u00a0";

/** Whole percentages of the three priorities that make 100 (largest remainder), low first; null without alarms. */
function sharesOf(priorities) {
  const counts = [3, 2, 1].map((n) => priorities[n] ?? 0);
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  const exact = counts.map((n) => (n / total) * 100);
  const whole = exact.map(Math.floor);
  const order = [0, 1, 2].sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]));
  for (let left = 100 - whole.reduce((a, b) => a + b, 0), i = 0; left > 0; left -= 1, i += 1) whole[order[i]] += 1;
  return whole;
}

function figure(name, value, target, { unit = "", off = false } = {}) {
  const note = off ? chip("uncertain", target, "p2") : target;
  const amount = unit ? [value, el("small", {}, `${NBSP}${unit}`)] : value;
  return el("div", {}, el("dt", {}, name), el("dd", { class: "v" }, amount), el("dd", { class: "x" }, note));
}

function figures(found, topLink, { words, fmt, live }) {
  const { t } = words;
  const count = (n) => fmt.number(n, 0);
  const perDay = (found.total / (found.window_h || 24)) * 24;
  const load =
    perDay > found.per_day_manageable ? "over" : perDay > found.per_day_acceptable ? "manageable" : "acceptable";
  const flood = found.flood.now
    ? t("health.flood_now", { time: found.flood.since_ms ? fmt.since(found.flood.since_ms, live.now()) : "–" })
    : t(found.flood.count ? "health.floods" : "health.no_flood", {
        n: found.flood.count,
        share: fmt.number(found.flood.share * 100, 1),
      });
  const parts = sharesOf(found.priorities);
  const top = found.total ? fmt.number(found.top_share * 100, 0) : "–";
  return [
    figure(
      t("health.alarms"),
      count(found.total),
      t(`health.${load}`, { n: count(load === "over" ? found.per_day_manageable : found.per_day_acceptable) }),
      { off: load !== "acceptable" },
    ),
    figure(t("health.most"), count(found.max_10min), flood, { off: found.flood.now }),
    figure(t("health.chattering"), count(found.chattering.length), t("health.chattering_target"), {
      off: found.chattering.length > 0,
    }),
    figure(t("health.standing"), count(found.standing_24h), t("health.standing_target"), {
      off: found.standing_24h >= 5,
    }),
    figure(t("health.shares"), parts ? parts.join(t("health.between")) : "–", t("health.shares_target"), {
      unit: parts ? "%" : "",
    }),
    figure(t("health.top"), top, topLink, { unit: found.total ? "%" : "" }),
  ];
}

function table(found, address, { words }) {
  const { t } = words;
  const row = (entry, amount, note) => {
    const name = words.local(entry.rule_name) || words.local(entry.message) || entry.alarm;
    const link = el("a", { href: address(entry.alarm) }, name);
    const device = words.local(entry.device_name);
    const cells = [
      el("th", { scope: "row" }, link, el("span", { class: "q s under" }, device)),
      el("td", {}, note),
      el("td", { class: "n" }, amount),
    ];
    return el("tr", {}, cells);
  };
  const rows = [
    ...found.top.map((entry) => row(entry, String(entry.count), "")),
    ...found.chattering.map((entry) =>
      row(entry, String(entry.max_60s), chip("uncertain", t("health.chatters"), "p2")),
    ),
  ];
  const heads = [
    ["alarm.what", ""],
    ["alarm.state", ""],
    ["health.times", "n"],
  ].map(([key, kind]) => el("th", { scope: "col", class: kind }, t(key)));
  return el("table", { class: "top" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
}

/** The section; `address(id)` is where an alarm opens. */
export function createHealth(ui, address) {
  const { words, signal } = ui;
  const { t } = words;
  let isOpen = false;
  const body = el("div");
  const node = section(t("health.title"), { note: t("health.note", { n: 24 }), name: "health" }, body);
  const draw = (found) => {
    node.querySelector("header .r").textContent = t("health.note", { n: found.window_h });
    const list = table(found, address, ui);
    list.hidden = !isOpen;
    const press = () => {
      isOpen = !isOpen;
      list.hidden = !isOpen;
      link.setAttribute("aria-expanded", String(isOpen));
    };
    const link = el(
      "button",
      { class: "link", type: "button", "aria-expanded": String(isOpen), onclick: press },
      t("health.which"),
    );
    const hasRows = found.top.length + found.chattering.length > 0;
    return [el("dl", { class: "figs fig" }, figures(found, hasRows ? link : "", ui)), list];
  };
  const load = async () => draw(await ask("alarms/metrics", signal));
  const refresh = async () => {
    try {
      const nodes = await load();
      if (!signal.aborted) body.replaceChildren(...nodes);
    } catch {
      // the last figures stay
    }
  };
  fillBox(body, words, signal, load, 2);
  return { node, refresh };
}
