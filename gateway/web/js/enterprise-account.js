// What an enterprise used, what it cost, what it emitted: the sections of one month, and what it compares with.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { costNotes, costTable, withoutStatement } from "./energy-cost.js";
import { dayBars, daysNote, daysTable } from "./energy-days.js";
import { emissionNote, emissionTable } from "./energy-emit.js";
import { unitText, useOf } from "./energy-figures.js";
import { askedOf, isDay, monthOf, moved, nameOf, todayOf } from "./energy-period.js";
import { fileLink } from "./file-link.js";
import { failed, section } from "./sections.js";

const NBSP = "\u00a0";
const clockOf = (iso) => iso.slice(11, 16);

/** Everything that the account of a period is made of; a part that failed is its error. */
export async function loadAccount(id, period, ui) {
  const { signal } = ui;
  const today = todayOf(ui);
  const month = monthOf(period);
  const caught = (promise) => promise.catch((error) => (signal.aborted ? Promise.reject(error) : error));
  const query = (names) => new URLSearchParams(names);
  const [usage, days, statement, summary] = await Promise.all([
    ask(`energy/usage?${query({ entity: id, period: askedOf(period, today) })}`, signal),
    caught(ask(`energy/days?${query({ entity: id, period: askedOf(month, today) })}`, signal)),
    caught(ask(`energy/statement?${query({ enterprise: id, period: month })}`, signal)),
    caught(ask(`carbon/summary?${query({ entity: id, period: month })}`, signal)),
  ]);
  return { id, period, month, today, usage, days, statement, summary };
}

const isError = (found) => found instanceof Error;

/** For the figures: of a day there is neither statement nor summary. */
export const partsOf = ({ usage, statement, summary, period }) => ({
  usage,
  statement: isDay(period) || isError(statement) ? null : statement,
  summary: isDay(period) || isError(summary) ? null : summary,
});

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

function used(found, state, ui) {
  const { id, month, days, today } = found;
  const { words } = ui;
  const { t } = words;
  if (isError(days)) return section(t("use.title"), {}, failed(days, words, state.again));
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
  const note = daysNote(days, today, ui).map((text) => el("span", {}, text));
  return section(
    t("use.title"),
    { note: t("use.by_day", { month: nameOf(month, ui) }), end: [button, fileLink(ui, `/api/v1/energy/days?${query}`, "CSV")] },
    body,
    el("p", { class: "note" }, note),
    facts(found, ui),
  );
}

function cost({ id, month, statement }, state, ui) {
  const { words } = ui;
  const { t } = words;
  const note = nameOf(month, ui);
  if (isError(statement)) {
    try {
      return section(t("cost.title"), { note }, withoutStatement(statement, words));
    } catch (error) {
      return section(t("cost.title"), { note }, failed(error, words, state.again));
    }
  }
  const query = new URLSearchParams({ enterprise: id, period: month, format: "csv" });
  const paper = new URLSearchParams({ enterprise: id, period: month, lang: words.language });
  const links = [
    fileLink(ui, `/api/v1/energy/statement.pdf?${paper}`, t("cost.statement")),
    fileLink(ui, `/api/v1/energy/statement?${query}`, "CSV"),
  ];
  const table = el("div", { class: "scroll" }, costTable(statement, ui));
  return section(t("cost.title"), { note, end: links }, table, el("p", { class: "s q notes" }, costNotes(statement, ui)));
}

function emitted({ id, month, period, summary }, state, ui) {
  const { t } = ui.words;
  const note = isDay(period) ? `tCO₂e${t("punct.comma")}${nameOf(month, ui)}` : "tCO₂e";
  if (isError(summary)) return section(t("emit.title"), { note }, failed(summary, ui.words, state.again));
  return section(t("emit.title"), { note }, emissionTable(summary, ui), emissionNote(summary, id, month, ui));
}

/** The three sections of a month. `state`: `{asTable, again}`, kept over reloads. */
export function accountSections(found, state, ui) {
  return [
    el("div", { class: "c5" }, used(found, state, ui)),
    el("div", { class: "c4" }, cost(found, state, ui)),
    el("div", { class: "c3" }, emitted(found, state, ui)),
  ];
}
