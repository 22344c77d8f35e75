// The open alarm: trend around the raise, what to do, comment, actions, what happened.
import { ask } from "./api.js";
import { createAlarmTrend } from "./alarm-trend.js";
import { el, setText } from "./dom.js";
import { button, eventText, lastingText, stateText, whereText } from "./alarm-words.js";
import { fillBox, section } from "./sections.js";
import { alarmChip, detailOf, isWaiting } from "./shapes.js";

function history(events, ui) {
  const now_ms = ui.live.now();
  const items = events.map((event) =>
    el("li", {}, el("time", {}, ui.fmt.since(event.time_ms, now_ms)), el("p", {}, eventText(event, ui))),
  );
  if (items.length === 0) return el("p", { class: "q empty" }, ui.words.t("pane.no_event"));
  return el("ol", { class: "timeline" }, items);
}

class Pane {
  #ui;
  #id;
  #hooks;
  #alarm = null;
  #trend = null;
  #drawnFor = ""; // the occurrence whose trend is drawn, as far as the chart shows it
  #comment;
  #parts = {};

  constructor(box, id, hooks, ui) {
    this.#ui = ui;
    this.#id = id;
    this.#hooks = hooks;
    this.#comment = el("textarea", { rows: 2, maxlength: 500 });
    fillBox(box, ui.words, ui.signal, () => this.#load(), 8);
  }

  async #load() {
    const { t } = this.#ui.words;
    this.#alarm = await this.#ask();
    const names = ["chip", "title", "message", "trend", "guidance", "state", "actions", "history"];
    this.#parts = Object.fromEntries(names.map((name) => [name, el("div", { class: `pane-${name}` })]));
    const parts = this.#parts;
    const head = el("header", {}, el("h2", {}, parts.title), el("span", { class: "end" }, parts.chip));
    const name = this.#ui.words.local(this.#alarm.rule_name, this.#alarm.rule);
    const nodes = [
      el("p", { class: "s crumbs" }, el("a", { href: this.#hooks.back }, t("alarms.all"))),
      el(
        "section",
        { class: "sec", "aria-label": name },
        head,
        parts.message,
        parts.trend,
        parts.guidance,
        parts.state,
        this.#ui.may("alarms") ? el("label", { class: "lab comment" }, t("alarm.comment"), this.#comment) : null,
        parts.actions,
      ),
      section(t("pane.history"), { end: [this.#journalLink()] }, parts.history),
    ];
    this.#show();
    return nodes;
  }

  #ask() {
    return ask(`alarms/${encodeURIComponent(this.#id)}`, this.#ui.signal);
  }

  #journalLink() {
    const query = new URLSearchParams({ state: "journal", alarm: this.#id });
    return el("a", { href: `/alarms?${query}` }, this.#ui.words.t("view.journal"));
  }

  #show() {
    const alarm = this.#alarm;
    const { words } = this.#ui;
    const { t } = words;
    const parts = this.#parts;
    const title = words.local(alarm.rule_name, alarm.rule);
    const message = detailOf(alarm, words);
    setText(parts.title, title);
    parts.chip.replaceChildren(alarmChip(alarm, words));
    parts.message.replaceChildren(
      ["", title].includes(message) ? "" : el("b", {}, message),
      el("span", { class: "q s under" }, whereText(alarm, words)),
    );
    const advice = words.local(alarm.guidance);
    parts.guidance.replaceChildren(...(advice ? [el("p", {}, el("b", {}, t("pane.guidance")), " ", advice)] : []));
    this.#showState();
    parts.actions.replaceChildren(...this.#actions());
    parts.history.replaceChildren(history(alarm.events ?? [], this.#ui));
    this.#showTrend();
  }

  #showState() {
    const alarm = this.#alarm;
    const { words, fmt, live } = this.#ui;
    const { t } = words;
    const lines = [stateText(alarm, this.#ui)];
    if (alarm.acknowledged_by) {
      const time = alarm.acknowledged_ms ? fmt.since(alarm.acknowledged_ms, live.now()) : "";
      lines[0] += t("punct.comma") + t("pane.by", { name: alarm.acknowledged_by, time });
    }
    const lasting = lastingText(alarm, live.now(), fmt);
    if (lasting && alarm.state !== "normal")
      lines.push(t(alarm.returned_ms ? "pane.lasted" : "pane.lasts", { age: lasting }));
    if (alarm.comment) lines.push(`${t("alarm.comment")}${t("punct.colon")}${alarm.comment}`);
    this.#parts.state.replaceChildren(...lines.map((line) => el("p", { class: "q s" }, line)));
  }

  // What cannot be done now is there with the reason; what makes no sense in this state is not.
  #actions() {
    const alarm = this.#alarm;
    const { t } = this.#ui.words;
    const { state } = alarm;
    if (!this.#ui.may("alarms")) return [];
    const made = (verb, key, given) => button(t(key), (node) => this.#press(verb, node), given);
    const first = { look: "go" };
    const nodes = [];
    if (isWaiting(alarm)) nodes.push(made("acknowledge", "alarm.acknowledge", first));
    if (state === "shelved") nodes.push(made("unshelve", "alarm.unshelve", first));
    if (state === "out_of_service") nodes.push(made("back", "alarm.back_to_service", first));
    const isLatched = alarm.state.startsWith("latched");
    if (isLatched || alarm.accumulates)
      nodes.push(
        made("reset", "alarm.reset", {
          look: isLatched && !isWaiting(alarm) ? "go" : "",
          why: isWaiting(alarm) && !alarm.accumulates ? t("pane.acknowledge_first") : "",
        }),
      );
    if (state === "out_of_service") return [...nodes, this.#commentButton()];
    if (state !== "shelved" && alarm.max_shelve_s >= 900) nodes.push(made("shelve_15", "pane.shelve_15"));
    if (state !== "shelved") nodes.push(made("shelve", "pane.shelve_choice"));
    nodes.push(made("out", "alarm.out_of_service"), this.#commentButton());
    return nodes;
  }

  #commentButton() {
    const add = (node) => {
      if (this.#comment.value.trim() === "") this.#comment.focus();
      else this.#press("comment", node);
    };
    return button(this.#ui.words.t("pane.add_comment"), add);
  }

  async #press(verb, node) {
    const comment = this.#comment.value.trim();
    const now = await this.#hooks.act(this.#alarm, verb, { comment, button: node });
    if (now) this.#comment.value = "";
  }

  #showTrend() {
    const { occurrence, since_ms, returned_ms, priority } = this.#alarm;
    const key = [occurrence, since_ms, returned_ms, priority].join(" ");
    if (key === this.#drawnFor) return;
    this.#drawnFor = key;
    this.#trend?.stop();
    this.#trend = createAlarmTrend(this.#parts.trend, this.#alarm, this.#ui);
  }

  /** Asks for the alarm anew; what is typed into the comment stays. */
  async refresh() {
    if (!this.#alarm) return;
    try {
      this.#alarm = await this.#ask();
      if (!this.#ui.signal.aborted) this.#show();
    } catch {
      // the last known stays; the list says what failed
    }
  }

  onTick() {
    if (this.#alarm) this.#showState();
  }

  onTheme() {
    this.#trend?.redraw();
  }

  onKey(name) {
    return name === "table" && (this.#trend?.toggle() ?? false);
  }
}

/** Fills `box` with the alarm `id`. `hooks`: act(alarm, verb, {comment, button}), back (address of the list). */
export function createPane(box, id, hooks, ui) {
  return new Pane(box, id, hooks, ui);
}
