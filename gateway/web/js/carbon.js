// Carbon: what did we emit on which basis, and can I trust it?
import { ask } from "./api.js";
import { basesNotes, basesTable } from "./carbon-bases.js";
import { monthsChart } from "./carbon-months.js";
import { energySection, factorsSection, scope1Section } from "./carbon-scope1.js";
import { instrumentsSection, trustSection } from "./carbon-trust.js";
import { el } from "./dom.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const REPORTS = ["xlsx", "csv", "pdf"];
const PERIOD = /^\d{4}(-\d{2})?$/;

/** The month before the one that runs: what people mostly come for. */
function lastMonth({ fmt, live }) {
  const now_ms = live.now();
  const local = new Date(now_ms + fmt.offset(now_ms));
  const first = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() - 1, 1));
  return first.toISOString().slice(0, 7);
}

const viewOf = ({ searchParams }, ui) => ({
  entity: searchParams.get("scope_of") || ui.site.id,
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

export function periodName(period, { words }) {
  const [year, month] = period.split("-").map(Number);
  const options = { year: "numeric", month: month ? "long" : undefined, timeZone: "UTC" };
  return new Intl.DateTimeFormat(words.language === "zh" ? "zh-CN" : "en", options).format(Date.UTC(year, (month || 1) - 1, 1));
}

/** The site's day of an instant. */
const dayOf = (time_ms, fmt) => new Date(time_ms + fmt.offset(time_ms)).toISOString().slice(0, 10);

function state(found, { words, fmt }) {
  const { t } = words;
  if (found.status === "open") return chip("waiting", t("carbon.open"));
  const day = found.closed ? dayOf(Date.parse(found.closed.time), fmt) : "";
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

function headline(view, ui, entities) {
  const { words, go } = ui;
  const { t } = words;
  const step = (months, key) =>
    el("button", { class: "btn small", type: "button", "aria-label": t(key), onclick: () => go(addressOf({ ...view, period: moved(view.period, months) })) }, months < 0 ? "‹" : "›");
  const whole = view.period.length === 4;
  const other = whole ? `${view.period}-01` : view.period.slice(0, 4);
  return [
    el("h1", { tabindex: -1 }, periodName(view.period, ui)),
    el("span", { class: "states" }),
    el(
      "span",
      { class: "choose no-print" },
      entityChoice(entities, view, ui),
      step(-1, "carbon.before"),
      step(1, "carbon.after"),
      el("button", { class: "btn small", type: "button", "aria-pressed": String(whole), onclick: () => go(addressOf({ ...view, period: other })) }, t("carbon.whole_year")),
      el("a", { class: "s", href: "/records" }, t("nav.records")),
    ),
  ];
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
  const links = REPORTS.map((format) => el("a", { href: reportAddress(view, format, words.language), download: true }, t(`report.${format}`)));
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
  const body = el("div");
  ui.title(t("nav.carbon"));
  ui.live.want({});
  ui.main.append(head, body);
  head.append(...headline(view, ui, [{ id: view.entity, name: "" }]));
  let shownTrace = address.searchParams.get("trace");

  const openTrace = async (entry, title = "") => {
    shownTrace = entry;
    const url = new URL(location.href);
    url.searchParams.set("trace", entry);
    history.replaceState(null, "", url);
    const { traceSection } = await import("./carbon-trace.js");
    const box = body.querySelector(".trace-box");
    if (!box || signal.aborted) return;
    const close = () => {
      url.searchParams.delete("trace");
      history.replaceState(null, "", url);
      box.replaceChildren();
      shownTrace = null;
    };
    traceSection(box, { entry, name: title, view }, ui, close);
  };
  const open = (line) => openTrace(line.entries[0], words.local(line.name, line.source)).then(() => body.querySelector(".trace-box")?.scrollIntoView({ block: "nearest" }));

  fillBox(
    body,
    words,
    signal,
    async () => {
      const query = new URLSearchParams({ entity: view.entity, period: view.period });
      const year = new URLSearchParams({ entity: view.entity, year: view.period.slice(0, 4) });
      const [found, listed] = await Promise.all([ask(`carbon/summary?${query}`, signal), ask(`carbon/months?${year}`, signal)]);
      head.replaceChildren(...headline(view, ui, listed.entities));
      head.querySelector(".states").replaceChildren(...[state(found, ui)].flat());
      if (shownTrace) setTimeout(() => openTrace(shownTrace));
      return content(found, listed.months, view, ui, open);
    },
    14,
  );
  return {};
}
