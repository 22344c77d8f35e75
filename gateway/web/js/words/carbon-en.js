// The words of the Carbon page in English. Keys are the same as in carbon-zh.js.
export default {
  "carbon.open": "Open, figures may change", "carbon.closed": "Closed {day}", "carbon.restated": "Restated", "carbon.entity": "Whose emissions",
  "carbon.before": "Period before", "carbon.after": "Period after", "carbon.whole_year": "Whole year", "carbon.scope1": "Scope 1", "carbon.scope2": "Scope 2", "carbon.both": "Scope 1 and 2",
  "carbon.incomplete": "Something is missing: these totals are lower bounds. What is missing stands beside them.", "carbon.silent": "nothing is recorded of {name} ({when})",
  "report.xlsx": "XLSX with formulas", "report.csv": "CSV",
  "period.close": "Close the month", "period.restate": "Tell anew", "period.decide": "Look and decide", "period.withdraw": "Withdraw", "period.withdrawn": "Withdrawn.", "period.fault": "Whether it is closed or proposed could not be asked", "period.report": "Report", "period.sample": "Sample entries",
  "period.own_close": "You proposed to close this month ({time}). It waits for another person.", "period.own_restate": "You proposed to tell this month anew ({time}). It waits for another person.", "period.other_close": "{name} proposed to close this month ({time}). It waits for another person.", "period.other_restate": "{name} proposed to tell this month anew ({time}). It waits for another person.", "period.due": "The data has changed since these figures were closed: {names}.",

  "basis.location": "Location-based", "basis.market": "Market-based", "basis.cn_enterprise": "China, enterprise", "basis.cn_zero_carbon_park": "Zero-carbon park", "basis.direct": "Scope 1",
  "basis_rule.location": "GHG Protocol, IFRS S2", "basis_rule.market": "GHG Protocol, RE100", "basis_rule.cn_enterprise": "GB/T 32150-2025", "basis_rule.cn_zero_carbon_park": "〔2025〕910, tCO₂",
  "bases.title": "Scope 1 and 2 on every basis", "bases.label": "Scope 1 and 2 on every basis, {period}, tCO₂e", "bases.how": "How scope 2 is made", "bases.trace": "{value}, where it comes from", "bases.none": "does not apply", "bases.refused": "cannot be valued",
  "bases.park": "The park is not the sum of its enterprises: it has certificates, losses, generation and common services of its own.",
  "bases.location.instrument": "no effect", "bases.location.remainder": "no effect", "bases.location.exported": "not deducted", "bases.market.exported": "not deducted", "bases.market.purchased": "see below", "bases.cn_zero_carbon_park.exported": "no rule",
  "line.purchased": "Purchased electricity", "line.instrument": "Covered by instruments", "line.remainder": "Remainder", "line.non_fossil": "Non-fossil, with evidence", "line.exported": "Exported", "line.generation": "Own generation", "line.heat_exported": "Heat given away", "line.heat": "Purchased heat", "line.steam": "Purchased steam", "line.cooling": "Purchased cooling",

  "trust.title": "How far to trust it", "trust.bar": "measured {measured}, estimated {estimated}, missing {missing}", "trust.measured": "Measured", "trust.estimated": "Estimated", "trust.missing": "Missing",
  "trust.gaps": { one: "{n} gap", other: "{n} gaps" }, "trust.uncertainty": "Uncertainty", "trust.plus_minus": "± {value} (95\u00a0%), IPCC approach 1", "trust.grade": "Data quality", "trust.unexplained": "Incomers less sub-meters", "trust.no_balance": "no incomer with sub-meters", "trust.not_explained": "more than the meters' accuracy",
  "trust.restatements": "Restatements", "trust.restated": "{n} since the close", "trust.none": "none", "trust.unknown": "not known", "trust.base_year": "Base year", "trust.base": "{year}", "trust.exclusions": "Exclusions", "trust.fallbacks": "Fallbacks used", "trust.pending": "Factors not reviewed",
  "trust.waiting": "Waiting for approval", "trust.records": { one: "{n} record", other: "{n} records" }, "trust.checkpoint": "Checkpoint", "trust.size": "{n} records",
  "grade.high": "high", "grade.good": "good", "grade.fair": "fair", "grade.poor": "poor",

  "instrument.title": "Instruments", "instrument.empty": "No certificate or contract is recorded for this period.", "instrument.kind": "Type", "instrument.energy": "Energy", "instrument.allocated": "Allocated here", "instrument.of": "{allocated}, {left} left", "instrument.retired": "Cancelled", "instrument.not_retired": "not yet", "instrument.evidence": "Evidence", "instrument.criteria": "Criteria",
  "instrument.gec": "Green certificate", "instrument.i_rec": "I-REC", "instrument.go": "Guarantee of origin", "instrument.ppa": "Power purchase agreement", "instrument.direct_supply": "Direct supply", "instrument.supplier_rate": "Supplier's rate", "instrument.self_generated": "Self-generated",
  "criterion.1": "conveys the emission rate", "criterion.2": "only claim", "criterion.3": "tracked and retired", "criterion.4": "near the period", "criterion.5": "same market", "criterion.6": "supplier's factor as delivered", "criterion.7": "no other claim conveyed", "criterion.8": "residual mix", "criterion.disclosed": "disclosed",

  "scope1.title": "Scope 1 by source and gas", "scope1.source": "Source", "scope1.activity": "Activity", "scope1.others": "Others", "scope1.empty": "No source of scope 1 is recorded for this period.", "scope1.outside": "Outside the scopes: {list}.", "scope1.biogenic": "biogenic CO₂ {value}\u00a0t", "scope1.no_biogenic": "biogenic CO₂ none", "scope1.non_kyoto": "{gas} {value} (not a Kyoto gas)", "scope1.gwp": "GWP set: IPCC {set}, 100 years.",
  "category.stationary": "Stationary", "category.mobile": "Mobile", "category.process": "Process", "category.fugitive": "Fugitive", "category.electricity": "Electricity", "category.heat": "Heat",

  "energy.title": "Energy and coal equivalents", "energy.carrier": "Energy", "energy.quantity": "Quantity", "energy.tce": "tce (calorific, 当量值)", "energy.tce_primary": "tce (primary, 等价值)", "energy.empty": "No energy is recorded for this period.", "energy.intensity": "{value} kgCO₂e per {unit} of {of}",
  "carrier.electricity": "Electricity", "carrier.natural_gas": "Natural gas", "carrier.heat": "Heat", "carrier.steam": "Steam", "carrier.cooling": "Cooling", "carrier.diesel": "Diesel", "carrier.gas_diesel_oil": "Diesel", "carrier.motor_gasoline": "Gasoline", "carrier.liquefied_petroleum_gases": "LPG", "carrier.liquefied_natural_gas": "LNG", "carrier.residual_fuel_oil": "Fuel oil", "carrier.gasoline": "Gasoline", "carrier.lpg": "LPG", "carrier.other": "Other",
  "direction.export": "exported", "direction.generation": "generated", "direction.import": "bought",
  "denominator.output_value": "output value", "denominator.added_value": "added value", "denominator.product": "production", "denominator.area": "floor area", "denominator.employees": "employees", "denominator.energy": "energy",

  "months.title": "By month, {year}", "months.label": "Scope 1 and 2 by month", "months.bar": "{month}: scope 1 {one}, scope 2 {two} tCO₂e", "months.empty": "No figures in this year yet.",

  "factor.title": "Factors used", "factor.name": "Factor", "factor.value": "Value", "factor.unit": "Unit", "factor.source": "Source", "factor.valid": "Valid", "factor.review": "Review", "factor.document": "Document", "factor.no_hash": "no hash", "factor.empty": "No factor was used.",
  "review.reviewed": "reviewed", "review.pending": "not reviewed yet", "review.own": "own, approved",

  "trace.title": "Where it comes from", "trace.note": "total to reading", "trace.close": "Close trace", "trace.broken": "The chain stops here: {reason}", "trace.more": "{n} more", "trace.all_days": "{n} days",
  "step.total": "Total", "step.entry": "Entry", "step.activity": "Activity", "step.days": "Days", "step.intervals": "Intervals", "step.ledger": "Ledger",
  "trace.proof": "Proof verified", "trace.no_proof": "Not in a signed tree yet",
  "trace.of": "Where it comes from: {name}", "trace.run": "run", "trace.by": "by {name}", "trace.reverses": "takes back", "trace.as_of": "as known {time}", "trace.lacking": "missing", "trace.decided": "Readings that decided these intervals, as the register showed them:", "trace.one_day": "one day of each meter; every day was added up", "trace.leaf": "Leaf {index} lies in the signed tree of {size} records; inclusion proof of {n} hashes.",
  "step.records": "Records", "step.factors": "Factor",
  "method.measured": "measured", "method.interpolated": "measured, boundary interpolated", "method.exchange": "meter exchanged", "method.gap_estimated": "estimated over a gap", "method.virtual": "computed", "method.partial": "partly missing", "method.missing": "missing", "method.manual": "corrected by hand", "method.factor": "activity × factor", "method.carbon_content": "carbon content", "method.mass_balance": "mass balance",
  "verify.ledger": "Ledger", "verify.not_yet": "not checked yet", "verify.do": "Verify", "verify.doing": "Verifying…", "verify.good": "verified {time}", "verify.entry": "entry {n}: ", "verify.broken": { one: "{count} thing was changed", other: "{count} things were changed" },
  "verify.what": "{records} records, {rows} interval rows, {files} evidence files, {audit} entries of the audit log", "verify.signed": "signed {time} over {n} records", "verify.unsigned": "nothing is signed yet",
};
