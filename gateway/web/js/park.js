// Park: is anything wrong, and are we inside the contract?
import { ask } from "./api.js";
import { el, every } from "./dom.js";
import { createFlow, supplyOverUse } from "./flow.js";
import { highestByEnterprise } from "./highest.js";
import { emissionsToday } from "./park-emissions.js";
import { createFigures } from "./park-figures.js";
import { createHero } from "./park-hero.js";
import { powerToday } from "./park-trend.js";
import { createUsers } from "./users.js";
import { MEASURES } from "./users-measure.js";
import { fillBox } from "./sections.js";

/** Power, energy or emissions: what the rows are measured by. */
function measureChoice(ui, choose) {
  const { t } = ui.words;
  const press = (chosen) => {
    for (const button of node.children) button.setAttribute("aria-pressed", String(button.dataset.by === chosen));
    choose(chosen);
  };
  const button = (name) =>
    el("button", { type: "button", "data-by": name, "aria-pressed": String(name === "power"), onclick: () => press(name) }, t(`users.by_${name}`));
  const node = el("span", { class: "seg fit no-print", role: "group", "aria-label": t("users.by") }, Object.keys(MEASURES).map(button));
  return node;
}

function build(first, ui) {
  const hero = createHero(ui);
  const figures = createFigures(first, ui);
  const users = createUsers(first, ui);
  const flow = createFlow(users.order, ui);
  const bars = supplyOverUse(ui);
  const body = el("div", { class: "flow" }, flow.node, users.node);
  const legend = el(
    "span",
    { class: "legend q s" },
    el("span", {}, ui.words.t("users.legend")),
    ...["answering", "silent", "known"].map((name) =>
      el("span", { class: "chip" }, el("i", { class: `swatch ${name}` }), ui.words.t(`users.${name}`)),
    ),
  );
  const parts = [hero, figures, users, flow, bars];
  const show = (park) => parts.forEach((part) => part.show(park, ui.live.latest().accounts));
  const choice = measureChoice(ui, (name) => {
    body.classList.toggle("no-picture", name !== "power"); // the picture is of power
    bars.node.hidden = name !== "power";
    users.measureBy(name);
    show(ui.live.latest().park ?? first);
  });
  const section = el(
    "section",
    { class: "sec", "aria-label": ui.words.t("users.title") },
    el("header", {}, el("h2", {}, ui.words.t("users.title")), el("div", { class: "end" }, legend, choice)),
    bars.node,
    body,
  );
  show(first);
  return { show, know: users.know, nodes: [el("div", { class: "grid answer" }, hero.node, figures.node), section] };
}

/** Rates of answered samples by enterprise id, of the park under ""; empty where the gateway does not say. */
async function ratesOf(signal) {
  try {
    const { park, enterprises } = await ask("connectivity", signal);
    return new Map([["", park.rate], ...enterprises.map((item) => [item.id, item.rate])]);
  } catch (error) {
    if (signal.aborted) throw error;
    return new Map();
  }
}

/** The page. Its numbers come from the stream; the rows keep the order they had on load. */
export function show(ui) {
  const { main, signal, words } = ui;
  let view = null;
  let trend = null;
  let emissions = null;
  let revision = null; // of the alarms that the remarks name
  const know = (given) => {
    view?.know(given);
    const { park } = ui.live.latest();
    if (park) view?.show(park);
  };
  const nameAlarms = async (state) => {
    const now = state.alarms?.revision ?? null;
    if (!view || now === null || now === revision) return;
    revision = now;
    know({ alarms: await highestByEnterprise(signal) });
  };
  const knowRates = async () => know({ rates: await ratesOf(signal) });
  ui.title(words.t("nav.park"));
  ui.live.want({ accounts: true });
  const top = el("div");
  const low = el("div", { class: "low" });
  main.append(el("h1", { class: "hidden-word", tabindex: -1 }, words.t("park.title")), top, low);
  fillBox(
    top,
    words,
    signal,
    async () => {
      const first = await ask("park", signal);
      view = build(first, ui);
      knowRates().catch(() => {});
      nameAlarms(ui.live.latest()).catch(() => {});
      trend = powerToday(low, first, ui);
      emissions = emissionsToday(low, ui);
      return view.nodes;
    },
    12,
  );
  every(60, () => Promise.all([trend?.refresh(), emissions?.refresh(), knowRates().catch(() => {})]), signal);
  return {
    onLive: (_, data, state) => {
      if ((data.park || data.accounts) && state.park) view?.show(state.park);
      nameAlarms(state).catch(() => {});
    },
    onTheme: () => trend?.redraw(),
    onKey: (name) => name === "table" && trend?.toggle(),
  };
}
