// The newest lines of the gateway's log: a tail that goes on by itself, and all that is kept with a choice of level.
import { ask } from "./api.js";
import { el, every } from "./dom.js";
import { fillBox, section } from "./sections.js";
import { openDialog } from "./dialogs.js";

const TAIL = 8;
const ALL = 1000;
const ASK_AGAIN_S = 5;
const LEVELS = ["info", "warning", "error"];

/** What stands between quotes is said to people. */
const inWords = (text, { said }) => text.replace(/"([^"]+)"/g, (_, sentence) => `"${said(sentence)}"`);

// The event's name is the first word; what is no information stands out.
function line(record, isTail, { words, fmt }, now_ms) {
  const shown = inWords(record.text, words);
  const [event, ...rest] = shown.split(" ");
  const loud = record.level !== "info" && record.level !== "debug";
  const level = loud ? el("span", { class: "hidden-word" }, `${words.family("level", record.level)} `) : null;
  const text = el("span", { class: isTail ? "tail" : "", title: isTail ? shown : null });
  text.append(...(level ? [level] : []), loud ? el("b", {}, event) : event, ` ${rest.join(" ")}`);
  return el("li", {}, el("time", {}, isTail ? fmt.clock(record.time_ms) : fmt.since(record.time_ms, now_ms)), text);
}

const list = (records, isTail, ui) =>
  el("ol", { class: "log" }, records.map((record) => line(record, isTail, ui, ui.live.now())));

async function showAll(ui) {
  const { t, family } = ui.words;
  const box = el("div", { class: "tall" });
  const buttons = LEVELS.map((level) =>
    el("button", { type: "button", "aria-pressed": "false", onclick: () => choose(level) }, family("level", level)),
  );
  function choose(level) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(LEVELS[i] === level)));
    fillBox(box, ui.words, ui.signal, async () => {
      const { items } = await ask(`logs?level=${level}&limit=${ALL}`, ui.signal);
      return items.length ? list(items.reverse(), false, ui) : el("p", { class: "q empty" }, t("log.none"));
    });
  }
  const dialog = await openDialog(
    t("log.title"),
    t("keys.close"),
    el("p", { class: "s q" }, t("log.kept")),
    el("div", { class: "tools" }, el("div", { class: "seg", role: "group", "aria-label": t("log.level") }, buttons)),
    box,
  );
  dialog.classList.add("wide");
  choose("info");
}

/** The section. */
export function log(ui) {
  const { t } = ui.words;
  const body = el("div");
  let records = [];
  let last = 0;
  const load = async () => {
    const { items, last_id } = await ask(`logs?since=${last}&limit=${TAIL}`, ui.signal);
    if (last_id < last) records = []; // the gateway was started again
    records = [...records, ...items].slice(-TAIL);
    last = last_id;
    return records.length ? list([...records].reverse(), true, ui) : el("p", { class: "q empty" }, t("log.none"));
  };
  fillBox(body, ui.words, ui.signal, load, 6);
  every(
    ASK_AGAIN_S,
    async () => {
      try {
        const node = await load();
        if (!ui.signal.aborted) body.replaceChildren(node);
      } catch {
        // the bar tells that the gateway is away; the last lines stay
      }
    },
    ui.signal,
  );
  const all = el("button", { class: "link", type: "button", onclick: () => showAll(ui) }, t("log.all"));
  return section(t("log.title"), { end: [all] }, body);
}
