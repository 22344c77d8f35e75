// Gateway: is every accepted value accounted for?
import { ask } from "./api.js";
import { el, every } from "./dom.js";
import { alarmSections } from "./gateway-alarms.js";
import { named, table } from "./rows.js";
import { fillBox, section } from "./sections.js";
import { chip, shape } from "./shapes.js";

const ASK_AGAIN_S = 5;
const NBSP = "\u00a0";

const SHAPES = { delivering: "answering", running: "answering", idle: "waiting", waiting: "stale", stopped: "silent" };
const TONES = { waiting: "p2", stopped: "p2" };

function stateOf(entry, { words }) {
  const said = words.both(entry.error, entry.hint);
  return [
    chip(SHAPES[entry.state] ?? "waiting", words.family("run", entry.state), TONES[entry.state]),
    said ? el("span", { class: "s q under" }, said) : null,
  ];
}

function countName(name, words) {
  const status = /^status_(\d+)$/.exec(name);
  return status ? words.t("count.status", { code: status[1] }) : words.family("count", name).replaceAll("_", " ");
}

function countsOf({ counts }, { words, fmt }) {
  const known = Object.entries(counts).filter(([, n]) => n > 0);
  return known.map(([name, n]) => `${countName(name, words)}${NBSP}${fmt.number(n, 0)}`);
}

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

function sinks(status, ui) {
  const { t } = ui.words;
  const heads = [
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
  const count = (n) => ui.fmt.number(n, 0);
  const rows = status.sinks.map((sink) => [
    named(sink.name, ui.words.family("driver", sink.driver)),
    [...stateOf(sink, ui), el("span", { class: "s q under counts" }, countsOf(sink, ui).join(t("punct.comma")))],
    count(sink.accepted),
    count(sink.delivered),
    count(sink.buffered),
    count(sink.quarantined),
    causesOf(sink.dropped, ui),
    sink.oldest_ms === null ? "–" : ui.fmt.age((status.time_ms - sink.oldest_ms) / 1000),
    sink.balanced ? chip("tick", t("gateway.adds_up")) : chip("bad", t("gateway.off"), "p1"),
  ]);
  const body = rows.length
    ? table(t("gateway.sinks"), heads, rows)
    : el("p", { class: "q empty" }, t("gateway.no_sink"));
  return section(
    t("gateway.equation"),
    { note: t("gateway.started", { time: ui.fmt.since(status.started_ms, status.time_ms) }) },
    body,
  );
}

function sources(status, ui) {
  const { t } = ui.words;
  const heads = [
    ["gateway.source", ""],
    ["gateway.state", ""],
    ["gateway.devices", "n"],
    ["gateway.counts", "pl"],
  ].map(([key, kind]) => [t(key), kind]);
  const rows = status.sources.map((source) => {
    const counts = countsOf(source, ui);
    const retry = source.retry_in_s === null ? [] : [t("gateway.retry", { age: ui.fmt.age(source.retry_in_s) })];
    return [
      named(source.name, [
        `${ui.words.family("driver", source.driver)} `,
        el("span", { class: "whole" }, source.address),
      ]),
      stateOf(source, ui),
      ui.fmt.number(source.devices, 0),
      el("span", { class: "s q" }, [...counts, ...retry].join(t("punct.comma"))),
    ];
  });
  return section(
    t("gateway.sources"),
    { note: t("gateway.n", { n: rows.length }) },
    rows.length ? table(t("gateway.sources"), heads, rows) : el("p", { class: "q empty" }, t("gateway.no_source")),
  );
}

function bytesText(count, fmt) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = count > 0 ? Math.min(4, Math.floor(Math.log2(count) / 10)) : 0;
  return `${fmt.number(count / 1024 ** step, step ? 1 : 0)}${NBSP}${units[step]}`;
}

function pairs(list) {
  return el(
    "dl",
    { class: "kv" },
    list.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

function outbox({ outbox: box, time_ms }, ui) {
  const { t } = ui.words;
  const { fmt } = ui;
  const known = (value, write) => (value === undefined || value === null ? "–" : write(value));
  return section(
    t("gateway.outbox"),
    {},
    pairs([
      [
        t("gateway.size"),
        t("gateway.size_of", { bytes: bytesText(box.bytes, fmt), max: bytesText(box.max_bytes, fmt) }),
      ],
      [t("gateway.rows"), fmt.number(box.rows, 0)],
      [t("gateway.oldest"), known(box.oldest_ms, (oldest_ms) => fmt.age((time_ms - oldest_ms) / 1000))],
      [
        t("gateway.commits"),
        known(box.commits, (n) =>
          t("gateway.commits_p99", { n: fmt.number(n, 0), ms: known(box.commit_p99_ms, (ms) => fmt.number(ms, 1)) }),
        ),
      ],
      [t("gateway.disk"), bytesText(box.free_bytes, fmt)],
    ]),
  );
}

function findings(status, ui) {
  const { t } = ui.words;
  const all = status.findings;
  const body = all.length
    ? el(
        "ul",
        { class: "findings" },
        all.map((text) => el("li", {}, shape("uncertain", "p2"), text)),
      )
    : el("p", { class: "q empty" }, t("gateway.no_finding"));
  return section(
    t("gateway.findings"),
    {},
    body,
    pairs([
      [t("gateway.version"), status.version],
      [t("gateway.up"), ui.fmt.age(status.uptime_s)],
    ]),
  );
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
    reject.reason,
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

/** The page; its table is asked anew every five seconds. */
export function show(ui) {
  const { t } = ui.words;
  const sentence = el("div");
  const body = el("div");
  ui.title(t("nav.gateway"));
  ui.live.want({});
  ui.main.append(
    el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("nav.gateway")), sentence),
    body,
    alarmSections(ui),
  );
  const load = async () => {
    const status = await ask("status", ui.signal);
    sentence.replaceChildren(answer(status, ui));
    return [
      sinks(status, ui),
      el(
        "div",
        { class: "grid low" },
        el("div", { class: "c8" }, sources(status, ui)),
        el("div", { class: "c4 stack" }, outbox(status, ui), findings(status, ui)),
      ),
      rejects(status, ui) ?? "",
    ];
  };
  fillBox(body, ui.words, ui.signal, load, 12);
  every(
    ASK_AGAIN_S,
    async () => {
      try {
        const nodes = await load();
        if (!ui.signal.aborted) body.replaceChildren(...nodes);
      } catch {
        // the bar tells that the gateway is away; the last table stays
      }
    },
    ui.signal,
  );
  return {};
}
