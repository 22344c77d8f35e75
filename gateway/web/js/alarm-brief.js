// The active alarms of a device or an enterprise in brief: shape, what, state, since when; each leads to its alarm.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { alarmChip, messageAt, messageOf } from "./shapes.js";

const MOST = 5;

function line(alarm, say, { words, fmt, live }) {
  const { t } = words;
  const link = el("a", { href: `/alarms/${encodeURIComponent(alarm.id)}` }, say(alarm, words));
  const since = alarm.since_ms ? t("alarm.since", { time: fmt.since(alarm.since_ms, live.now()) }) : "";
  const state = [words.family("state", alarm.state), since].filter(Boolean).join(t("punct.comma"));
  return el("li", {}, alarmChip(alarm, words), link, el("span", { class: "q s" }, state));
}

/** Keeps `box` filled with the active alarms of `{device}` or `{enterprise}`; `refresh(state)` hears the stream. */
export function createBrief(box, whose, ui, empty = "") {
  const query = new URLSearchParams({ state: "active", ...whose, limit: MOST });
  let revision = null;
  async function load() {
    try {
      const { items, total } = await ask(`alarms?${query}`, ui.signal);
      if (ui.signal.aborted) return;
      const more =
        total > items.length
          ? [el("li", {}, el("a", { href: "/alarms" }, ui.words.t("conn.alarms_more", { n: total - items.length })))]
          : [];
      const rows = [...items.map((alarm) => line(alarm, whose.device ? messageOf : messageAt, ui)), ...more];
      const nothing = empty ? [el("p", { class: "q empty" }, empty)] : [];
      box.replaceChildren(...(rows.length ? [el("ul", { class: "brief" }, rows)] : nothing));
    } catch {
      // the line under the bar says that the gateway is away; the last known stays
    }
  }
  function refresh(state) {
    const now = state.alarms?.revision ?? null;
    if (now === revision) return;
    revision = now;
    load();
  }
  revision = ui.live.latest().alarms?.revision ?? null;
  load();
  return { refresh };
}
