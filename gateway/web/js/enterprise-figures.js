// The four figures of an enterprise: machines, energy, cost, emissions. They change in place.
import { el, setText } from "./dom.js";
import { defaultOf } from "./energy-emit.js";
import { atLeast, bigEnergy, estimatedText, moneyText, signOf, tonnesText, useOf } from "./energy-figures.js";
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

/** Average price of what was used; empty where either is not known as a whole. */
function average(cost, use, { words, fmt }) {
  const isWhole = use?.kwh > 0 && !use.isBound && !cost.is_lower_bound;
  if (!isWhole) return "";
  const price = fmt.number(Number(cost.amount) / use.kwh, 4);
  return words.t("energy.average", { price, sign: signOf(cost.currency) });
}

/** `usage`: the API's answer; `statement` and `summary` of the month, null where there is none or a day is shown. */
function showAccount(parts, { usage, statement, summary }, ui) {
  const { t, family } = ui.words;
  const use = useOf(usage.energy);
  put(parts.energy, use ? bigEnergy(use, ui) : ["–", ""], [use ? estimatedText(use, ui) : t("energy.no_register")]);
  const cost = statement ? { amount: statement.total, currency: statement.currency, is_lower_bound: usage.cost?.is_lower_bound ?? true } : usage.cost;
  put(parts.cost, [cost ? moneyText(cost, ui) : "–", ""], [cost ? average(cost, use, ui) : t("energy.no_tariff")]);
  const own = summary && defaultOf(summary);
  const { emissions } = usage;
  const [one, two, all, basis] = own
    ? [own.scope1, own.scope2, own.total, own.basis]
    : [...["scope1_kg", "scope2_kg", "total_kg"].map((name) => ({ ...emissions, kg: emissions[name] })), emissions.basis];
  const mass = ({ kg, is_lower_bound: isBound }) => atLeast(tonnesText(kg, ui), isBound && kg !== null);
  const without = own ? [] : emissions.sources_not_in_it;
  put(parts.emissions, [mass(all), all.kg === null ? "" : "tCO₂e"], [
    t("energy.scopes", { one: mass(one), two: mass(two), basis: family("on", basis) }),
    without.length ? t("energy.without", { n: without.length }) : "",
  ]);
}

function showMachines(part, found, { words, fmt }) {
  const { t } = words;
  const silent = found.devices.filter((device) => device.state === "silent").length;
  const state = silent > 0 ? chip("silent", t("line.silent", { n: fmt.number(silent, 0) }), "p2") : null;
  put(part, [fmt.number(found.connected, 0), t("conn.of_known", { n: fmt.number(found.known, 0) })], [state]);
}

/** The figures: `connected` takes the connectivity, `account` the accounts (`unknown`: they failed), `power` the live power in kW. */
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
    unknown: () => [parts.energy, parts.cost, parts.emissions].forEach((part) => put(part, ["–", ""], [])),
    power: (kw, partial) => setText(live, kw === null ? "" : t("energy.now", { kw: powerText(kw, partial, ui, 1) })),
  };
}
