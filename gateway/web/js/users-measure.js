// By what the rows of "Who uses it" are measured: power now, energy of today, emissions of today.
import { atLeast, kwhText, tonnesText, useOf } from "./energy-figures.js";
import { powerText, totalOf } from "./power.js";

const ofDay = (accounts, id) => accounts[id]?.today;
/** What the meters of a row counted: its own use, and what its meters that several bear supplied. */
const useToday = (accounts, id) => {
  const today = ofDay(accounts, id);
  if (!today) return null;
  const own = useOf(today.energy);
  if (!today.shared) return own;
  const shared = useOf([today.shared]);
  if (!own) return shared;
  return { kwh: own.kwh === null || shared.kwh === null ? null : own.kwh + shared.kwh, isBound: own.isBound || shared.isBound };
};

/** What a row says: `value` for its bar and share (null: not known), `isBound`, `text`. */
const said = (value, isBound, text) => ({ value, isBound, text });

function power(park, accounts, ui) {
  const of = (kw, isPartial) => said(kw, isPartial, powerText(kw, isPartial, ui, 1));
  return {
    row: (item) => of(item.power_kw, item.partial),
    residual: () => of(park.residual_kw, false),
    total: () => of(totalOf(park), park.grid_partial || park.pv_partial),
  };
}

// What is left for losses is only known where nothing is missing from any row.
function energy(park, accounts, ui) {
  const of = (use) => said(use?.kwh ?? null, use?.isBound ?? false, use ? kwhText(use, ui) : "–");
  const rows = park.enterprises.map((item) => useToday(accounts, item.id));
  const sum = useToday(accounts, ui.site.id);
  const isWhole = [sum, ...rows].every((use) => use && use.kwh !== null && !use.isBound);
  return {
    row: (item) => of(useToday(accounts, item.id)),
    residual: () => of(isWhole ? { kwh: rows.reduce((left, use) => left - use.kwh, sum.kwh), isBound: false } : null),
    total: () => of(sum),
  };
}

// Scope 1 of the park is that of its enterprises, scope 2 of each is of what it buys: they do not make a residual.
function co2e(park, accounts, ui) {
  const of = (found) => {
    if (!found || found.total_kg === null) return said(null, false, "–");
    return said(Number(found.total_kg) / 1000, found.is_lower_bound, atLeast(tonnesText(found.total_kg, ui, 2), found.is_lower_bound));
  };
  return {
    row: (item) => of(ofDay(accounts, item.id)?.emissions),
    residual: () => said(null, false, "–"),
    total: () => of(ofDay(accounts, ui.site.id)?.emissions),
  };
}

/** By name: the words over bar and number, and what the rows say of `park` and `accounts`. */
export const MEASURES = {
  power: { bar: "users.bar", unit: "users.kw", of: power },
  energy: { bar: "users.bar_energy", unit: "users.kwh_now", of: energy },
  co2e: { bar: "users.bar_co2e", unit: "users.tco2e", of: co2e },
};
