"""Results and factors as JSON documents and as lines for people: decimals as texts, the exact fraction beside them."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from rules.carbon.description import Description, Stated
from rules.carbon.factor import Factor
from rules.carbon.gases import Group
from rules.carbon.numbers import RULE, plain, shown
from rules.carbon.result import GasLine, Result


def factor_document(factor: Factor) -> dict[str, Any]:
    """Everything that is known of a factor."""
    source = factor.source
    return {
        "id": factor.id,
        "activity": factor.activity.value,
        "fuel": factor.fuel,
        "sectors": list(factor.sectors),
        "region": factor.region,
        "series": factor.series,
        "valid_from": None if factor.valid_from is None else factor.valid_from.isoformat(),
        "valid_before": None if factor.valid_to is None else factor.valid_to.isoformat(),
        "gas": factor.gas,
        "value": factor.text,
        "unit": factor.unit,
        "per": None if factor.per is None else factor.per.name,
        "basis": None if factor.per is None else factor.per.dimension.value,
        "gwp_set": factor.gwp_set or None,
        "low_95": None if factor.low is None else plain(factor.low),
        "high_95": None if factor.high is None else plain(factor.high),
        "assumes": factor.assumes or None,
        "review": factor.review.value,
        "source": {
            "id": source.id,
            "title": source.title,
            "publisher": source.publisher,
            "year": source.year or None,
            "place": factor.place,
            "url": source.url or None,
            "sha256": source.sha256 or None,
            "read_in": factor.read_in or None,
        },
        "gap_before": factor.gap or None,
        "note": factor.note or None,
    }


def result_document(result: Result) -> dict[str, Any]:
    """A result with its inputs, working and sources; the same input gives the same document."""
    total = result.total
    return {
        "inputs": _inputs(result.description),
        "scope": result.scope,
        "gases": [_line(line) for line in result.counted()],
        "total": None
        if total is None
        else {"gas": total.gas, **_mass(total.kg), "uncertainty_percent": _percent(total.uncertainty_percent)},
        "co2e_not_split_by_gas_kg": None if result.unsplit_co2e_kg is None else shown(result.unsplit_co2e_kg),
        "biogenic_co2": None if (kg := result.biogenic_kg()) is None else _mass(kg),
        "outside_totals": [_line(line) for line in result.outside()],
        "standard_coal": None
        if result.coal_kgce is None
        else {
            "equivalent": result.coal_equivalent,
            "kgce": shown(result.coal_kgce),
            "exact_kgce": plain(result.coal_kgce),
            "tce": shown(result.coal_kgce / 1000),
        },
        "working": result.steps,
        "deviations": result.deviations,
        "notes": result.notes,
        "pending_review": result.pending(),
        "factors": [factor_document(factor) for factor in result.factors],
        "rounding": RULE,
        "catalogue_sha256": result.catalogue_sha256,
    }


def _mass(kg: Fraction) -> dict[str, str]:
    return {"kg": shown(kg), "exact_kg": plain(kg), "t": shown(kg / 1000)}


def _percent(value: Fraction | None) -> str | None:
    return None if value is None else shown(value, 2)


def _line(line: GasLine) -> dict[str, Any]:
    return {
        "gas": line.gas,
        **_mass(line.mass_kg),
        "co2e_kg": None if line.co2e_kg is None else shown(line.co2e_kg),
        "exact_co2e_kg": None if line.co2e_kg is None else plain(line.co2e_kg),
        "uncertainty_percent": _percent(line.uncertainty_percent),
    }


def _inputs(description: Description) -> dict[str, Any]:
    """The description as it was understood; what was not said is left out."""
    choice = description.choice
    said: dict[str, Any] = {
        "activity": description.activity.value,
        "quantity": _stated(description.quantity),
        "region": description.region,
        "from": description.start.isoformat(),
        "to": description.end.isoformat(),
        "fuel": description.fuel,
        "gas": description.gas,
        "gwp": description.gwp_set,
        "methane": "" if description.methane == "single" else description.methane,
        "factor": _said(
            {
                "id": choice.id,
                "series": choice.series,
                "sector": choice.sector,
                "region": choice.region,
                "as_of": "" if choice.as_of is None else choice.as_of.isoformat(),
                "reason": choice.reason,
                "uncertainty_percent": "" if choice.uncertainty_percent is None else plain(choice.uncertainty_percent),
            }
        ),
        "reference_conditions": description.reference_conditions,
        "evidence": list(description.evidence),
    }
    for name in (
        "heating_value", "density", "enthalpy", "feed_water", "gross_to_net", "oxidation", "content", "years",
        "coefficient",
    ):  # fmt: skip
        stated: Stated | None = getattr(description, name)
        said[name] = None if stated is None else _stated(stated)
    return _said(said)


def _said(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value not in ("", None, [], {})}


def _stated(stated: Stated) -> dict[str, str]:
    uncertainty = "" if stated.uncertainty_percent is None else plain(stated.uncertainty_percent)
    return _said(
        {"value": stated.text, "source": stated.source, "id": stated.factor_id, "uncertainty_percent": uncertainty}
    )


def result_lines(result: Result) -> Iterator[str]:
    """A result for a person: what it comes to, how, and from which sources."""
    yield from _totals(result)
    yield ""
    yield "Working"
    yield from (f"  {step}" for step in result.steps)
    yield ""
    yield "Sources"
    for factor in result.factors:
        yield f"  {factor.id}: {factor.shown}, valid {factor.validity}, {factor.review}"
        source = factor.source
        yield f"    {source.publisher}{f' {source.year}' if source.year else ''}: {source.title}, {factor.place}"
    for title, texts in (("Deviations", result.deviations), ("Notes", result.notes)):
        if texts:
            yield ""
            yield title
            yield from (f"  {text}" for text in texts)
    yield ""
    yield f"Rounding: {RULE}"
    yield f"Catalogue: SHA-256 {result.catalogue_sha256}"


def _totals(result: Result) -> Iterator[str]:
    if result.coal_kgce is not None:
        yield f"{shown(result.coal_kgce)} kgce, {result.coal_equivalent}"
    if result.total is not None:
        plus = _plus(result.total.uncertainty_percent)
        yield f"{shown(result.total.kg)} kg {result.total.gas}{plus}, scope {result.scope}"
    for line in result.lines:
        where = {Group.KYOTO: "", Group.MONTREAL: ", outside the totals", Group.BIOGENIC: ", outside the scopes"}
        co2e = "" if line.co2e_kg is None else f" = {shown(line.co2e_kg)} kg CO2e"
        yield f"  {line.gas}: {shown(line.mass_kg)} kg{co2e}{_plus(line.uncertainty_percent)}{where[line.group]}"
    if result.unsplit_co2e_kg:
        yield f"  not split by gas: {shown(result.unsplit_co2e_kg)} kg CO2e"


def _plus(uncertainty: Fraction | None) -> str:
    return "" if uncertainty is None else f" (+-{shown(uncertainty, 2)} %)"
