// The sources on the Gateway page: state, values a second, failures of the last hour, how busy the line is.
import { el } from "./dom.js";
import { named, table } from "./rows.js";
import { section } from "./sections.js";
import { chip } from "./shapes.js";
import { countsOf, stateOf } from "./gateway-words.js";

const NBSP = "\u00a0";
const LEAST_SHOWN = 0.0001; // a failed share below is shown as "under"

function shareText(share, fmt) {
  if (share === null) return "–";
  const digits = share > 0 && share < 0.001 ? 2 : 1;
  const text = fmt.number(Math.max(share, share > 0 ? LEAST_SHOWN : 0) * 100, digits);
  return `${share > 0 && share < LEAST_SHOWN ? "<\u00a0" : ""}${text}${NBSP}%`;
}

// The bar of a line's load with the limit as a tick; above it the number is bold and says why.
function loadBar(load, limit, { words, fmt }) {
  if (load === null) return el("span", { class: "none" }, words.t("inside.no_bus"));
  const text = `${fmt.number(load * 100, 0)}${NBSP}%`;
  const vars = { "--w": `${Math.min(100, load * 100)}%`, "--u": `${limit * 100}%` };
  const track = el("span", { class: "track", vars, "aria-hidden": "true" }, el("i"), el("u"));
  const isOver = load > limit;
  return [
    el("span", { class: "load" }, track, el("span", { class: "n" }, isOver ? el("b", {}, text) : text)),
    isOver ? el("span", { class: "s p2 under" }, words.t("inside.bus_full")) : null,
  ];
}

function stateCell(source, load, ui) {
  const { t } = ui.words;
  if (source.state === "running" && load?.silent)
    return [chip("silent", t("inside.silent", { n: load.silent, count: load.silent }), "p2"), ...stateOf(source, ui).slice(1)];
  return stateOf(source, ui);
}

function row(source, loads, ui) {
  const { words, fmt } = ui;
  const load = loads.items.find(({ name }) => name === source.name);
  const retry = source.retry_in_s === null ? [] : [words.t("gateway.retry", { age: fmt.age(source.retry_in_s) })];
  const counts = [...countsOf(source, ui), ...retry].join(words.t("punct.comma"));
  return [
    named(source.name, [`${words.family("driver", source.driver)} `, el("span", { class: "whole" }, source.address)]),
    [...stateCell(source, load, ui), el("span", { class: "s q under counts" }, counts)],
    fmt.number(source.devices, 0),
    loadBar(load?.bus_load ?? null, loads.limit, ui),
    load?.values_s == null ? "–" : fmt.number(load.values_s, load.values_s < 10 ? 1 : 0),
    shareText(load?.failed_share ?? null, fmt),
  ];
}

/** The section; `loads` is the answer of `sources`, `stored` the values a second after the deadband or null. */
export function sources(status, loads, stored, ui) {
  const { t } = ui.words;
  const { fmt } = ui;
  const heads = [
    [t("gateway.source"), ""],
    [t("gateway.state"), ""],
    [t("gateway.devices"), "n"],
    [t("inside.bus", { n: fmt.number(loads.limit * 100, 0) }), "pl"],
    [t("inside.rate"), "n"],
    [t("inside.failed"), "n"],
  ];
  const rows = status.sources.map((source) => row(source, loads, ui));
  const read = loads.items.reduce((sum, one) => sum + (one.values_s ?? 0), 0);
  const note = [
    t("inside.n_sources", { n: rows.length }),
    read ? t("inside.read", { n: fmt.number(read, 0) }) : "",
    stored === null ? "" : t("inside.stored", { n: fmt.number(stored, 0) }),
  ];
  return section(
    t("gateway.sources"),
    { note: note.filter(Boolean).join(t("punct.comma")) },
    rows.length ? table(t("gateway.sources"), heads, rows) : el("p", { class: "q empty" }, t("gateway.no_source")),
  );
}
