// The four figures of an enterprise: machines, energy, cost, emissions. They change in place.
import { el, setText } from "./dom.js";
import { defaultOf } from "./energy-emit.js";
import { atLeast, bigEnergy, estimatedText, flowOf, moneyText, signOf, tonnesText, useOf } from "./energy-figures.js";
import { powerText } from "./power.js";
import { chip } from "./shapes.js";

const NBSP = "\u00a0";

function figure(label) {
  const value = el("span", { class: "waits" });
  const unit = el("small");
  const notes = el("dd", { class: "x" });
  const node = el("div", {}, el("dt", {}, label), el("dd", { class: "v" }, value, NBSP, unit), notes);
  return { node, value, unit, notes };
}

function put({ value, unit, notes }, [text, name], lines) {
  value.className = "";
  setText(value, text);
  setText(unit, name);
  const shown = lines.filter(Boolean).map((line) => (typeof line === "string" ? el("span", { class: "under" }, line) : line));
  notes.replaceChildren(...shown);
}

/** The kWh that a cost is for; a statement charges the part of shared meters too. Null: not known as a whole. */
function chargedOf({ usage, statement }) {
  const use = usage ? useOf(usage.energy) : null;
  if (!use || use.kwh === null || use.isBound) return null;
  if (!statement) return use.kwh;
  const charged = statement.energy.quantity;
  return charged === null ? null : use.kwh + Number(charged) - Number(flowOf(usage.energy, "import").quantity);
}

/** Average price of what was used; empty where either is not known as a whole. */
function average(cost, found, { words, fmt }) {
  const kwh = chargedOf(found);
  if (!(kwh > 0) || cost.is_lower_bound) return "";
  const price = fmt.number(Number(cost.amount) / kwh, 4);
  return words.t("energy.average", { price, sign: signOf(cost.currency) });
}

const NOTHING = ["–", ""];

function showEnergy(part, { usage }, ui) {
  if (!usage) return put(part, NOTHING, []);
  const use = useOf(usage.energy);
  return put(part, use ? bigEnergy(use, ui) : NOTHING, [use ? estimatedText(use, ui) : ui.words.t("energy.no_register")]);
}

function showCost(part, found, ui) {
  const { t } = ui.words;
  const { usage, statement } = found;
  const isBound = (usage ? usage.cost?.is_lower_bound : statement.is_lower_bound) ?? true;
  const cost = statement ? { amount: statement.total, currency: statement.currency, is_lower_bound: isBound } : usage && usage.cost;
  return put(part, [cost ? moneyText(cost, ui) : "–", ""], [cost ? average(cost, found, ui) : usage ? t("energy.no_tariff") : ""]);
}

/** Scope 1, 2 and both, and their basis: of the summary, else of the usage. */
function scopesOf({ usage, summary }) {
  const own = summary && defaultOf(summary);
  if (own) return [own.scope1, own.scope2, own.total, own.basis];
  const { emissions } = usage;
  return [
    { kg: emissions.scope1_kg, is_lower_bound: emissions.scope1_is_lower_bound },
    { kg: emissions.scope2_kg, is_lower_bound: emissions.scope2_is_lower_bound },
    { kg: emissions.total_kg, is_lower_bound: emissions.is_lower_bound },
    emissions.basis,
  ];
}

function showEmissions(part, parts, ui) {
  const { t, family } = ui.words;
  if (!parts.usage && !parts.summary) return put(part, NOTHING, []);
  const [one, two, all, basis] = scopesOf(parts);
  const mass = ({ kg, is_lower_bound: isBound }) => atLeast(tonnesText(kg, ui), isBound && kg !== null);
  const without = parts.summary ? [] : parts.usage.emissions.sources_not_in_it;
  return put(part, [mass(all), all.kg === null ? "" : "tCO₂e"], [
    t("energy.scopes", { one: mass(one), two: mass(two), basis: family("on", basis) }),
    without.length ? t("energy.without", { n: without.length }) : "",
  ]);
}

/** Each of the three as soon as all that it is made of has come. `usage`, `statement` and `summary`: null while on its way, false where there is none. */
function showAccount(parts, found, ui) {
  const has = (...names) => names.every((name) => found[name] !== null);
  if (has("usage")) showEnergy(parts.energy, found, ui);
  if (has("usage", "statement")) showCost(parts.cost, found, ui);
  if (found.summary || has("usage", "summary")) showEmissions(parts.emissions, found, ui);
}

function showMachines(part, found, { words, fmt }) {
  const { t } = words;
  const silent = found.devices.filter((device) => device.state === "silent").length;
  const state = silent > 0 ? chip("silent", t("line.silent", { n: fmt.number(silent, 0) }), "p2") : null;
  put(part, [fmt.number(found.connected, 0), t("conn.of_known", { n: fmt.number(found.known, 0) })], [state]);
}

/** The figures: `connected` takes the connectivity, `account` the parts of the account, `power` the live power in kW. */
export function createFigures(ui) {
  const { t } = ui.words;
  const parts = {
    machines: figure(t("conn.machines")),
    energy: figure(t("energy.energy")),
    cost: figure(t("energy.cost_name")),
    emissions: figure(t("energy.emissions")),
  };
  const live = el("span", { class: "under live-value" });
  return {
    node: el("dl", { class: "figs fig facts" }, Object.values(parts).map((part) => part.node)),
    connected: (found) => showMachines(parts.machines, found, ui),
    account: (found) => {
      showAccount(parts, found, ui);
      parts.energy.notes.append(live);
    },
    power: (kw, partial) => setText(live, kw === null ? "" : t("energy.now", { kw: powerText(kw, partial, ui, 1) })),
  };
}
