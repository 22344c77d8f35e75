// The list of alarms: rows keep their place while they change; new ones wait behind a button while a person reads.
import { el, markChanged, setText } from "./dom.js";
import { button, lastingText, limitText, nextStep, numberText, stateText, whereText } from "./alarm-words.js";
import { alarmChip, alarmShape, isWaiting, messageOf } from "./shapes.js";

const HEADS = [
  ["alarm.priority", ""],
  ["alarm.state", ""],
  ["alarm.what", ""],
  ["alarm.value_limit", "n"],
  ["alarm.begun", "n"],
  ["alarm.action", "n hidden-head"],
];

class Row {
  #ui;
  #act;
  #seen = "";

  constructor(alarm, ui, { act, open, address }) {
    this.#ui = ui;
    this.#act = act;
    this.link = el("a", { class: "say", href: address(alarm.id), "data-row": true });
    this.where = el("span", { class: "q s under" });
    this.chip = el("td", { class: "nw" });
    this.state = el("td", { class: "q alarm-state" });
    this.value = el("b", { class: "live-value" });
    this.limit = el("span", { class: "r s under" });
    this.begun = el("span");
    this.lasting = el("span", { class: "r s under live-value" });
    this.action = el("td", { class: "n" });
    this.node = el(
      "tr",
      { "data-alarm": alarm.id },
      this.chip,
      this.state,
      el("th", { scope: "row", class: "what" }, this.link, this.where),
      el("td", { class: "n wide" }, this.value, this.limit),
      el("td", { class: "n begun" }, this.begun, this.lasting),
      this.action,
    );
    this.node.addEventListener("click", (event) => event.target.closest("a, button") || open(alarm.id));
    this.show(alarm);
  }

  show(alarm, { gone = false } = {}) {
    const ui = this.#ui;
    const { words, fmt } = ui;
    this.alarm = alarm;
    this.gone = gone;
    setText(this.link, messageOf(alarm, words));
    const first = alarm.first_out ? `${words.t("punct.comma")}${words.t("alarm.first_out")}` : "";
    setText(this.where, whereText(alarm, words) + first);
    setText(this.value, numberText(alarm.value, alarm.unit, ui));
    setText(this.limit, limitText(alarm, ui));
    setText(this.begun, alarm.since_ms ? fmt.since(alarm.since_ms, ui.live.now()) : "–");
    this.node.classList.toggle("quiet", !isWaiting(alarm));
    const isUnknown = gone && alarm.state.endsWith("acknowledged"); // left the list, and nobody said to where
    this.#showState(isUnknown ? words.t("state.gone") : stateText(alarm, ui));
    this.tick(ui.live.now());
  }

  #showState(text) {
    const key = `${this.alarm.state} ${this.alarm.priority} ${text}`;
    if (key === this.#seen) return;
    const isFirst = this.#seen === "";
    this.#seen = key;
    this.chip.replaceChildren(alarmChip(this.alarm, this.#ui.words));
    setText(this.state, text);
    const step = this.gone || !this.#ui.may("alarms") ? null : nextStep(this.alarm, this.#ui.words);
    this.action.replaceChildren();
    if (step) {
      const node = button(step[1], (pressed) => this.#act(this.alarm, step[0], pressed), { look: "small" });
      node.setAttribute("aria-label", `${step[1]}${this.#ui.words.t("punct.colon")}${this.link.textContent}`);
      this.action.append(node);
    }
    if (!isFirst) markChanged(this.node);
  }

  tick(now_ms) {
    setText(this.lasting, lastingText(this.alarm, now_ms, this.#ui.fmt));
  }
}

/** The list. `hooks`: act(alarm, verb, button), open(id), address(id). */
export class AlarmList {
  #ui;
  #hooks;
  #rows = new Map(); // alarm id -> Row, as on screen
  #latest = null; // the gateway's order, where it differs from what is on screen
  #body = el("tbody");
  #selected = "";

  constructor(ui, hooks) {
    this.#ui = ui;
    this.#hooks = hooks;
    const { t } = ui.words;
    const heads = HEADS.map(([key, kind]) =>
      el(
        "th",
        { scope: "col", class: kind },
        el("span", { class: kind.includes("hidden") ? "hidden-word" : "" }, t(key)),
      ),
    );
    this.fresh = el("button", { class: "btn fresh", type: "button", hidden: true, onclick: () => this.catchUp() });
    this.table = el(
      "table",
      { class: "alarms", "aria-label": t("alarms.list") },
      el("thead", {}, el("tr", {}, heads)),
      this.#body,
    );
    this.node = el("div", {}, this.fresh, this.table);
  }

  /** Shows `items` in the gateway's order; `keep`: rows stay where they are and new ones wait, somebody reads. */
  show(items, { keep = false, sort = false } = {}) {
    this.#latest = items;
    if (sort) return this.catchUp();
    const next = new Map(items.map((alarm) => [alarm.id, alarm]));
    for (const [id, row] of this.#rows) {
      const alarm = next.get(id);
      if (alarm) row.show(alarm);
      else if (keep) row.show(row.alarm, { gone: true });
      else this.#drop(id);
    }
    if (!keep) this.#insertNew(items);
    return this.#showFresh();
  }

  /** Puts everything in the gateway's order. */
  catchUp() {
    const items = this.#latest ?? [];
    const focused = document.activeElement?.closest?.("[data-alarm]")?.dataset.alarm;
    const wanted = new Set(items.map((alarm) => alarm.id));
    for (const id of [...this.#rows.keys()]) if (!wanted.has(id)) this.#drop(id);
    for (const alarm of items) this.#row(alarm);
    this.#body.replaceChildren(...items.map((alarm) => this.#rows.get(alarm.id).node));
    if (focused) this.#rows.get(focused)?.link.focus({ preventScroll: true });
    this.#showFresh();
  }

  // A new row goes before the first row on screen that follows it in the gateway's order: no other row is moved.
  #insertNew(items) {
    let below = null;
    for (const alarm of [...items].reverse()) {
      if (!this.#rows.has(alarm.id)) this.#body.insertBefore(this.#row(alarm).node, below);
      below = this.#rows.get(alarm.id).node;
    }
  }

  #row(alarm) {
    const known = this.#rows.get(alarm.id);
    if (known) known.show(alarm);
    else this.#rows.set(alarm.id, new Row(alarm, this.#ui, this.#hooks));
    this.#mark(alarm.id);
    return this.#rows.get(alarm.id);
  }

  #drop(id) {
    this.#rows.get(id).node.remove();
    this.#rows.delete(id);
  }

  #showFresh() {
    const fresh = (this.#latest ?? []).filter((alarm) => !this.#rows.has(alarm.id));
    const highest = fresh.reduce((best, alarm) => (best && best.priority <= alarm.priority ? best : alarm), null);
    this.fresh.hidden = fresh.length === 0;
    if (highest) this.fresh.replaceChildren(alarmShape(highest), this.#ui.words.t("alarms.new", { n: fresh.length }));
  }

  /** Changes one row to what an order made of its alarm. */
  update(alarm) {
    this.#rows.get(alarm.id)?.show(alarm);
  }

  /** Marks the row whose pane is open. */
  select(id) {
    const before = this.#selected;
    this.#selected = id;
    for (const one of [before, id]) this.#mark(one);
  }

  #mark(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    row.node.classList.toggle("sel", id === this.#selected);
    if (id === this.#selected) row.link.setAttribute("aria-current", "true");
    else row.link.removeAttribute("aria-current");
  }

  /** The alarm of the row that has the focus, else of the open one; null where there is none. */
  target() {
    const id = document.activeElement?.closest?.("[data-alarm]")?.dataset.alarm ?? this.#selected;
    return this.#rows.get(id)?.alarm ?? null;
  }

  /** Moves the focus by `step` rows, from the focused or the open one. */
  move(step) {
    const links = [...this.#body.querySelectorAll("[data-row]")];
    const row = document.activeElement?.closest?.("[data-alarm]") ?? this.#body.querySelector(".sel");
    const at = row ? links.indexOf(row.querySelector("[data-row]")) : -1;
    links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  }

  focus(id) {
    this.#rows.get(id)?.link.focus({ preventScroll: true });
  }

  onTick(now_ms) {
    this.#rows.forEach((row) => row.tick(now_ms));
  }

  /** New addresses for the links: the filters are part of them. */
  readdress() {
    for (const [id, row] of this.#rows) row.link.setAttribute("href", this.#hooks.address(id));
  }

  get isEmpty() {
    return this.#rows.size === 0 && this.fresh.hidden;
  }
}
