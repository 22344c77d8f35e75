// Gateway: is every accepted value accounted for?
import { ask } from "./api.js";
import { el, every } from "./dom.js";
import { alarmSections } from "./gateway-alarms.js";
import { configuration } from "./gateway-configuration.js";
import { log } from "./gateway-log.js";
import { machine } from "./gateway-machine.js";
import { outbox } from "./gateway-outbox.js";
import { sources } from "./gateway-sources.js";
import { countsOf, stateOf } from "./gateway-words.js";
import { named, table } from "./rows.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const ASK_AGAIN_S = 5;
const TREND_AGAIN_S = 120;

function causesOf(dropped, { words, fmt }) {
  const causes = Object.entries(dropped).filter(([, n]) => n > 0);
  const sum = causes.reduce((total, [, n]) => total + n, 0);
  return [
    fmt.number(sum, 0),
    causes.length
      ? el(
          "span",
          { class: "s q under" },
          causes
            .map(([cause, n]) => `${words.family("cause", cause)} ${fmt.number(n, 0)}`)
            .join(words.t("punct.comma")),
        )
      : null,
  ];
}

function sinkHeads({ t }) {
  return [
    ["gateway.sink", ""],
    ["gateway.state", ""],
    ["gateway.accepted", "n"],
    ["gateway.delivered", "n"],
    ["gateway.buffered", "n"],
    ["gateway.quarantined", "n"],
    ["gateway.dropped", "n"],
    ["gateway.oldest", "n"],
    ["gateway.balance", "pl"],
  ].map(([key, kind]) => [t(key), kind]);
}

function sinkRow(sink, status, ui) {
  const { t } = ui.words;
  const count = (n) => ui.fmt.number(n, 0);
  return [
    named(sink.name, ui.words.family("driver", sink.driver)),
    [...stateOf(sink, ui), el("span", { class: "s q under counts" }, countsOf(sink, ui).join(t("punct.comma")))],
    count(sink.accepted),
    count(sink.delivered),
    count(sink.buffered),
    count(sink.quarantined),
    causesOf(sink.dropped, ui),
    sink.waited_s === null ? "–" : ui.fmt.age(sink.waited_s),
    sink.balanced ? chip("tick", t("gateway.adds_up")) : chip("bad", t("gateway.off"), "p1"),
  ];
}

function sinks(status, ui) {
  const { t } = ui.words;
  const rows = status.sinks.map((sink) => sinkRow(sink, status, ui));
  const body = rows.length
    ? table(t("gateway.sinks"), sinkHeads(ui.words), rows)
    : el("p", { class: "q empty" }, t("gateway.no_sink"));
  const refused = status.sinks.reduce((sum, sink) => sum + sink.quarantined, 0);
  const open = async () => (await import("./gateway-quarantine.js")).showQuarantine(ui);
  const text = t("gateway.quarantine", { n: ui.fmt.number(refused, 0) });
  const end = [
    el("button", { class: "link", type: "button", onclick: open }, text),
    ui.may("metrics") ? el("a", { href: "/metrics", target: "_blank", rel: "noreferrer" }, t("gateway.metrics")) : null,
  ];
  const note = t("gateway.started", { time: ui.fmt.since(status.started_ms, status.time_ms) });
  return section(t("gateway.equation"), { note, end: end.filter(Boolean) }, body);
}

/** Messages that yielded nothing, as they came: for the person who looks after the device. */
function rejects(status, ui) {
  const { t } = ui.words;
  const all = status.sources.flatMap((source) => source.rejects ?? []);
  if (all.length === 0) return null;
  const heads = [
    ["gateway.when", ""],
    ["gateway.topic", ""],
    ["gateway.reason", ""],
    ["gateway.payload", "pl"],
  ].map(([key, kind]) => [t(key), kind]);
  const newest = all.sort((a, b) => b.time_ms - a.time_ms).slice(0, 20);
  const rows = newest.map((reject) => [
    ui.fmt.since(reject.time_ms, status.time_ms),
    reject.topic,
    ui.words.said(reject.reason),
    el("code", { class: "s q" }, reject.payload),
  ]);
  return section(t("gateway.rejects"), {}, table(t("gateway.rejects"), heads, rows));
}

function answer(status, { words, fmt }) {
  const { t } = words;
  const off = status.sinks.filter((sink) => !sink.balanced);
  const late = status.sinks.filter((sink) => sink.state === "waiting");
  const sumOf = (counts) => counts.reduce((a, b) => a + b, 0);
  const without = sumOf(status.sinks.map((sink) => sink.dropped.no_value ?? 0)); // there was nothing to lose
  const lost = sumOf(status.sinks.flatMap((sink) => Object.values(sink.dropped))) - without;
  const first = off.length
    ? el("b", { class: "p1" }, t("gateway.answer_off", { name: off[0].name }))
    : el("b", {}, t("gateway.answer"));
  const rest = [
    late.length ? t("gateway.answer_late", { n: late.length }) : "",
    lost ? t("gateway.answer_lost", { n: fmt.number(lost, 0) }) : "",
    without ? t("gateway.answer_no_value", { n: fmt.number(without, 0), count: without }) : "",
  ];
  return el("p", {}, first, " ", el("span", { class: "q" }, rest.filter(Boolean).join(" ")));
}

// Values a second that come into the outbox, between two answers; null before the second one.
function rateBetween(before, status) {
  const seconds = before ? (status.time_ms - before.time_ms) / 1000 : 0;
  if (seconds <= 0) return null;
  const accepted = ({ sinks: list }) => Math.max(0, ...list.map((sink) => sink.accepted));
  return Math.max(0, accepted(status) - accepted(before)) / seconds;
}

/** The page; its tables are asked anew every five seconds. */
export function show(ui) {
  const { t } = ui.words;
  const sentence = el("div");
  const first = el("div");
  const lines = el("div");
  const left = el("div");
  ui.title(t("nav.gateway"));
  ui.live.want({});
  const box = outbox(ui);
  const config = configuration(ui);
  let before = null;
  ui.main.append(
    el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("nav.gateway")), sentence),
    first,
    el("div", { class: "grid low" }, el("div", { class: "c7" }, lines), el("div", { class: "c5" }, box.node)),
    el(
      "div",
      { class: "grid low" },
      [config.node, machine(ui), log(ui)].map((part) => el("div", { class: "c4" }, part)),
    ),
    config.place,
    left,
    alarmSections(ui),
  );
  const load = async () => {
    const [status, loads] = await Promise.all([ask("status", ui.signal), ask("sources", ui.signal)]);
    const rate = rateBetween(before, status);
    if (ui.signal.aborted) return [];
    before = status;
    sentence.replaceChildren(answer(status, ui));
    lines.replaceChildren(sources(status, loads, rate, ui));
    left.replaceChildren(rejects(status, ui) ?? "");
    box.tell(status, rate);
    config.tell(status.findings);
    return [sinks(status, ui)];
  };
  fillBox(first, ui.words, ui.signal, load, 8);
  every(
    ASK_AGAIN_S,
    async () => {
      if (first.contains(document.activeElement)) return; // somebody is at a link of the table
      try {
        const nodes = await load();
        if (!ui.signal.aborted) first.replaceChildren(...nodes);
      } catch {
        // the bar tells that the gateway is away; the last table stays
      }
    },
    ui.signal,
  );
  every(TREND_AGAIN_S, box.refresh, ui.signal);
  return { onTheme: box.redraw };
}
