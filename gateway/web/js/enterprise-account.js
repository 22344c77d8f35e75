// What an enterprise used, what it cost, what it emitted: the sections of one month, and what it compares with.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { costNotes, costTable, withoutStatement } from "./energy-cost.js";
import { dayBars, daysNote, daysTable } from "./energy-days.js";
import { emissionNote, emissionTable } from "./energy-emit.js";
import { unitText, useOf } from "./energy-figures.js";
import { askedOf, isDay, monthOf, moved, nameOf, todayOf } from "./energy-period.js";
import { fileLink } from "./file-link.js";
import { failed, loading, section } from "./sections.js";

const NBSP = "\u00a0";
const clockOf = (iso) => iso.slice(11, 16);

const PARTS = ["usage", "days", "statement", "summary"];

/** The account of a period of which nothing has come yet: each part is null, then its answer or its error. */
export const emptyAccount = (id, period, ui) => ({
  ...{ id, period, month: monthOf(period), today: todayOf(ui) },
  ...Object.fromEntries(PARTS.map((name) => [name, null])),
});

/** Asks for parts of an account, each by itself: `came(name, answer)` hears of each as it comes, also of an error. */
export function askAccount({ id, period, month, today }, ui, came, names = PARTS) {
  const query = (fields) => new URLSearchParams(fields);
  const addresses = {
    usage: `energy/usage?${query({ entity: id, period: askedOf(period, today) })}`,
    days: `energy/days?${query({ entity: id, period: askedOf(month, today) })}`,
    statement: `energy/statement?${query({ enterprise: id, period: month })}`,
    summary: `carbon/summary?${query({ entity: id, period: month })}`,
  };
  const one = async (name) => {
    const answer = await ask(addresses[name], ui.signal).catch((error) => error);
    if (!ui.signal.aborted) came(name, answer);
  };
  return Promise.all(names.map(one));
}

export const isError = (found) => found instanceof Error;

/** For the figures, `false` for what there is none of: statement and summary of a day, and what failed. */
export function partsOf({ usage, statement, summary, period }) {
  const known = (part) => (isError(part) ? false : part);
  const ofMonth = (part) => (isDay(period) ? false : known(part));
  return { usage: known(usage), statement: ofMonth(statement), summary: ofMonth(summary) };
}

function change(now, before, { words, fmt }) {
  if (now === null || before === null || !(before > 0)) return "";
  const percent = (now / before - 1) * 100;
  if (Math.abs(percent) < 0.05) return words.t("compare.same");
  return `${percent > 0 ? "+" : ""}${fmt.number(percent, 1)}${NBSP}%`;
}

/** Energy, cost and emissions of `usage` as numbers; null where they are not known as a whole. */
function wholes({ energy, cost, emissions }) {
  const use = useOf(energy);
  return {
    energy: use && !use.isBound ? use.kwh : null,
    cost: cost && !cost.is_lower_bound ? Number(cost.amount) : null,
    emissions: emissions.is_lower_bound ? null : Number(emissions.total_kg),
  };
}

/** The day that an end belongs to: midnight ends the day before. */
const lastDay = (to) => (clockOf(to) === "00:00" ? moved(to.slice(0, 10), -1) : to.slice(0, 10));

/** One sentence for the period before, one for the year before. */
export function comparison({ usage }, ui) {
  const { words } = ui;
  const { t } = words;
  const now = wholes(usage);
  const sentences = ["previous_period", "previous_year"].map((name) => {
    const other = usage.comparison[name];
    const [from, to] = [other.period.from, lastDay(other.period.to)].map((time) => nameOf(time.slice(0, 10), ui));
    const title = t(`compare.${name}`, { from, to });
    const before = wholes(other);
    const told = Object.keys(now)
      .map((what) => [what, change(now[what], before[what], ui)])
      .filter(([, text]) => text)
      .map(([what, text]) => t(`compare.${what}`, { change: text }));
    const said = told.length ? told.join(words.t("punct.comma")) : t("compare.nothing");
    return el("li", {}, `${title}${words.t("punct.colon")}${said}`);
  });
  return el("ul", { class: "s q compare", "aria-label": t("compare.title") }, sentences);
}

const ratio = (text, { fmt }) => `${fmt.number(Number(text) * 100, 1)}${NBSP}%`;

/** Demand, base load, off-hours use, own generation, other media: facts below the bars. */
function facts({ usage }, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const number = (text, digits = 1) => fmt.number(Number(text), digits);
  const rows = [];
  const found = usage.electricity;
  if (found?.maximum_demand) {
    const { kw, time } = found.maximum_demand;
    rows.push([t("use.demand"), t("use.demand_at", { kw: number(kw), day: nameOf(time.slice(0, 10), ui, true), time: clockOf(time) })]);
  }
  if (found) {
    const base = found.base_load;
    rows.push([t("use.base"), base ? t("use.base_of", { kw: number(base.kw), n: base.nights }) : t("use.no_base")]);
    const off = found.off_hours;
    const share = off?.percent ? `${number(off.percent)}${NBSP}%` : "–";
    rows.push([t("use.off"), off ? t("use.off_of", { kwh: number(off.quantity), share }) : t("use.no_hours")]);
  }
  if (found?.supply?.self_consumption) {
    const { self_consumption: own, autarky } = found.supply;
    rows.push([t("use.pv"), t("use.pv_of", { own: ratio(own, ui), autarky: autarky ? ratio(autarky, ui) : "–" })]);
  }
  for (const flow of usage.energy.filter((one) => one.medium !== "electricity" && one.quantity !== null)) {
    const bound = flow.is_lower_bound ? `≥${NBSP}` : "";
    const way = flow.direction === "import" ? "" : ` (${words.family("way", flow.direction)})`;
    rows.push([`${words.family("medium", flow.medium)}${way}`, `${bound}${number(flow.quantity)}${NBSP}${unitText(flow.unit)}`]);
  }
  if (usage.shared_meters_not_in_it.length) rows.push([t("use.shared"), t("use.shared_text", { n: usage.shared_meters_not_in_it.length })]);
  return el("dl", { class: "kv" }, rows.map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]).flat());
}

/** What stands in the place of a part that has not come or has failed; null where it is there. */
function missing(found, name, state, { words }, rows) {
  if (found[name] === null) return loading(words, rows);
  return isError(found[name]) ? failed(found[name], words, () => state.again(name)) : null;
}

function used(found, state, ui) {
  const { id, month, days, today } = found;
  const { t } = ui.words;
  const note = t("use.by_day", { month: nameOf(month, ui) });
  const below = missing(found, "usage", state, ui, 4) ?? facts(found, ui);
  const gone = missing(found, "days", state, ui, 6);
  if (gone) return section(t("use.title"), { note }, gone, below);
  const address = (period) => `/enterprises/${encodeURIComponent(id)}?period=${period}`;
  const body = el("div");
  const draw = () =>
    body.replaceChildren(state.asTable ? daysTable(days, ui, address) : dayBars(days, month, ui, (day) => ui.go(address(day))));
  const toggle = () => {
    state.asTable = !state.asTable;
    button.setAttribute("aria-pressed", String(state.asTable));
    draw();
  };
  const button = el("button", { class: "link", type: "button", onclick: toggle, "aria-pressed": String(state.asTable) }, t("chart.table"));
  const query = new URLSearchParams({ entity: id, period: askedOf(month, today), format: "csv" });
  draw();
  const said = daysNote(days, today, ui).map((text) => el("span", {}, text));
  const end = [button, fileLink(ui, `/api/v1/energy/days?${query}`, "CSV")];
  return section(t("use.title"), { note, end }, body, el("p", { class: "note" }, said), below);
}

function withoutCost(found, state, ui) {
  if (!isError(found.statement)) return missing(found, "statement", state, ui, 6);
  try {
    return withoutStatement(found.statement, ui.words);
  } catch {
    return missing(found, "statement", state, ui, 6);
  }
}

function cost(found, state, ui) {
  const { id, month, statement } = found;
  const { words } = ui;
  const { t } = words;
  const note = nameOf(month, ui);
  const gone = withoutCost(found, state, ui);
  if (gone) return section(t("cost.title"), { note }, gone);
  const query = new URLSearchParams({ enterprise: id, period: month, format: "csv" });
  const paper = new URLSearchParams({ enterprise: id, period: month, lang: words.language });
  const links = [
    fileLink(ui, `/api/v1/energy/statement.pdf?${paper}`, t("cost.statement")),
    fileLink(ui, `/api/v1/energy/statement?${query}`, "CSV"),
  ];
  const table = el("div", { class: "scroll" }, costTable(statement, ui));
  return section(t("cost.title"), { note, end: links }, table, el("p", { class: "s q notes" }, costNotes(statement, ui)));
}

function emitted(found, state, ui) {
  const { id, month, period, summary } = found;
  const { t } = ui.words;
  const note = isDay(period) ? `tCO₂e${t("punct.comma")}${nameOf(month, ui)}` : "tCO₂e";
  const gone = missing(found, "summary", state, ui, 6);
  if (gone) return section(t("emit.title"), { note }, gone);
  return section(t("emit.title"), { note }, emissionTable(summary, ui), emissionNote(summary, id, month, ui));
}

const SECTIONS = [
  { kind: "c5", draw: used, of: ["usage", "days"] },
  { kind: "c4", draw: cost, of: ["statement"] },
  { kind: "c3", draw: emitted, of: ["summary"] },
];

/** The three sections of a month; `show(found, names)` draws those anew that are made of the named parts. `state`:
 * `{asTable, again(name)}`, kept over reloads. */
export function createSections(box, state, ui) {
  const boxes = SECTIONS.map(({ kind }) => el("div", { class: kind }));
  box.replaceChildren(...boxes);
  return function show(found, names = PARTS) {
    SECTIONS.forEach(({ draw, of }, i) => {
      if (of.some((name) => names.includes(name))) boxes[i].replaceChildren(draw(found, state, ui));
    });
  };
}
