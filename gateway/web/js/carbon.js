// Carbon: what did we emit on which basis, and can I trust it?
import { ask, sentenceOf } from "./api.js";
import { basesNotes, basesTable } from "./carbon-bases.js";
import { monthsChart } from "./carbon-months.js";
import { closeButton, periodBand } from "./carbon-period.js";
import { energySection, factorsSection, scope1Section } from "./carbon-scope1.js";
import { instrumentsSection, trustSection } from "./carbon-trust.js";
import { dayText } from "./dates.js";
import { el } from "./dom.js";
import { fileLink } from "./file-link.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const REPORTS = ["xlsx", "csv"]; // beside the table; the rest is in the dialog
const PERIOD = /^\d{4}(-\d{2})?$/;

/** The month before the one that runs: what people mostly come for. */
function lastMonth({ fmt, live }) {
  const now_ms = live.now();
  const local = new Date(now_ms + fmt.offset(now_ms));
  const first = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() - 1, 1));
  return first.toISOString().slice(0, 7);
}

const viewOf = ({ searchParams }, ui) => ({
  entity: searchParams.get("scope_of") || ui.session.enterprise || ui.site.id,
  period: PERIOD.test(searchParams.get("period") ?? "") ? searchParams.get("period") : lastMonth(ui),
});

function moved(period, months) {
  if (period.length === 4) return String(Number(period) + Math.sign(months));
  const [year, month] = period.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 7);
}

const addressOf = ({ entity, period }) => `/carbon?${new URLSearchParams({ period, scope_of: entity })}`;

const reportAddress = (view, format, language) =>
  `/api/v1/carbon/report?${new URLSearchParams({ entity: view.entity, period: view.period, format, lang: language })}`;

function periodName(period, { words }) {
  const [year, month] = period.split("-").map(Number);
  const options = { year: "numeric", month: month ? "long" : undefined, timeZone: "UTC" };
  return new Intl.DateTimeFormat(words.language === "zh" ? "zh-CN" : "en", options).format(Date.UTC(year, (month || 1) - 1, 1));
}

/** The site's day of an instant, as people read it. */
const dayOf = (time_ms, ui) => dayText(new Date(time_ms + ui.fmt.offset(time_ms)).toISOString().slice(0, 10), ui);

function state(found, ui) {
  const { t } = ui.words;
  if (found.status === "open") return chip("waiting", t("carbon.open"));
  const day = found.closed ? dayOf(Date.parse(found.closed.time), ui) : "";
  const shut = chip("tick", t("carbon.closed", { day }));
  return found.status === "restated" ? [shut, chip("uncertain", t("carbon.restated"), "p2")] : [shut];
}

function entityChoice(entities, view, { words, go }) {
  const change = ({ target }) => go(addressOf({ ...view, entity: target.value }));
  return el(
    "select",
    { "aria-label": words.t("carbon.entity"), onchange: change },
    entities.map(({ id, name }) => el("option", { value: id, selected: id === view.entity }, words.local(name, id))),
  );
}

/** How the boundary is drawn, by which version of the policy. */
function boundaryOf({ run }, { words }) {
  const { approach, version } = run.policy ?? {};
  if (!approach) return "";
  const name = words.family("approach", approach);
  return version ? words.t("carbon.boundary", { approach: name, n: version }) : name;
}

function headline(view, ui, entities) {
  const { words, go } = ui;
  const { t } = words;
  const step = (months, key) =>
    el("button", { class: "btn small", type: "button", "aria-label": t(key), onclick: () => go(addressOf({ ...view, period: moved(view.period, months) })) }, months < 0 ? "‹" : "›");
  const whole = view.period.length === 4;
  const other = whole ? `${view.period}-01` : view.period.slice(0, 4);
  return [
    el("h1", { tabindex: -1 }, periodName(view.period, ui)),
    el("span", { class: "boundary s q" }),
    el("span", { class: "states" }),
    el(
      "span",
      { class: "choose no-print" },
      entityChoice(entities, view, ui),
      step(-1, "carbon.before"),
      step(1, "carbon.after"),
      el("button", { class: "btn small", type: "button", "aria-pressed": String(whole), onclick: () => go(addressOf({ ...view, period: other })) }, t("carbon.whole_year")),
      el("a", { class: "s", href: "/records" }, t("nav.records")),
      el("span", { class: "files" }),
    ),
  ];
}

/** Where the month stands; the figures are shown although that cannot be told, which `fault` then says. */
async function monthOf({ entity, period }, { words, signal }) {
  try {
    const { periods } = await ask(`carbon/periods?${new URLSearchParams({ entity })}`, signal);
    return { month: periods.find((one) => one.period === period) ?? null };
  } catch (error) {
    return { month: null, fault: sentenceOf(error, words) };
  }
}

/** Who audits begins with the last month that was closed, where it is another than the last one that is over. */
async function beginAtClosed(view, { signal, go }) {
  const { periods } = await ask(`carbon/periods?${new URLSearchParams({ entity: view.entity })}`, signal);
  const closed = periods.filter((one) => one.status !== "open" && one.period.length === 7).map((one) => one.period);
  const newest = closed.sort().at(-1);
  if (newest && newest < view.period) go(addressOf({ ...view, period: newest }), { replace: true });
}

/** The buttons of the period's files; they come with the figures. */
function filesOf(stand, ui) {
  const { t } = ui.words;
  const button = (key, open) => el("button", { class: "btn small", type: "button", onclick: async () => (await import("./carbon-files.js"))[open](stand, ui) }, t(key));
  if (!ui.may("export")) return [];
  return [button("period.report", "filesDialog"), ...(ui.may("audit") ? [button("period.sample", "sampleDialog")] : [])];
}

/** That something is missing, with the sources of which nothing is recorded. */
function incomplete({ trust }, { words }) {
  const { t } = words;
  const reasons = (trust.silent ?? []).map((one) => t("carbon.silent", { name: words.local(one.name, one.source), when: one.periods.join(", ") }));
  return el("p", { class: "q empty" }, chip("uncertain", t("carbon.incomplete"), "p2"), reasons.map((text) => el("span", { class: "under" }, text)));
}

/** The sections of one summary. */
function content(found, months, view, ui, open) {
  const { words, go } = ui;
  const { t } = words;
  const links = REPORTS.map((format) => fileLink(ui, reportAddress(view, format, words.language), t(`report.${format}`)));
  const notes = basesNotes(found, ui).map(({ tone, text }) =>
    el("li", {}, tone ? chip("bad", text, tone) : el("span", { class: "s q" }, text)),
  );
  const bases = section(
    t("bases.title"),
    { note: words.local(found.entity.name, found.entity.id), end: links, name: "c8" },
    el("div", { class: "scroll" }, basesTable(found, ui, open)),
    notes.length ? el("ul", { class: "findings" }, notes) : "",
    found.entity.kind === "park" ? el("p", { class: "note" }, t("bases.park")) : "",
  );
  const chart = section(t("months.title", { year: view.period.slice(0, 4) }), { note: "tCO₂e", end: [el("span", { class: "q" }, words.family("basis", found.bases.find((basis) => basis.is_default)?.basis ?? ""))] }, monthsChart(months, view.period, ui, (period) => go(addressOf({ ...view, period }))));
  const wide = el("div", { class: "c8 stack" }, scope1Section(found, ui, open), energySection(found, ui));
  return [
    found.is_complete ? "" : incomplete(found, ui),
    el("div", { class: "grid" }, bases, el("div", { class: "c4 stack" }, trustSection(found, ui), instrumentsSection(found, ui))),
    el("div", { class: "grid low" }, wide, el("div", { class: "c4 stack" }, chart)),
    el("div", { class: "trace-box low" }),
    factorsSection(found, ui),
  ];
}

export function show(ui, address) {
  const { words, signal } = ui;
  const { t } = words;
  const view = viewOf(address, ui);
  const head = el("div", { class: "headline" });
  const band = el("div");
  const body = el("div");
  let stand = null; // where the period stands, with its figures
  ui.title(t("nav.carbon"));
  ui.live.want({});
  ui.main.append(head, band, body);
  head.append(...headline(view, ui, [{ id: view.entity, name: view.entity === ui.site.id ? ui.site.name : null }]));
  let shownTrace = address.searchParams.get("trace");

  const openTrace = async (entry, title = "") => {
    const url = new URL(location.href);
    if (entry !== shownTrace) url.searchParams.delete("day");
    shownTrace = entry;
    url.searchParams.set("trace", entry);
    history.replaceState(null, "", url);
    const { traceSection } = await import("./carbon-trace.js");
    const box = body.querySelector(".trace-box");
    if (!box || signal.aborted) return;
    const close = () => {
      const left = new URL(location.href);
      for (const name of ["trace", "day"]) left.searchParams.delete(name);
      history.replaceState(null, "", left);
      box.replaceChildren();
      shownTrace = null;
    };
    const day = url.searchParams.get("day") ?? "";
    traceSection(box, { entry, name: title, view, day, closed: stand?.month?.closed ?? null }, ui, close);
  };
  const open = (line) => openTrace(line.entries[0], words.local(line.name, line.source)).then(() => body.querySelector(".trace-box")?.scrollIntoView({ block: "nearest" }));

  /** The headline and what waits for somebody, for the figures that were loaded. */
  function drawStand(listed) {
    head.replaceChildren(...headline(view, ui, listed.entities));
    const close = closeButton(stand, ui, again);
    head.querySelector(".states").replaceChildren(...[state(stand.found, ui)].flat(), ...(close ? [close] : []));
    head.querySelector(".boundary").textContent = boundaryOf(stand.found, ui);
    head.querySelector(".files").replaceChildren(...filesOf(stand, ui));
    band.replaceChildren(...[periodBand(stand, ui, again)].filter(Boolean));
  }

  const load = async () => {
    const query = new URLSearchParams({ entity: view.entity, period: view.period });
    const year = new URLSearchParams({ entity: view.entity, year: view.period.slice(0, 4) });
    const [found, listed, where] = await Promise.all([ask(`carbon/summary?${query}`, signal), ask(`carbon/months?${year}`, signal), monthOf(view, ui)]);
    stand = { ...view, ...where, name: periodName(view.period, ui), found, isOver: view.period <= lastMonth(ui) };
    ui.ledger.checkpoint = found.checkpoint ?? ui.ledger.checkpoint;
    drawStand(listed);
    if (shownTrace) setTimeout(() => openTrace(shownTrace));
    return content(found, listed.months, view, ui, open);
  };

  /** Shows it as it is now; gives where the period stands, null where it could not be loaded. */
  async function again() {
    stand = null;
    await fillBox(body, words, signal, load, 14);
    return stand;
  }

  again();
  if (ui.session.role === "auditor" && !address.searchParams.has("period")) beginAtClosed(view, ui).catch(() => {});
  return {};
}
