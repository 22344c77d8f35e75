// The journal of alarms: what happened when, newest first, narrowed by time and alarm, as a file.
import { ask } from "./api.js";
import { eventText } from "./alarm-words.js";
import { el } from "./dom.js";
import { failed, loading } from "./sections.js";
import { alarmChip } from "./shapes.js";

const PAGE = 200;
const HOUR_MS = 3600e3;
const SPANS = [
  ["1h", HOUR_MS],
  ["24h", 24 * HOUR_MS],
  ["7d", 168 * HOUR_MS],
  ["31d", 744 * HOUR_MS],
];

/** The site's wall clock as a form field has it: `2026-11-19T14:32`. */
const wallOf = (time_ms, fmt) => new Date(time_ms + fmt.offset(time_ms)).toISOString().slice(0, 16);

/** The time of such a text at the site; NaN where it is none. */
function fromWall(text, fmt) {
  const guess = Date.parse(`${text}Z`);
  return Number.isNaN(guess) ? guess : guess - fmt.offset(guess - fmt.offset(guess));
}

class Journal {
  #ui;
  #asked;
  #span = "24h";
  #range = null; // [from, to] in words of the address, where a person gave times
  #before = null; // where the next page begins
  #turn = 0; // an answer to a question that was changed meanwhile is dropped
  #body = el("tbody");
  #box = el("div");
  #inputs = {};

  constructor(asked, ui) {
    this.#ui = ui;
    const { t } = ui.words;
    this.spans = SPANS.map(([name]) =>
      el("button", { type: "button", onclick: () => this.#choose(name) }, t(`span.${name}`)),
    );
    this.alarm = el("input", { type: "search", list: "known-alarms", onchange: () => this.#write() });
    this.known = el("datalist", { id: "known-alarms" });
    for (const name of ["from", "to"])
      this.#inputs[name] = el("input", { type: "datetime-local", onchange: () => this.#ownTimes() });
    this.file = el("a", { class: "btn", download: true, hidden: !ui.may("export") }, "CSV");
    this.more = el(
      "button",
      { class: "btn", type: "button", hidden: true, onclick: () => this.#fill(false) },
      t("journal.older"),
    );
    const label = (key, node) => el("label", { class: "lab" }, t(key), node);
    const form = el(
      "div",
      { class: "journal-filters" },
      el("span", { class: "seg", role: "group", "aria-label": t("journal.span") }, this.spans),
      label("journal.from", this.#inputs.from),
      label("journal.to", this.#inputs.to),
      label("journal.alarm", this.alarm),
      this.known,
      this.file,
    );
    const heads = ["journal.time", "journal.alarm", "journal.event"].map((key) => el("th", { scope: "col" }, t(key)));
    this.table = el(
      "table",
      { class: "cards events", "aria-label": t("view.journal") },
      el("thead", {}, el("tr", {}, heads)),
      this.#body,
    );
    this.node = el("div", {}, form, this.#box, this.more);
    this.#asked = asked;
    this.#read(new URL(location.href));
    this.#fill(true);
  }

  #read({ searchParams }) {
    this.alarm.value = searchParams.get("alarm") ?? "";
    const [from, to] = ["from", "to"].map((name) => Date.parse(searchParams.get(name) ?? ""));
    this.#range = to > from ? [from, to] : null;
    const span = searchParams.get("span");
    this.#span = SPANS.some(([name]) => name === span) ? span : this.alarm.value ? "31d" : "24h";
    SPANS.forEach(([name], i) =>
      this.spans[i].setAttribute("aria-pressed", String(!this.#range && name === this.#span)),
    );
    const { fmt } = this.#ui;
    const [first, last] = this.#times();
    this.#inputs.from.value = this.#range ? wallOf(first, fmt) : "";
    this.#inputs.to.value = this.#range ? wallOf(last, fmt) : "";
  }

  #times() {
    if (this.#range) return this.#range;
    const now_ms = Math.ceil(this.#ui.live.now());
    return [now_ms - SPANS.find(([name]) => name === this.#span)[1], now_ms];
  }

  #choose(span) {
    this.#span = span;
    this.#range = null;
    this.#write();
  }

  // Times are the site's; both ends are needed before anything is asked.
  #ownTimes() {
    const { fmt } = this.#ui;
    const [from, to] = ["from", "to"].map((name) => fromWall(this.#inputs[name].value, fmt));
    if (to > from) {
      this.#range = [from, to];
      this.#write();
    }
  }

  // The address can be sent by mail: what is asked for is in it.
  #write() {
    const query = new URLSearchParams({ state: "journal" });
    const { priority, enterprise } = this.#asked;
    if (priority) query.set("priority", priority);
    if (enterprise) query.set("enterprise", enterprise);
    if (this.alarm.value.trim()) query.set("alarm", this.alarm.value.trim());
    if (this.#range) ["from", "to"].forEach((name, i) => query.set(name, new Date(this.#range[i]).toISOString()));
    else query.set("span", this.#span);
    history.replaceState(null, "", `/alarms?${query}`);
    this.#read(new URL(location.href));
    this.#fill(true);
  }

  #query() {
    const [from_ms, to_ms] = this.#times();
    const query = new URLSearchParams({ from: new Date(from_ms).toISOString(), to: new Date(to_ms).toISOString() });
    const { priority, enterprise } = this.#asked;
    for (const [name, value] of Object.entries({ priority, enterprise, alarm: this.alarm.value.trim() }))
      if (value) query.set(name, value);
    return query;
  }

  async #fill(isFirst) {
    const { words, signal } = this.#ui;
    const turn = isFirst ? (this.#turn += 1) : this.#turn;
    const query = this.#query();
    this.file.href = `/api/v1/alarms/journal?${query}&format=csv`;
    if (isFirst) {
      this.#before = null;
      this.#body.replaceChildren();
      this.#box.replaceChildren(loading(words, 8));
    } else query.set("before", this.#before);
    query.set("limit", PAGE);
    try {
      const { items, next_before: before } = await ask(`alarms/journal?${query}`, signal);
      if (turn !== this.#turn) return;
      this.#before = before;
      this.more.hidden = before === null;
      this.#body.append(...items.map((event) => this.#row(event)));
      this.#name(items);
      const isEmpty = !this.#body.hasChildNodes();
      this.#box.replaceChildren(isEmpty ? el("p", { class: "q empty" }, words.t("journal.empty")) : this.table);
    } catch (error) {
      if (!signal.aborted && turn === this.#turn) this.#box.replaceChildren(failed(error, words, () => this.#fill(isFirst)));
    }
  }

  #name(items) {
    const ids = new Set([...this.known.children].map((option) => option.value));
    for (const { alarm } of items) if (!ids.has(alarm)) this.known.append(el("option", { value: alarm }));
  }

  #row(event) {
    const { words, fmt, live } = this.#ui;
    const message = words.local(event.message, event.alarm);
    const link = el("a", { href: `/alarms/${encodeURIComponent(event.alarm)}`, "data-row": true }, message);
    const only = el("button", { class: "link s", type: "button", onclick: () => this.#only(event.alarm) }, event.alarm);
    return el(
      "tr",
      {},
      el("td", { class: "nw" }, fmt.since(event.time_ms, live.now())),
      el("td", {}, el("span", { class: "event-alarm" }, alarmChip(event, words), link), only),
      el("td", {}, eventText(event, this.#ui)),
    );
  }

  #only(alarm) {
    this.alarm.value = alarm;
    if (!this.#range) this.#span = "31d";
    this.#write();
  }

  update(address) {
    this.#read(address);
    this.#fill(true);
  }
}

/** The journal as an address asks for it; `asked`: enterprise and priority. */
export function createJournal(asked, ui) {
  return new Journal(asked, ui);
}
