// Words on energy, cost and emissions in English. Keys are the same as in energy-zh.js.
export default {
  "energy.import": "Grid {kwh}", "energy.generation": "PV {kwh}", "energy.cost": "Cost {money}", "energy.estimated": "{percent}\u00a0% of the time estimated",
  "energy.no_tariff_short": "Cost: no tariff configured", "energy.no_register": "No energy register is accounted yet.",
  "energy.scope1": "Scope 1 {t}", "energy.scope2": "Scope 2 {t} {basis}", "energy.without": { one: "without {n} source", other: "without {n} sources" },
  "on.location": "location-based", "on.market": "market-based", "on.cn_enterprise": "China, enterprise", "on.cn_zero_carbon_park": "zero-carbon park",
};
