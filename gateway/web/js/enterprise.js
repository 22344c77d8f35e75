// One enterprise: is my equipment connected, what did it use, cost and emit?
import { createBrief } from "./alarm-brief.js";
import { ask } from "./api.js";
import { el, every } from "./dom.js";
import { askedOf, isDay, monthOf, moved, nameOf, periodOf, todayOf } from "./energy-period.js";
import { askAccount, comparison, createSections, emptyAccount, isError, partsOf } from "./enterprise-account.js";
import { equipment, outages } from "./enterprise-equipment.js";
import { createFigures } from "./enterprise-figures.js";
import { manualMeters } from "./enterprise-manual.js";
import { fileLink } from "./file-link.js";
import { fillBox, section } from "./sections.js";

const ASK_AGAIN_S = 30;
const ACCOUNT_AGAIN_S = 60;
const RATES = ["hour", "day", "month"]; // periods of the answered samples

const rateOf = ({ searchParams }) => (RATES.includes(searchParams.get("rate")) ? searchParams.get("rate") : "day");
const idOf = ({ pathname }) => decodeURIComponent(pathname.split("/")[2]);

function addressOf(id, { period, rate }) {
  const query = new URLSearchParams({ period, ...(rate === "day" ? {} : { rate }) });
  return `/enterprises/${encodeURIComponent(id)}?${query}`;
}

/** The control of the rate's period; it stays the same node, so that the focus does. */
function createRates(id, view, ui) {
  const { t } = ui.words;
  const buttons = RATES.map((rate) =>
    el("button", { type: "button", onclick: () => ui.go(addressOf(id, { ...view, rate })) }, t(`period.${rate}`)),
  );
  const node = el("span", { class: "seg fit no-print", role: "group", "aria-label": t("period.label") }, buttons);
  const press = () => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(RATES[i] === view.rate)));
  return { node, press };
}

/** Month or day, the ones before and after, and the report of the month. */
function periodControls(id, view, ui) {
  const { t } = ui.words;
  const today = todayOf(ui);
  const { period } = view;
  const to = (next) => el("a", { class: "btn small", href: addressOf(id, { ...view, period: next }) });
  const fill = (node, text, props = {}) => {
    node.append(text);
    for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
    return node;
  };
  const before = moved(period, -1);
  const after = moved(period, 1);
  const now = isDay(period) ? today : monthOf(today);
  const lastDay = monthOf(period) === monthOf(today) ? today : moved(`${moved(monthOf(period), 1)}-01`, -1);
  const kinds = [
    ["month", monthOf(period), !isDay(period)],
    ["day", isDay(period) ? period : lastDay, isDay(period)],
  ].map(([name, next, isHere]) => el("button", { type: "button", "aria-pressed": String(isHere), onclick: () => ui.go(addressOf(id, { ...view, period: next })) }, t(`when.${name}_kind`)));
  const month = monthOf(period) === monthOf(today) ? moved(monthOf(today), -1) : monthOf(period);
  const report = new URLSearchParams({ entity: id, period: month, format: "pdf", lang: ui.words.language });
  return [
    el("span", { class: "seg fit", role: "group", "aria-label": t("when.label") }, kinds),
    fill(to(before), `‹ ${nameOf(before, ui, true)}`, { "aria-label": t("when.before", { period: nameOf(before, ui) }) }),
    after <= now ? fill(to(after), `${nameOf(after, ui, true)} ›`, { "aria-label": t("when.after", { period: nameOf(after, ui) }) }) : null,
    fileLink(ui, `/api/v1/carbon/report?${report}`, t("when.report", { month: nameOf(month, ui, true) }), { class: "btn small" }),
  ].filter(Boolean);
}

function saidOf(period, usage, ui) {
  const name = nameOf(period, ui);
  if (!usage?.period.is_running) return name;
  const to = usage.period.to;
  const time = to.slice(11, 16);
  const day = isDay(period) ? "" : `${nameOf(to.slice(0, 10), ui, true)} `;
  return ui.words.t("when.to", { period: name, time: `${day}${time}` });
}

/** Power now in kW by device that measures it; null where it has no value. Empty where the gateway does not say. */
async function powersOf(enterprise, signal) {
  try {
    const { items } = await ask(`devices?${new URLSearchParams({ enterprise })}`, signal);
    return new Map(items.filter((item) => item.kind === "meter").map((item) => [item.id, item.power_kw]));
  } catch (error) {
    if (signal.aborted) throw error;
    return new Map();
  }
}

/** The page for `/enterprises/{id}`; `?period=2026-11` or a day for the account, `?rate=` for the answered samples. */
export function show(ui, address) {
  const { words, signal, main } = ui;
  const { t } = words;
  const id = idOf(address);
  const view = { period: periodOf(address, ui), rate: rateOf(address) };
  const title = el("h1", { tabindex: -1 }, id);
  const said = el("span", { class: "q" });
  const controls = el("span", { class: "choose no-print" });
  const figures = createFigures(ui);
  const compare = el("div");
  const machines = el("div");
  const account = el("div", { class: "grid low account" });
  const manual = el("div");
  const late = el("div");
  const alarms = el("div");
  const rates = createRates(id, view, ui);
  const state = { asTable: false, again: retry };
  const showSections = createSections(account, state, ui);
  let found = emptyAccount(id, view.period, ui);
  let turn = 0;
  ui.title(id);
  ui.live.want({});
  if (!ui.session.enterprise) main.append(el("p", { class: "s crumbs" }, el("a", { href: "/enterprises" }, t("nav.enterprises"))));
  main.append(
    el("div", { class: "headline" }, title, said, controls),
    figures.node,
    compare,
    machines,
    account,
    el("div", { class: "grid low" }, el("div", { class: "c7 stack" }, late, manual), el("div", { class: "c5" }, section(t("conn.alarms_active"), {}, alarms))),
  );
  const brief = createBrief(alarms, { enterprise: id }, ui, t("conn.no_alarm"));

  const load = async () => {
    const asked = view.rate;
    const [here, powers, all] = await Promise.all([
      ask(`connectivity/enterprises/${encodeURIComponent(id)}?period=${asked}`, signal),
      powersOf(id, signal),
      title.textContent === id ? ask("connectivity", signal) : null,
    ]);
    const name = words.local(here.name ?? all?.enterprises.find((item) => item.id === id)?.name, title.textContent);
    title.textContent = name;
    ui.title(name);
    figures.connected(here);
    late.replaceChildren(outages(here, ui));
    return equipment(here, powers, machines.querySelector(".apart")?.open ?? false, asked, rates.node, ui);
  };
  const again = async () => {
    try {
      const node = await load();
      if (signal.aborted) return;
      const focused = rates.node.contains(document.activeElement) ? document.activeElement : null;
      machines.replaceChildren(node);
      focused?.focus({ preventScroll: true });
    } catch {
      // the bar tells that the gateway is away; the last table stays
    }
  };

  function press() {
    rates.press();
    controls.replaceChildren(...periodControls(id, view, ui));
    said.textContent = saidOf(view.period, null, ui);
  }

  /** Shows what of the account is known by now. */
  function drawAccount(names) {
    const parts = partsOf(found);
    if (parts.usage) said.textContent = saidOf(view.period, parts.usage, ui);
    if (names.includes("usage")) compare.replaceChildren(...(parts.usage ? [comparison(found, ui)] : []));
    figures.account(parts);
    if (parts.summary) ui.ledger.checkpoint = parts.summary.checkpoint ?? ui.ledger.checkpoint;
    showSections(found, names);
  }

  /** Asks once more for the part that failed. */
  function retry(name) {
    found = { ...found, [name]: null };
    showSections(found, [name]);
    return refreshAccount({ names: [name] });
  }

  /** Each part of the account as its answer comes; one that fails is told in its own place. */
  function refreshAccount({ isQuiet = false, names } = {}) {
    const mine = isQuiet || names ? turn : (turn += 1);
    if (!isQuiet && !names) showSections((found = emptyAccount(id, view.period, ui)));
    const came = (name, answer) => {
      const isKept = isQuiet && (isError(answer) || account.contains(document.activeElement));
      if (mine !== turn || isKept) return;
      found = { ...found, [name]: answer };
      drawAccount([name]);
    };
    return askAccount({ ...found, today: todayOf(ui) }, ui, came, names);
  }

  /** An enterprise that is not there, or is not theirs: said once, without figures and without a report of it. */
  const first = async () => {
    try {
      return await load();
    } catch (error) {
      if (error.status !== 404 || signal.aborted) throw error;
      turn += 1; // what the account answers is not shown
      main.replaceChildren(el("h1", { class: "headline", tabindex: -1 }, t("conn.unknown_enterprise")), el("p", { class: "q" }, t("conn.unknown_hint")));
      return [];
    }
  };

  press();
  fillBox(machines, words, signal, first, 10);
  refreshAccount();
  manualMeters(manual, id, ui);
  every(ASK_AGAIN_S, () => (machines.contains(document.activeElement) ? null : again()), signal);
  const isRunning = () => ["today", "month"].includes(askedOf(view.period, todayOf(ui)));
  every(ACCOUNT_AGAIN_S, () => (isRunning() && !account.contains(document.activeElement) ? refreshAccount({ isQuiet: true }) : null), signal);
  return {
    update: (next) => {
      if (idOf(next) !== id) return false;
      const before = { ...view };
      Object.assign(view, { period: periodOf(next, ui), rate: rateOf(next) });
      press();
      if (before.rate !== view.rate) again();
      if (before.period !== view.period) refreshAccount();
      return true;
    },
    onLive: (kind, data, latest) => {
      brief.refresh(latest);
      const here = latest.park?.enterprises.find((item) => item.id === id);
      if (here) figures.power(here.power_kw, here.partial);
    },
  };
}
