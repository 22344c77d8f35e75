// The values of a device: value, age against its limit, quality with the reason in words, a tick to draw it.
import { digitsOf } from "./format.js";
import { el, markChanged, setText, setVars } from "./dom.js";
import { isDrawable } from "./series.js";
import { chip } from "./shapes.js";

const NBSP = "\u00a0";
const ROWS = 150; // on one screen: only these are in the stream

/** What the value says in words, without its unit. */
export function valueText(point, { words, fmt }) {
  const { value } = point;
  if (value === null) return words.t("value.none");
  const word = point.words?.[String(typeof value === "boolean" ? Number(value) : value)];
  if (word) return words.local(word, String(value));
  if (typeof value === "boolean") return words.t(value ? "value.on" : "value.off");
  return typeof value === "number" ? fmt.number(value, digitsOf(point)) : String(value);
}

/** `{kind, word, tone}` of a point at a time: good, uncertain, bad, stale or none (never read). */
function qualityOf(point, now_ms, { words, fmt }) {
  const { t } = words;
  const reason = point.reason ? words.family("reason", point.reason) : "";
  if (point.level === "none") return { kind: "none", word: t("quality.none"), tone: "grey" };
  if (point.level === "bad") return { kind: "bad", word: t("quality.bad", { reason }), tone: "p2" };
  if (isStale(point, now_ms))
    return { kind: "stale", word: t("quality.stale", { limit: fmt.interval(point.stale_after_s) }), tone: "p2" };
  if (point.level === "uncertain") return { kind: "uncertain", word: t("quality.uncertain", { reason }), tone: "p2" };
  return { kind: "good", word: t("quality.good"), tone: "grey" };
}

function isStale({ time_ms, stale_after_s: limit }, now_ms) {
  return time_ms !== null && limit > 0 && now_ms - time_ms > limit * 1000;
}

class Row {
  constructor(point, isTicked, ui, tick) {
    this.point = point;
    this.ui = ui;
    this.kind = "";
    this.box = el("input", {
      type: "checkbox",
      checked: isTicked,
      disabled: !isDrawable(point),
      title: isDrawable(point) ? null : ui.words.t("values.no_line"),
    });
    this.box.addEventListener("change", () => tick(point.point, this.box));
    this.value = el("b", { class: "live-value" });
    this.unit = el("span", { class: "q unit" });
    this.bar = el("i");
    this.ageText = el("span");
    this.age = el("span", { class: "age live-value" }, this.bar, this.ageText);
    this.quality = el("td", { class: "quality" });
    const name = el(
      "label",
      { class: "check", title: point.tag },
      this.box,
      el("span", {}, ui.words.local(point.name, point.point)),
    );
    this.node = el(
      "tr",
      {},
      el("th", { scope: "row" }, name),
      el("td", { class: "n value" }, this.value, this.unit),
      el("td", { class: "ages" }, this.age),
      this.quality,
    );
    this.showValue();
  }

  showValue() {
    const { point } = this;
    setText(this.value, valueText(point, this.ui));
    this.value.classList.toggle("none", point.value === null);
    this.value.classList.toggle("long", typeof point.value === "string"); // a number never breaks
    setText(this.unit, point.value === null || !point.unit ? "" : `${NBSP}${point.unit}`);
    this.showAge(this.ui.live.now());
  }

  showAge(now_ms) {
    const { point, ui } = this;
    const age_s = point.time_ms === null ? null : Math.max(0, now_ms - point.time_ms) / 1000;
    setText(this.ageText, age_s === null ? ui.words.t("quality.none") : ui.fmt.age(age_s));
    const hasBar = age_s !== null && point.stale_after_s > 0;
    this.bar.hidden = !hasBar;
    if (hasBar) setVars(this.bar, { "--w": `${Math.min(100, (age_s / point.stale_after_s) * 100).toFixed(0)}%` });
    this.showQuality(qualityOf(point, now_ms, ui));
  }

  showQuality({ kind, word, tone }) {
    const key = `${kind} ${word}`;
    if (key === this.kind) return;
    const isFirst = this.kind === "";
    this.kind = key;
    this.node.dataset.quality = kind;
    const isPlain = kind === "good" || kind === "none";
    this.quality.replaceChildren(
      isPlain ? el("span", { class: "r good" }, kind === "none" ? "" : word) : chip(kind, word, tone),
    );
    if (!isFirst) markChanged(this.node);
  }
}

// The table of a device's points. `ticked()`: names of the points that are drawn; `tick(name, box)` is called on a change,
// `turned` when other points came on screen.
export function createValues(points, { ticked, tick, turned }, ui) {
  const { t } = ui.words;
  let rows = new Map();
  const body = el("tbody");
  const heads = [
    ["values.point", ""],
    ["values.value", "n"],
    ["values.age", "ages"],
    ["values.quality", ""],
  ];
  const head = el(
    "tr",
    {},
    heads.map(([key, name]) => el("th", { scope: "col", class: name }, t(key))),
  );
  const table = el("table", { class: "values" }, el("thead", {}, head), body);
  let first = 0;
  const more = el("button", {
    class: "btn",
    type: "button",
    onclick: () => fill((first += ROWS) < points.length ? first : (first = 0)),
  });
  function fill(from) {
    const left = points.length - from - ROWS;
    const shown = points
      .slice(from, from + ROWS)
      .map((point) => [point.tag, new Row(point, ticked().includes(point.point), ui, tick)]);
    rows = new Map(shown);
    body.replaceChildren(...shown.map(([, row]) => row.node));
    more.hidden = points.length <= ROWS;
    more.textContent = t("values.next", { n: left > 0 ? Math.min(left, ROWS) : Math.min(points.length, ROWS) });
    turned();
  }
  fill(0);

  function onLive(values) {
    for (const [tag, [value, level, reason, time_ms]] of Object.entries(values)) {
      const row = rows.get(tag);
      if (!row) continue;
      Object.assign(row.point, { value, level, reason, time_ms });
      row.showValue();
    }
  }
  const onTick = (now_ms) => rows.forEach((row) => row.showAge(now_ms));
  const show = (names) => rows.forEach((row) => (row.box.checked = names.includes(row.point.point)));
  return {
    node: el("div", {}, points.length ? table : el("p", { class: "q empty" }, t("values.empty")), more),
    onLive,
    onTick,
    show,
    tags: () => [...rows.keys()],
  };
}
