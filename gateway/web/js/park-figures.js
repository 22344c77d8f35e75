// The figures beside the hero: energy, cost and emissions of today, PV now, machines. They change in place.
import { el, setText } from "./dom.js";
import { atLeast, bigEnergy, estimatedText, flowOf, moneyText, tonnesText, useOf } from "./energy-figures.js";
import { powerText, totalOf } from "./power.js";
import { chip } from "./shapes.js";

const NBSP = "\u00a0";

function figure(label) {
  const value = el("span", { class: "live-value" });
  const unit = el("small");
  const notes = el("dd", { class: "x" });
  return {
    node: el("div", {}, el("dt", {}, label), el("dd", { class: "v" }, value, NBSP, unit), notes),
    value,
    unit,
    notes,
  };
}

/** Lines under a figure, each in its own row; changed only where they differ. */
function showNotes(cell, lines) {
  const text = lines.filter(Boolean).join("\n");
  if (cell.dataset.text === text) return;
  cell.dataset.text = text;
  cell.replaceChildren(...text.split("\n").map((line) => el("span", { class: "under" }, line)));
}

function showEnergy({ value, unit, notes }, today, ui) {
  const { t } = ui.words;
  const use = today && useOf(today.energy);
  const [text, name] = use ? bigEnergy(use, ui) : ["–", ""];
  setText(value, text);
  setText(unit, name);
  if (!use) return showNotes(notes, [today ? t("energy.no_register") : ""]);
  const part = (direction) => {
    const flow = flowOf(today.energy, direction);
    if (!flow) return "";
    const kwh = flow.quantity === null ? null : Number(flow.quantity) / (name === "MWh" ? 1000 : 1);
    const shown = kwh === null ? ui.words.t("value.none") : atLeast(ui.fmt.number(kwh, 0), flow.is_lower_bound);
    return t(`energy.${direction}`, { kwh: shown });
  };
  const cost = today.cost ? t("energy.cost", { money: moneyText(today.cost, ui) }) : t("energy.no_tariff_short");
  const sources = [part("import"), part("generation")].filter(Boolean);
  showNotes(notes, [sources.join(ui.words.t("punct.comma")), cost, estimatedText(use, ui)]);
}

function showEmissions({ value, unit, notes }, today, ui) {
  const { t } = ui.words;
  const found = today?.emissions;
  const mass = (kg, isBound) => atLeast(tonnesText(kg, ui), isBound && kg !== null);
  setText(value, found ? mass(found.total_kg, found.is_lower_bound) : "–");
  setText(unit, found && found.total_kg !== null ? "tCO₂e" : "");
  if (!found) return showNotes(notes, []);
  const one = { t: mass(found.scope1_kg, found.scope1_is_lower_bound) };
  const two = { t: mass(found.scope2_kg, found.scope2_is_lower_bound), basis: ui.words.family("on", found.basis) };
  const without = found.sources_not_in_it.length;
  showNotes(notes, [
    t("energy.scope1", one),
    t("energy.scope2", two),
    without ? t("energy.without", { n: without }) : "",
  ]);
  notes.title = without ? found.sources_not_in_it.join(", ") : "";
}

function showPv({ value, unit, notes }, park, today, ui) {
  const { fmt, words } = ui;
  const total = totalOf(park);
  const share = total > 0 && park.pv_kw !== null ? (park.pv_kw / total) * 100 : null;
  setText(value, share === null ? words.t("value.none") : atLeast(fmt.number(share, 1), park.pv_partial));
  setText(unit, share === null ? "" : "%");
  const kw = park.pv_kw === null ? "" : `${powerText(park.pv_kw, park.pv_partial, ui, 0)}${NBSP}kW`;
  const use = today && useOf(today.energy);
  const made = today && flowOf(today.energy, "generation");
  const isKnown = use?.kwh > 0 && !use.isBound && made?.quantity != null;
  const ofDay = isKnown ? words.t("park.pv_today", { share: fmt.number((Number(made.quantity) / use.kwh) * 100, 1) }) : "";
  showNotes(notes, [ofDay, kw]);
}

function showMachines({ value, unit, notes }, park, { fmt, words }) {
  const { t } = words;
  const { known, connected, answering, silent } = park.devices;
  setText(value, fmt.number(connected, 0));
  setText(unit, t("park.of_known", { n: fmt.number(known, 0) }));
  const counts = [el("span", {}, t("park.answering", { n: fmt.number(answering, 0) }))];
  if (silent > 0) counts.push(el("br"), chip("silent", t("line.silent", { n: fmt.number(silent, 0) }), "p2"));
  const text = `${answering} ${silent}`;
  if (notes.dataset.text !== text) notes.replaceChildren(...counts);
  notes.dataset.text = text;
}

/** The figures; `show` takes the park's numbers and what the stream says of its account today. */
export function createFigures(first, ui) {
  const { t } = ui.words;
  const energy = figure(t("park.energy"));
  const emissions = figure(t("park.emissions"));
  const pv = figure(t("park.pv_share_now"));
  const machines = figure(t("park.machines"));
  const nodes = [energy.node, emissions.node, first.trend.pv.length ? pv.node : null, machines.node];
  const show = (park, accounts) => {
    const today = accounts?.[ui.site.id]?.today;
    showEnergy(energy, today, ui);
    showEmissions(emissions, today, ui);
    showPv(pv, park, today, ui);
    showMachines(machines, park, ui);
  };
  return { node: el("dl", { class: "c7 figs fig" }, nodes), show };
}
