// The Park page's own words in English. Keys are the same as in park-zh.js.
export default {
  "park.title": "Park now", "park.grid": "Grid import now", "park.no_grid": "No incomer gives a value.", "park.no_grid_meter": "Grid import is not known: give the incomer's meter `role: grid` in park.yaml.", "park.exporting": "Exporting to the grid.",
  "park.share": "{share}\u00a0% of contract demand {kw}\u00a0kW. {left}\u00a0kW below it.", "park.share_over": "{share}\u00a0% of contract demand {kw}\u00a0kW. {left}\u00a0kW above it.",
  "park.now": "now {kw}\u00a0kW", "park.contract": "contract {kw}",
  "park.energy": "Energy today", "park.emissions": "Emissions today", "park.pv_share_now": "PV share now", "park.pv_today": "today {share}\u00a0%", "park.machines": "Machines connected", "park.of_known": "of {n} known",
  "park.answering": "Answering {n}",
  "users.title": "Who uses it", "users.legend": "Connected:", "users.answering": "answering", "users.silent": "silent", "users.known": "known, not connected",
  "users.enterprise": "Enterprise", "users.bar": "Power now", "users.kw": "kW", "users.share": "Share", "users.kwh": "kWh today", "users.kwh_unknown": "not known as a whole: {names}", "users.kwh_no_meter": "none of its meters counts what it uses", "users.connected": "Connected of known", "users.rate": "Answered", "users.remark": "Remark",
  "users.count_rate": "{connected} / {known}, {rate}", "users.residual": "Losses and unmetered", "users.total": "Grid import + PV",
  "users.some_silent": "{n} of {connected} silent", "users.partial": "a meter is missing", "users.exporting": "exporting",
  "users.includes": "incl. silent part of {name}", "users.includes_many": "incl. silent parts of {n}", "users.empty": "No enterprise is configured yet.",
  "flow.grid": "Grid import", "flow.export": "Grid export", "flow.pv": "PV", "flow.busbar": "Busbar", "flow.sentence": "Supply: grid {grid}, PV {pv}. The table beside it has every number.",
  "trend.today": "Power today", "trend.yesterday": "yesterday", "trend.contract": "Contract {kw}\u00a0kW",
  "users.by": "Rows by", "users.by_power": "Power", "users.by_energy": "Energy today", "users.by_co2e": "tCO₂e today", "users.bar_energy": "Energy today", "users.bar_co2e": "Emissions today", "users.tco2e": "tCO₂e", "users.kwh_now": "kWh",
  "emitted.title": "Emissions today by hour", "emitted.hour": "Hour from", "emitted.one": "Scope 1", "emitted.two": "Scope 2", "emitted.scope1": "Scope 1, tCO₂e", "emitted.scope2": "Scope 2, tCO₂e", "emitted.sum": "Sum, tCO₂e", "emitted.none": "Nothing is known of today yet.",
  "emitted.sentence": "Emissions of {n} hours today: scope 1 {one} t, scope 2 {two} t. The table has every hour.",
  "demand.so_far": "average so far {kw}\u00a0kW", "demand.forecast": "forecast {kw}\u00a0kW", "demand.share": "The quarter-hour to {end} heads for {share}\u00a0% of contract demand {kw}\u00a0kW. {left}\u00a0kW left.", "demand.share_over": "The quarter-hour to {end} heads for {share}\u00a0% of contract demand {kw}\u00a0kW. {left}\u00a0kW above it.", "demand.alarm": "alarm {kw} · ",
};
