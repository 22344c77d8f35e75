// Notification channels and alarm rules on the Gateway page: do messages go out, which rules are loaded from where.
import { ask, send, sentenceOf } from "./api.js";
import { el, every, setText } from "./dom.js";
import { named, table } from "./rows.js";
import { fillBox, section } from "./sections.js";
import { chip, shape } from "./shapes.js";
import { toast } from "./toast.js";

const ASK_AGAIN_S = 10;
const TEST_PATIENCE_S = 45; // a provider may take its time
const SHAPES = { ok: "answering", waiting: "stale", failing: "bad" };
const TONES = { waiting: "p2", failing: "p2" };

// A section that is asked anew by itself, except while somebody uses it.
function living(title, load, ui, end = []) {
  const body = el("div");
  const node = section(title, { end }, body);
  const again = async () => {
    if (node.contains(document.activeElement) || node.querySelector(":disabled")) return;
    try {
      const nodes = await load();
      if (!ui.signal.aborted) body.replaceChildren(...[nodes].flat());
    } catch {
      // the bar tells that the gateway is away; the last table stays
    }
  };
  const fill = () => fillBox(body, ui.words, ui.signal, load, 4);
  fill();
  every(ASK_AGAIN_S, again, ui.signal);
  return { node, fill };
}

async function press(button, busy, order) {
  const before = button.textContent;
  Object.assign(button, { disabled: true, textContent: busy });
  try {
    return await order();
  } finally {
    Object.assign(button, { disabled: false, textContent: before });
    button.focus();
  }
}

function testButton(channel, answer, ui) {
  const { t } = ui.words;
  const button = el("button", { class: "btn small", type: "button" }, t("channel.test"));
  button.addEventListener("click", () =>
    press(button, t("channel.testing"), async () => {
      try {
        const said = await send(`notifications/${encodeURIComponent(channel.name)}/test`, {}, { patience_s: TEST_PATIENCE_S });
        answer.replaceChildren(chip("tick", ui.words.said(said.answer)));
        toast(t("channel.accepted", { name: channel.name, answer: ui.words.said(said.answer) }));
      } catch (error) {
        answer.replaceChildren(chip("bad", sentenceOf(error, ui.words), "p2 wrap"));
        toast(`${channel.name}${t("punct.colon")}${sentenceOf(error, ui.words)}`, { refused: true });
      }
    }),
  );
  return button;
}

function channelRow(channel, ui) {
  const { words, fmt, live } = ui;
  const count = (n) => fmt.number(n, 0);
  const answer = el("span", {}, words.said(channel.last_answer) || "–");
  const time = channel.last_sent_ms
    ? el("span", { class: "s q under" }, fmt.since(channel.last_sent_ms, live.now()))
    : null;
  const error = channel.error ? el("span", { class: "s q under" }, words.said(channel.error)) : null;
  return [
    named(channel.name, words.family("driver", channel.driver)),
    [chip(SHAPES[channel.state] ?? "waiting", words.family("channel", channel.state), TONES[channel.state]), error],
    count(channel.queued),
    count(channel.sent),
    count(channel.failed),
    [answer, time],
    ...(ui.may("rules") ? [testButton(channel, answer, ui)] : []),
  ];
}

function channels(ui) {
  const { t } = ui.words;
  const heads = [
    ["channel.name", ""],
    ["channel.state", ""],
    ["channel.queued", "n"],
    ["channel.sent", "n"],
    ["channel.failed", "n"],
    ["channel.answer", "pl"],
    ...(ui.may("rules") ? [["channel.action", "n"]] : []),
  ].map(([key, kind]) => [t(key), kind]);
  const load = async () => {
    const { channels: list } = await ask("notifications", ui.signal);
    if (list.length === 0) return el("p", { class: "q empty" }, t("channel.none"));
    return table(
      t("channel.title"),
      heads,
      list.map((channel) => channelRow(channel, ui)),
    );
  };
  return living(t("channel.title"), load, ui).node;
}

/** A finding or mistake as a line: text as it is, else its place, what is wrong, and what to do. */
function findingText(found, words) {
  if (typeof found === "string") return words.said(found);
  const place = [found.file, found.line, found.column].filter((part) => part !== undefined && part !== "").join(":");
  return [place, words.both(found.message ?? "", found.hint ?? "")].filter(Boolean).join(": ");
}

function listed(findings, { words }) {
  const lines = findings.map((found) =>
    el("li", {}, shape("uncertain", "p2"), el("span", {}, findingText(found, words))),
  );
  return el("ul", { class: "findings" }, lines);
}

function ruleRow(rule, { words, fmt }) {
  const { t } = words;
  const state = rule.enabled ? chip("answering", t("rule.on")) : chip("dash", t("rule.off"));
  return [
    named(words.local(rule.name, rule.rule), rule.rule),
    state,
    fmt.number(rule.alarms, 0),
    fmt.number(rule.active, 0),
    el("code", { class: "s" }, `${rule.file}:${rule.line}`),
  ];
}

function reloadButton(said, refill, ui) {
  const { t } = ui.words;
  const button = el("button", { class: "btn small", type: "button" }, t("rule.reload"));
  const order = async () => {
    try {
      const done = await send("rules/reload", {}, { patience_s: TEST_PATIENCE_S });
      said.replaceChildren(
        el("p", { role: "status" }, t("rule.reloaded", done)),
        done.findings?.length ? listed(done.findings, ui) : "",
      );
      refill();
    } catch (error) {
      const head = el(
        "p",
        { class: "failed" },
        shape("bad", "p2"),
        el("b", { class: "p2" }, t("rule.refused")),
        " ",
        sentenceOf(error, ui.words),
      );
      said.replaceChildren(el("div", { role: "alert" }, head, error.errors?.length ? listed(error.errors, ui) : ""));
    }
  };
  button.addEventListener("click", () => press(button, t("rule.reloading"), order));
  return button;
}

function rules(ui) {
  const { t } = ui.words;
  const said = el("div", { class: "said" });
  const loaded = el("span", { class: "q" });
  const heads = [
    ["rule.name", ""],
    ["channel.state", ""],
    ["rule.alarms", "n"],
    ["rule.active", "n"],
    ["rule.file", "pl"],
  ].map(([key, kind]) => [t(key), kind]);
  const load = async () => {
    const { items, loaded_ms: time_ms, findings } = await ask("rules", ui.signal);
    setText(loaded, time_ms ? t("rule.loaded", { time: ui.fmt.since(time_ms, ui.live.now()) }) : "");
    const body = items.length
      ? table(
          t("rule.title"),
          heads,
          items.map((rule) => ruleRow(rule, ui)),
        )
      : el("p", { class: "q empty" }, t("rule.none"));
    return [body, findings?.length ? listed(findings, ui) : ""];
  };
  const button = ui.may("rules") ? reloadButton(said, () => part.fill(), ui) : null;
  const part = living(t("rule.title"), load, ui, [loaded, button]);
  part.node.querySelector("header").after(said);
  return part.node;
}

/** Both sections, below the account of the samples. */
export function alarmSections(ui) {
  return el("div", { class: "stack low" }, channels(ui), rules(ui));
}
