// One device: name, state, alarms, last answer, how it is read, values, trend, what it says, connectivity.
import { createBrief } from "./alarm-brief.js";
import { ask } from "./api.js";
import { createConnectivity } from "./device-connectivity.js";
import { el, markChanged, setText } from "./dom.js";
import { createDeviceTrend } from "./device-trend.js";
import { fillBox, section } from "./sections.js";
import { deviceChip } from "./shapes.js";
import { createValues } from "./values.js";

const ASK_AGAIN_S = 30; // faults are not in the stream

function crumbs(device, groups, { words }) {
  const group = groups.find((entry) => entry.items.some((item) => item.id === device.id));
  const open = `/devices?open=${encodeURIComponent(device.enterprise ?? "")}`;
  const parts = [el("a", { href: open }, group?.name ?? device.enterprise ?? words.t("nav.park"))];
  if (device.kind) parts.push(` / ${words.family("kind", device.kind)}`);
  return el(
    "p",
    { class: "s q crumbs" },
    el("a", { class: "only-phone", href: "/devices" }, words.t("devices.all")),
    el("span", { class: "only-phone" }, " / "),
    ...parts,
  );
}

/** Devices behind a broker speak by themselves; the others are asked. */
const isAsked = (device) => device.driver !== "mqtt";

function facts(device, ui) {
  const { t } = ui.words;
  const answer = el("dd", { class: "live-value" });
  const since = el("dd");
  const every = device.intervals_s.map((seconds) => ui.fmt.interval(seconds)).join(t("punct.comma"));
  const driver = device.driver ? ui.words.family("driver", device.driver) : "";
  const address = [driver, device.address].filter(Boolean).join(" ") || t("device.no_address");
  const entry = (key, node) => el("div", {}, el("dt", {}, t(key)), node);
  const node = el(
    "dl",
    { class: "figs fig facts" },
    entry("device.answer", answer),
    entry("device.since", since),
    entry(isAsked(device) ? "device.every" : "device.expected", el("dd", {}, every || t("device.not_read"))),
    entry("device.address", el("dd", {}, address)),
  );
  return { node, answer, since };
}

function answerText({ last_answer_ms: last_ms }, now_ms, { words, fmt }) {
  if (last_ms === null) return words.t("quality.none");
  return words.t("device.answer_age", {
    time: fmt.since(last_ms, now_ms),
    age: fmt.age(Math.max(0, now_ms - last_ms) / 1000),
  });
}

/** What one may do about a device that is not connected. */
function waysOn({ id }, ui) {
  const way = (permission, key, path) => (ui.may(permission) ? el("a", { href: `${path}?device=${encodeURIComponent(id)}` }, ui.words.t(key)) : null);
  return el("p", { class: "links no-print" }, way("configuration", "device.connect", "/setup"), way("records", "device.read", "/reading"));
}

/** What the device says: one line per fault, in the gateway's words. */
function saysNodes(device, ui) {
  const { words } = ui;
  if (device.state === "not_connected") return [el("p", { class: "q empty" }, words.t("device.known_only")), waysOn(device, ui)];
  if (device.faults.length === 0) {
    const isAnswered = isAsked(device) && device.state === "answering";
    return [el("p", { class: "q empty" }, isAnswered ? words.t("device.no_fault") : words.t("device.nothing"))];
  }
  const nameOf = (name) => words.local(device.items.find((point) => point.point === name)?.name, name);
  const entries = device.faults.flatMap((fault) => {
    const whom = fault.points.length ? fault.points.map(nameOf).join(words.t("punct.comma")) : words.t("device.whole");
    const time =
      fault.time_ms === null ? "" : `${words.t("device.at", { time: ui.fmt.since(fault.time_ms, ui.live.now()) })}`;
    const detail = words.both(fault.message, fault.hint);
    const said = [words.family("says", fault.quality) + time, el("span", { class: "s q under" }, detail)];
    return [el("dt", {}, whom), el("dd", {}, said)];
  });
  return [el("dl", { class: "kv" }, entries)];
}

class Device {
  #ui;
  #device = null;
  #facts = null;
  #values = null;
  #trend = null;
  #chip = el("span", { class: "state" });
  #says = el("div");
  #alarms = el("div", { class: "device-alarms" });
  #brief = null;

  constructor(pane, id, address, context, ui) {
    this.id = id;
    this.#ui = ui;
    ui.title(id);
    fillBox(pane, ui.words, ui.signal, () => this.#load(address, context), 10);
    const timer = setInterval(() => document.hidden || this.#askAgain(), ASK_AGAIN_S * 1000);
    ui.signal.addEventListener("abort", () => clearInterval(timer));
  }

  async #load(address, { groups, want }) {
    const ui = this.#ui;
    const { words } = ui;
    const device = await ask(`devices/${encodeURIComponent(this.id)}`, ui.signal);
    const name = words.local(device.name, device.id);
    this.#device = device;
    ui.title(name);
    this.#facts = facts(device, ui);
    this.#trend = createDeviceTrend(device, address, ui, (names) => this.#values.show(names));
    this.#values = createValues(
      device.items,
      {
        ticked: () => this.#trend.ticked(),
        tick: (point, box) => this.#trend.tick(point, box),
        turned: () => queueMicrotask(want),
      },
      ui,
    );
    this.#showState();
    this.#saysAgain();
    this.#brief = createBrief(this.#alarms, { device: this.id }, ui);
    const { t } = words;
    const left = el(
      "div",
      { class: "stack" },
      section(t("values.title"), { note: t("values.note", { n: device.items.length }) }, this.#values.node),
      section(t("device.says"), {}, this.#says),
      device.state === "not_connected" ? null : createConnectivity(this.id, ui),
    );
    const isKnown = device.state !== "not_connected" && ui.may("configuration");
    const change = isKnown ? el("a", { class: "s no-print", href: `/setup?device=${encodeURIComponent(device.id)}` }, t("device.change")) : null;
    const head = el("div", { class: "headline" }, el("h1", { tabindex: -1 }, name), this.#chip, change);
    return [
      crumbs(device, groups, ui),
      head,
      this.#alarms,
      this.#facts.node,
      el("div", { class: "device-grid" }, left, device.items.length ? this.#trend.node : null),
    ];
  }

  async #askAgain() {
    if (!this.#device) return;
    try {
      this.#device.faults = (await ask(`devices/${encodeURIComponent(this.id)}`, this.#ui.signal)).faults;
      this.#saysAgain();
    } catch {
      // the stream tells that the gateway is away; the last known sentences stay
    }
  }

  #saysAgain() {
    this.#says.replaceChildren(...saysNodes(this.#device, this.#ui));
  }

  #showState() {
    const { state, since_ms } = this.#device;
    if (this.#chip.dataset.state !== state) {
      const isFirst = this.#chip.dataset.state === undefined;
      this.#chip.dataset.state = state;
      this.#chip.replaceChildren(deviceChip(state, this.#ui.words));
      if (!isFirst) markChanged(this.#chip);
    }
    const since = since_ms === null ? "–" : this.#ui.fmt.since(since_ms, this.#ui.live.now());
    setText(
      this.#facts.since,
      since_ms === null
        ? since
        : this.#ui.words.t("device.state_since", { state: this.#ui.words.family("device", state), time: since }),
    );
    setText(this.#facts.answer, answerText(this.#device, this.#ui.live.now(), this.#ui));
  }

  /** What it wants of the stream; nothing before it is known to exist. */
  wish() {
    return this.#values ? { points: this.#values.tags(), devices: [this.id] } : { points: [], devices: [] };
  }

  update(address) {
    this.#trend?.update(address);
  }

  onLive(data, state) {
    if (!this.#device) return;
    this.#brief.refresh(state);
    if (data.values) this.#values.onLive(data.values);
    const change = data.devices?.[this.id];
    if (!change) return;
    const before = this.#device.state;
    Object.assign(this.#device, change);
    this.#showState();
    if (before !== this.#device.state) this.#askAgain();
  }

  onTick(now_ms) {
    if (!this.#device) return;
    this.#values.onTick(now_ms);
    setText(this.#facts.answer, answerText(this.#device, now_ms, this.#ui));
  }

  onTheme() {
    this.#trend?.redraw();
  }

  onKey(name) {
    return this.#trend?.onKey(name) ?? false;
  }
}

/** Shows the device `id` in `pane`. `context`: the tree's `groups`, and `want` to call when other points are on screen. */
export function showDevice(pane, id, address, context, ui) {
  return new Device(pane, id, address, context, ui);
}
