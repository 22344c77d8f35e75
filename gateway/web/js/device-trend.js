// The trend of a device: the ticked points, one chart per unit, one range for all of them.
import { ask, exportAddress } from "./api.js";
import { dashOf, roomFor } from "./chart.js";
import { el } from "./dom.js";
import { digitsOf } from "./format.js";
import { failed, loading, section } from "./sections.js";
import { lanesOf } from "./lanes.js";
import { allowedFor, gapsOf, isDrawable, isZeroBased, joinGaps, meansOf } from "./series.js";
import { sentenceOf, trendParts } from "./trend.js";

const HOUR_MS = 3600e3;
const RANGES = [
  ["1h", HOUR_MS, 15],
  ["2h", 2 * HOUR_MS, 30],
  ["24h", 24 * HOUR_MS, 300],
  ["7d", 168 * HOUR_MS, 1800],
];
const STEPS_S = [1, 5, 15, 30, 60, 300, 900, 1800, 3600];
const BUCKETS = 300;
const MOST_LINES = 4; // of one unit: told apart by dash
const TONES = ["ink", "data", "data", "data-2"];

const stepFor = (span_ms) => STEPS_S.find((step) => span_ms / 1000 / step <= BUCKETS) ?? STEPS_S.at(-1);

// How many letters the names have in common up to their last common space: labels at line ends are short.
function sharedStart(names) {
  let n = 0;
  while (names.length > 1 && names.every((name) => n < name.length && name[n] === names[0][n])) n += 1;
  return names[0].lastIndexOf(" ", n) + 1;
}

function firstPoint(points) {
  const drawable = points.filter(isDrawable);
  return (
    drawable.find((point) => point.point === "power_active") ??
    drawable.find((point) => point.kind === "gauge") ??
    drawable[0]
  )?.point;
}

class DeviceTrend {
  #device;
  #ui;
  #show; // tells the table which points are ticked
  #names = []; // points of this device by name, of others by tag
  #others = new Map(); // what is known of the latter, by tag
  #span_ms = 2 * HOUR_MS;
  #end_ms = null; // null: up to now
  #asTable = false;
  #data = null;
  #asking = new AbortController(); // ends the questions that are under way
  #drawn = new AbortController(); // ends the charts that are on screen: they stay until the next ones are there
  #timer = 0;
  #body;
  #note = el("span", { class: "r s" });

  constructor(device, address, ui, show) {
    this.#device = device;
    this.#ui = ui;
    this.#show = show;
    const { t } = ui.words;
    this.#body = el("div", {}, loading(ui.words, 5));
    this.ranges = RANGES.map(([name, span_ms]) =>
      el(
        "button",
        { type: "button", "data-range": name, onclick: () => this.#setRange(span_ms, null) },
        t(`range.${name}`),
      ),
    );
    this.table = el(
      "button",
      { class: "link", type: "button", "aria-pressed": "false", onclick: () => this.onKey("table") },
      t("chart.table"),
    );
    this.file = el("a", { download: true, hidden: !ui.may("export") }, "CSV");
    this.more = el("div", { class: "other-points" });
    const add = el("button", { class: "link", type: "button", onclick: () => this.#addOther() }, t("trend.add"));
    const choice = el("span", { class: "seg fit", role: "group", "aria-label": t("range.label") }, this.ranges);
    this.node = section(
      t("trend.title"),
      { end: [choice] },
      this.#body,
      this.more,
      el("p", { class: "links s" }, this.table, this.file, add),
    );
    this.node.querySelector("header h2").after(this.#note);
    ui.signal.addEventListener("abort", () => {
      this.#asking.abort();
      this.#drawn.abort();
      clearTimeout(this.#timer);
    });
    this.#read(address);
    this.refresh();
  }

  ticked() {
    return this.#names;
  }

  tick(name, box) {
    const point = this.#point(name);
    const same = this.#points().filter((other) => other.unit === point.unit);
    if (box.checked && same.length >= MOST_LINES) {
      box.checked = false;
      box.title = this.#ui.words.t("values.most", { n: MOST_LINES });
      return;
    }
    this.#names = box.checked ? [...this.#names, name] : this.#names.filter((other) => other !== name);
    this.#write();
    this.refresh();
  }

  update(address) {
    this.#read(address);
    this.#show(this.#names);
    this.refresh();
  }

  onKey(name) {
    const steps = {
      back: () => this.#shift(-1),
      forward: () => this.#shift(1),
      in: () => this.#zoom(0.5),
      out: () => this.#zoom(2),
      table: () => this.#toggle(),
    };
    steps[name]?.();
    return name in steps;
  }

  #point(name) {
    return this.#device.items.find((point) => point.point === name) ?? this.#others.get(name);
  }

  async #addOther() {
    const { createPicker } = await import("./point-picker.js");
    if (this.more.querySelector("form")) return;
    const picker = createPicker(this.#ui, this.#device.id, (point) => {
      this.#others.set(point.tag, point);
      if (!this.#names.includes(point.tag)) this.#names = [...this.#names, point.tag];
      this.#write();
      this.refresh();
    });
    this.more.append(picker);
  }

  #drop(tag) {
    this.#names = this.#names.filter((name) => name !== tag);
    this.#write();
    this.refresh();
  }

  /** Points of other devices that the address names: what they are called and their unit. */
  async #learn(signal) {
    const unknown = this.#names.filter((name) => name.includes(".") && !this.#others.has(name));
    if (unknown.length === 0) return;
    const { pointsOf } = await import("./point-picker.js");
    for (const point of await pointsOf(unknown, signal)) this.#others.set(point.tag, point);
    this.#names = this.#names.filter((name) => this.#point(name));
  }

  #points() {
    return this.#names.map((name) => this.#point(name)).filter((point) => point && isDrawable(point));
  }

  #read({ searchParams }) {
    const asked = searchParams.get("points");
    this.#names = (asked === null ? [firstPoint(this.#device.items)] : asked.split(",")).filter(
      (name) => name && (this.#point(name) || name.includes(".")),
    );
    const [from, to] = ["from", "to"].map((key) => Date.parse(searchParams.get(key) ?? ""));
    const range = RANGES.find(([name]) => name === searchParams.get("range"));
    this.#end_ms = to > from ? to : null;
    this.#span_ms = to > from ? to - from : (range?.[1] ?? 2 * HOUR_MS);
  }

  // The address can be sent by mail: points and range are in it.
  #write() {
    const query = new URLSearchParams({ points: this.#names.join(",") });
    const range = RANGES.find(([, span_ms]) => span_ms === this.#span_ms);
    if (this.#end_ms === null && range) query.set("range", range[0]);
    if (this.#end_ms !== null) {
      query.set("from", new Date(this.#end_ms - this.#span_ms).toISOString());
      query.set("to", new Date(this.#end_ms).toISOString());
    }
    history.replaceState(null, "", `${location.pathname}?${query.toString().replaceAll("%2C", ",")}`);
  }

  #setRange(span_ms, end_ms) {
    this.#span_ms = Math.min(Math.max(span_ms, 60e3), 366 * 24 * HOUR_MS);
    this.#end_ms = end_ms !== null && end_ms < this.#ui.live.now() ? end_ms : null;
    this.#write();
    this.refresh();
  }

  #shift(direction) {
    const end_ms = this.#end_ms ?? this.#ui.live.now();
    this.#setRange(this.#span_ms, Math.round(end_ms + (direction * this.#span_ms) / 2));
  }

  #zoom(factor) {
    this.#setRange(this.#span_ms * factor, this.#end_ms);
  }

  #toggle() {
    this.#asTable = !this.#asTable;
    this.table.setAttribute("aria-pressed", String(this.#asTable));
    this.redraw();
  }

  async refresh() {
    clearTimeout(this.#timer);
    for (const [i, button] of this.ranges.entries())
      button.setAttribute("aria-pressed", String(this.#end_ms === null && RANGES[i][1] === this.#span_ms));
    this.#asking.abort();
    const stop = (this.#asking = new AbortController());
    try {
      const data = await this.#load(stop.signal);
      if (stop.signal.aborted) return;
      this.#data = data;
      this.redraw();
      const { length } = this.#names;
      if (length && this.#end_ms === null)
        this.#timer = setTimeout(() => this.refresh(), Math.min(60, Math.max(15, data.step_s)) * 1000);
    } catch (error) {
      if (!stop.signal.aborted) this.#body.replaceChildren(failed(error, this.#ui.words, () => this.refresh()));
    }
  }

  async #load(signal) {
    await this.#learn(signal);
    const now_ms = this.#ui.live.now();
    const to_ms = Math.round(this.#end_ms ?? now_ms);
    const from_ms = to_ms - this.#span_ms;
    const step_s = RANGES.find(([, span_ms]) => span_ms === this.#span_ms)?.[2] ?? stepFor(this.#span_ms);
    const points = this.#points();
    const query = new URLSearchParams({
      from: new Date(from_ms).toISOString(),
      to: new Date(to_ms).toISOString(),
      step: `${step_s}s`,
    });
    const [lanes, ...answers] = await Promise.all([
      lanesOf(this.#device.id, from_ms, to_ms, signal),
      ...points.map((point) => ask(`points/${encodeURIComponent(point.tag)}/history?${query}`, signal)),
    ]);
    if (points.length)
      this.file.href = exportAddress(
        points.map((point) => point.tag),
        from_ms,
        to_ms,
      );
    return {
      from_ms,
      to_ms,
      now_ms,
      step_s,
      lanes,
      drawn: points.map((point, i) => ({ point, series: meansOf(answers[i]) })),
    };
  }

  redraw() {
    if (!this.#data) return;
    this.#drawn.abort();
    this.#drawn = new AbortController();
    const units = [...new Set(this.#data.drawn.map(({ point }) => point.unit))];
    const { t } = this.#ui.words;
    this.#showOthers();
    this.table.hidden = this.file.hidden = units.length === 0;
    const views = units.map((unit) => this.#view(unit));
    const right = roomFor(views.flatMap((view) => view.lines.map((line) => line.end))); // the same for all: one time axis
    views.forEach((view) => (view.right = right));
    this.#note.textContent = views.length === 1 ? views[0].head : "";
    const charts = views.map((view) =>
      el(
        "div",
        { class: "unit-chart" },
        views.length > 1 ? el("p", { class: "s q" }, view.head) : null,
        trendParts(view, { asTable: this.#asTable, signal: this.#drawn.signal }),
      ),
    );
    this.#body.replaceChildren(...(charts.length ? charts : [el("p", { class: "q empty" }, t("trend.tick"))]));
  }

  /** Each point of another device with a way to take it off again; its tick is on a page of its own. */
  #showOthers() {
    const { t } = this.#ui.words;
    const form = this.more.querySelector("form");
    const tags = this.#names.filter((name) => this.#others.has(name));
    const rows = tags.map((tag) => {
      const name = this.#nameOf(this.#others.get(tag));
      const off = el("button", { class: "link", type: "button", "aria-label": t("trend.remove", { name }), onclick: () => this.#drop(tag) }, t("trend.off"));
      return el("p", { class: "s" }, el("a", { href: `/devices/${encodeURIComponent(tag.slice(0, tag.lastIndexOf(".")))}` }, name), " ", off);
    });
    this.more.replaceChildren(...rows, ...(form ? [form] : []));
  }

  #nameOf(point) {
    const { local } = this.#ui.words;
    const name = local(point.name, point.point);
    return this.#others.has(point.tag) ? `${local(point.device_name, point.device)} ${name}` : name;
  }

  #view(unit) {
    const { words, fmt } = this.#ui;
    const { from_ms, to_ms, now_ms, step_s, drawn, lanes } = this.#data;
    const mine = drawn.filter(({ point }) => point.unit === unit);
    const digits = Math.max(...mine.map(({ point }) => digitsOf(point)));
    const shared = sharedStart(mine.map(({ point }) => this.#nameOf(point)));
    const lines = mine.map(({ point, series }, i) => {
      const name = this.#nameOf(point);
      const gaps = gapsOf(series, {
        from_ms,
        to_ms: Math.min(to_ms, now_ms),
        step_ms: step_s * 1000,
        allowed_ms: allowedFor(point, step_s),
      });
      const end = series.length ? fmt.number(series.at(-1)[1], digits) : "";
      return {
        name,
        series,
        gaps,
        end: mine.length > 1 ? `${name.slice(shared)} ${end}` : end,
        tone: TONES[i],
        dash: dashOf(i),
      };
    });
    const names = lines.map((line, i) =>
      lines.length > 1 ? words.t("trend.dash", { name: line.name, dash: words.t(`dash.${i}`) }) : line.name,
    );
    return {
      lines,
      gaps: joinGaps(lines.map((line) => line.gaps)),
      from_ms,
      to_ms,
      now_ms,
      digits,
      unit,
      fmt,
      words,
      head: `${names.join(words.t("punct.comma"))}${unit ? `${words.t("punct.comma")}${unit}` : ""}`,
      zero: isZeroBased(mine.map(({ point }) => point)),
      limit: null,
      lanes,
      height: 190,
      sentence: sentenceOf(lines, unit, digits, this.#ui, lanes),
      onZoom: (from, to) => this.#setRange(to - from, Math.round(to)),
      onReset: () => this.#setRange(2 * HOUR_MS, null),
    };
  }
}

/** The trend section of a device; `show(names)` is called when an address ticks other points. */
export function createDeviceTrend(device, address, ui, show) {
  return new DeviceTrend(device, address, ui, show);
}
