// The line under the bar: the highest alarm that waits, else what is wrong with the devices. It alone speaks.
import { el, setText } from "./dom.js";
import { alarmShape, messageAt, shape } from "./shapes.js";

const SPEAK_EVERY_MS = 5000;

const byId = (id) => document.getElementById(id);

/** The line: `show(state)` takes the state of the live stream. What is new is read aloud at most once in 5 s. */
export function createLine(ui) {
  const body = el("div", { class: "line-body" });
  const end = el("div", { class: "line-end" });
  const shown = { body: "", end: "", spoken: "", last_ms: -SPEAK_EVERY_MS };
  byId("line").replaceChildren(body, end);
  return function show(state) {
    if (!state.park) return;
    const sentence = sentenceOf(state, ui);
    if (sentence.key !== shown.body) body.replaceChildren(...bodyOf(sentence, ui));
    byId("line").classList.toggle("high", sentence.alarm?.priority === 1);
    const key = JSON.stringify([sentence.link, sentence.alarm, state.alarms?.counts]);
    if (key !== shown.end) end.replaceChildren(...endOf(sentence, state.alarms, ui));
    Object.assign(shown, { body: sentence.key, end: key });
    markTabs(state.alarms, ui.words);
    speak(sentence, shown);
  };
}

function sentenceOf(state, ui) {
  const found = alarmSentence(state, ui) ?? parkSentence(state.park, ui.words);
  const calm = state.alarms && !found.alarm && found.tone === "grey";
  if (!calm) return { ...found, key: JSON.stringify([found.text, found.alarm]) };
  const first = ui.words.t("line.no_alarm", { n: state.alarms.counts.active });
  const gap = ui.words.language === "zh" ? "" : " ";
  return { ...found, head: first, rest: gap + found.head, text: first + gap + found.head, key: first + found.head };
}

// A storage that fails comes before all but a high alarm: what is not kept cannot be looked up.
function alarmSentence({ alarms, park }, { words }) {
  const alarm = alarms?.top;
  if (!alarm || (park.storage !== "ok" && alarm.priority > 1)) return null;
  const colon = words.t("punct.colon");
  const text = `${words.family("priority", alarm.priority)}${colon}${messageAt(alarm, words)}`;
  return { alarm, text, tone: `p${alarm.priority}` };
}

function parkSentence(park, words) {
  const { t } = words;
  const { connected, answering, silent, known } = park.devices;
  const made = (kind, tone, head, rest = "", link = "") => ({ kind, tone, head, rest, link, text: head + rest });
  if (park.storage !== "ok") return made("bad", "p2", t(`line.${park.storage}`), "", "/gateway");
  if (known === 0) return made("not_connected", "grey", t("line.empty"));
  if (silent > 0) {
    const where = park.enterprises
      .filter((row) => row.silent > 0)
      .map((row) => `${words.local(row.name, row.id)} ${row.silent}`);
    const rest = where.length ? `${t("punct.colon")}${where.join(t("punct.comma"))}` : "";
    return made("silent", "p2", t("line.silent", { n: silent }), rest, "/devices?state=abnormal");
  }
  const waiting = connected - answering;
  if (waiting > 0) return made("waiting", "grey", t("line.waiting", { n: waiting, connected }));
  return made("answering", "grey", t("line.answering", { n: connected }));
}

function bodyOf({ alarm, kind, tone, head, rest }, ui) {
  if (!alarm) return [shape(kind, tone), el("p", { class: `say ${tone}` }, el("b", {}, head), rest)];
  const { words, fmt } = ui;
  const link = el("a", { href: `/alarms/${encodeURIComponent(alarm.id)}` }, el("b", {}, messageAt(alarm, words)));
  const since = words.t("alarm.since", { time: fmt.since(alarm.since_ms, ui.live.now()) });
  const word = el("b", { class: tone }, words.family("priority", alarm.priority));
  return [alarmShape(alarm), el("p", { class: "say" }, word, " ", link, " ", el("span", { class: "nw q" }, since))];
}

function endOf({ alarm, link }, alarms, ui) {
  const { t } = ui.words;
  const nodes = [];
  if (alarm && ui.may("alarms")) nodes.push(acknowledgeButton(alarm, ui));
  else if (link) nodes.push(el("a", { href: link }, t("line.show")));
  if (!alarms) return nodes;
  const { unacknowledged, active } = alarms.counts;
  if (active) nodes.push(el("a", { href: "/alarms" }, t("line.counts", { waiting: unacknowledged, active })));
  return nodes;
}

function acknowledgeButton(alarm, ui) {
  const button = el("button", { class: "btn", type: "button" }, ui.words.t("alarm.acknowledge"));
  button.addEventListener("click", async () => {
    const { acknowledge } = await import("./alarm-actions.js");
    await acknowledge(alarm, ui, { button });
  });
  return button;
}

/** How many wait, beside the word in both navigations; its colour is that of the highest. */
function markTabs(alarms, words) {
  const n = alarms?.counts.unacknowledged ?? 0;
  for (const mark of document.querySelectorAll("[data-count]")) {
    mark.hidden = n === 0;
    mark.className = `p${alarms?.top?.priority ?? 3}`;
    setText(mark.firstChild, String(n));
    setText(mark.lastChild, ` ${words.t("alarm.unacknowledged")}`);
  }
}

function speak({ text, alarm }, shown) {
  const now_ms = performance.now();
  if (text === shown.spoken || now_ms - shown.last_ms < SPEAK_EVERY_MS) return;
  shown.spoken = text;
  shown.last_ms = now_ms;
  setText(byId(alarm?.priority === 1 ? "shout" : "say"), text);
}
