// Park: is anything wrong, and are we inside the contract?
import { ask } from "./api.js";
import { el, every, setText, setVars } from "./dom.js";
import { createFlow, supplyOverUse } from "./flow.js";
import { highestByEnterprise } from "./highest.js";
import { createFigures } from "./park-figures.js";
import { powerToday } from "./park-trend.js";
import { hasGridMeter, powerText } from "./power.js";
import { createUsers } from "./users.js";
import { fillBox } from "./sections.js";
import { shape } from "./shapes.js";

function createHero(ui) {
  const { t } = ui.words;
  const label = el("p", { class: "lab" }, t("park.grid"));
  const mark = el("span", { class: "hero-mark" });
  const value = el("span", { class: "live-value" });
  const unit = el("small", {}, "kW");
  const share = el("p", { class: "live-value" });
  const bar = el("div", { class: "demand" }, el("i"), el("u"), el("s"));
  const legend = el("p", { class: "demand-words" }, el("span"), el("b"));
  const proof = el("div", { role: "img" }, bar, legend);
  const hero = el("p", { class: "hero" }, mark, value, " ", unit);
  const node = el(
    "section",
    { class: "c5", "aria-label": t("park.grid") },
    label,
    el("div", { class: "lead" }, hero, share),
    proof,
  );
  return { node, show: (park) => showHero({ hero, mark, value, unit, share, proof, bar, legend }, park, ui) };
}

function showHero(parts, park, ui) {
  const { fmt, words } = ui;
  const { grid_kw: grid, contract_demand_kw: contract } = park;
  setText(parts.value, powerText(grid, park.grid_partial, ui, 0));
  parts.hero.hidden = !hasGridMeter(park);
  parts.unit.hidden = grid === null;
  const isOver = contract !== null && grid !== null && grid > contract;
  parts.hero.classList.toggle("p1", isOver);
  if (isOver !== parts.mark.hasChildNodes()) parts.mark.replaceChildren(...(isOver ? [shape("high", "p1")] : []));
  parts.proof.hidden = contract === null || grid === null;
  setText(parts.share, heroWords(park, ui));
  if (parts.proof.hidden) return;
  const end = Math.max(contract, grid) * 1.004;
  const percent = (kw) => `${(Math.max(0, kw) / end) * 100}%`;
  setVars(parts.bar, {
    "--now": percent(Math.min(grid, contract)),
    "--over": percent(grid - contract),
    "--at": percent(contract),
  });
  setText(parts.legend.firstChild, words.t("park.now", { kw: fmt.number(grid, 0) }));
  setText(parts.legend.lastChild, words.t("park.contract", { kw: fmt.number(contract, 0) }));
  parts.proof.setAttribute("aria-label", heroWords(park, ui));
}

function heroWords(park, { fmt, words }) {
  const { grid_kw: grid, contract_demand_kw: contract } = park;
  if (!hasGridMeter(park)) return words.t("park.no_grid_meter");
  if (grid === null) return words.t("park.no_grid");
  if (grid < 0) return words.t("park.exporting");
  if (contract === null) return "";
  const places = {
    share: fmt.number((grid / contract) * 100, 1),
    kw: fmt.number(contract, 0),
    left: fmt.number(Math.abs(contract - grid), 0),
  };
  return words.t(grid > contract ? "park.share_over" : "park.share", places);
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
  const section = el(
    "section",
    { class: "sec", "aria-label": ui.words.t("users.title") },
    el("header", {}, el("h2", {}, ui.words.t("users.title")), el("div", { class: "end" }, legend)),
    bars.node,
    body,
  );
  const parts = [hero, figures, users, flow, bars];
  const show = (park) => parts.forEach((part) => part.show(park, ui.live.latest().accounts));
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
      return view.nodes;
    },
    12,
  );
  every(60, () => Promise.all([trend?.refresh(), knowRates().catch(() => {})]), signal);
  return {
    onLive: (_, data, state) => {
      if ((data.park || data.accounts) && state.park) view?.show(state.park);
      nameAlarms(state).catch(() => {});
    },
    onTheme: () => trend?.redraw(),
    onKey: (name) => name === "table" && trend?.toggle(),
  };
}
