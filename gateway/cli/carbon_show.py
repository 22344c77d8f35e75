"""How the carbon commands show their results to people: summaries, traces, instruments, restatements that are due."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.cli.console import print_line, print_table
from rules.carbon.numbers import number, shown
from rules.energy.reading import plain_text

Json = Mapping[str, Any]
_SHOWN_GAPS = 20
_SHOWN_INTERVALS = 12


def show_summary(found: Json) -> None:
    """Totals by basis, lines, gases, energy, how far it can be trusted, what it is compared with, the checkpoint."""
    entity, period = found["entity"], found["period"]
    state = found["status"] + ("" if found["is_complete"] else ", not complete")
    whose = f"{entity['name']['en']} ({entity['id']}), {period['from']} to {period['to']} {period['zone']}"
    if not period["has_begun"]:
        print_line(f"{whose}: has not begun")
        return
    print_line(f"{whose}: {state}")
    print_line("")
    print_table(
        ["basis", "scope 1 t", "scope 2 t", "total t", "gases", ""],
        [_basis_row(basis) for basis in found["bases"]],
    )
    _direct(found["scope1"], found["outside"])
    for basis in found["bases"]:
        _basis_lines(basis)
    _energy(found["energy"])
    _trust(found["trust"])
    _comparison(found)
    for due in found["due"]:
        print_line(f"a restatement of {due['period']} is due: {', '.join(due['sources'])}")
    for told in found["restatements"]:
        print_line(f"restated {told['period']} by {told['by']}, {told['approver']}: {told['reason']}")
    if found["checkpoint"]:
        print_line("")
        print_line(f"ledger: {found['checkpoint']['size']} records, root {found['checkpoint']['root']}")


def tonnes(kg: str) -> str:
    """Kilograms as tonnes with three decimals, halves up."""
    value = number(kg)
    assert value is not None
    return shown(value / 1000, 3)


def _kg(total: Json) -> str:
    return ("at least " if total.get("is_lower_bound") else "") + tonnes(total["kg"])


def _basis_row(basis: Json) -> list[str]:
    first, second = basis["scope1"], basis["scope2"]
    refused = f"{len(basis['refusals'])} not valued" if basis["refusals"] else ""
    mark = " (default)" if basis["is_default"] else ""
    return [
        basis["basis"] + mark,
        _kg(first),
        _kg(second),
        _kg(basis["total"]),
        _gases(first["gas"], second["gas"]),
        refused,
    ]


def _gases(first: str, second: str) -> str:
    """What the total is of: CO2 alone only where both scopes are."""
    if first == second:
        return first
    return "CO2e, scope 2 CO2 only" if second == "CO2" else "CO2e, scope 1 CO2 only"


def _direct(direct: Json, outside: Json) -> None:
    if not direct["by_source"]:
        return
    print_line("")
    rows = [
        [one["source"], one["category"], f"{one['quantity'] or '-'} {one['unit']}", _kg(one), _first(one["entries"])]
        for one in direct["by_source"]
    ]
    print_table(["scope 1", "category", "quantity", "t CO2e", "entry"], rows)
    gases = "; ".join(f"{gas['gas']} {gas['mass_kg']} kg" for gas in direct["by_gas"])
    print_line(f"by gas: {gases}")
    for note in direct["notes"]:
        print_line(f"note: {note['en']}")
    if outside["biogenic_co2_kg"] != "0":
        print_line(f"outside the scopes: biogenic CO2 {outside['biogenic_co2_kg']} kg")
    for gas in outside["non_kyoto"]:
        print_line(f"outside the scopes: {gas['gas']} {gas['mass_kg']} kg")


def _first(entries: Sequence[str]) -> str:
    more = f" +{len(entries) - 1}" if len(entries) > 1 else ""
    return (entries[0][:12] if entries else "") + more


def _basis_lines(basis: Json) -> None:
    if basis["lines"]:
        print_line("")
        rows = [
            [
                line["label"], line["source"], f"{line['quantity'] or '-'} {line['unit']}", line["factor_text"],
                _kg(line), _first(line["entries"]), line["note"],
            ]
            for line in basis["lines"]
        ]  # fmt: skip
        print_table([basis["basis"], "source", "quantity", "factor", "t", "entry", ""], rows)
    for refusal in basis["refusals"]:
        print_line(f"not valued: {refusal['source']}: {refusal['message']}")
    for note in basis["notes"]:
        if note["scope"] != 1:
            print_line(f"note: {note['en']}")
    if basis["indicator"]:
        print_line(_indicator(basis["indicator"]))


def _indicator(found: Json) -> str:
    if found["value"] is None:
        return f"no indicator: {found['en']}"
    return f"indicator: {found['en']}"


def _energy(energy: Sequence[Json]) -> None:
    if energy:
        print_line("")
        rows = [
            [one["carrier"], one["direction"], f"{one['quantity']} {one['unit']}", one["tce_calorific"] or "-",
             one["tce_primary"] or "-"]
            for one in energy
        ]  # fmt: skip
        print_table(["energy", "direction", "quantity", "tce (calorific)", "tce (primary)"], rows)


def _trust(trust: Json) -> None:
    print_line("")
    shares = "measured {measured_percent} %, estimated {estimated_percent} %, missing {missing_percent} % of the time"
    print_line(shares.format(**trust) + f"; grade {trust['grade'] or '-'}")
    if trust["uncertainty_percent"] is not None:
        print_line(f"uncertainty (95 %): {trust['uncertainty_percent']} %")
    elif trust["uncertainty_known_percent"] is not None:
        print_line(f"uncertainty: known for {trust['uncertainty_known_percent']} % of the emissions, not for the total")
    for gap in trust["gaps"][:_SHOWN_GAPS]:
        print_line(f"{gap['how']}: {gap['meter']}, {gap['from']} to {gap['to']}")
    if len(trust["gaps"]) > _SHOWN_GAPS:
        print_line(f"and {len(trust['gaps']) - _SHOWN_GAPS} more gaps: --json lists them")
    for one in trust["silent"]:
        print_line(f"nothing is recorded of {one['name']['en']} ({one['source']}): {', '.join(one['periods'])}")
    told = (
        ("uncounted", "approved, and counted by no source"),
        ("exclusions", "excluded"),
        ("fallbacks", "fallback"),
        ("pending_factors", "not reviewed"),
    )
    for name, title in told:
        for text in trust[name]:
            print_line(f"{title}: {text}")
    for loss in trust["unexplained"]:
        if loss["percent"] is not None:
            part = f"{loss['quantity']} {loss['unit']} ({loss['percent']} %)"
            print_line(f"unexplained under {loss['name']['en']} ({loss['meter']}): {part}, {_verdict(loss)}")
    if trust["waiting"]:
        print_line(f"waiting for approval: {trust['waiting']}")


def _verdict(loss: Json) -> str:
    if loss["is_beyond_limit"] is None:
        return "no limit: not all of it is metered"
    return "more than limit and accuracy allow" if loss["is_beyond_limit"] else "within limit or accuracy"


def _comparison(found: Json) -> None:
    for name, title in (("previous_period", "period before"), ("previous_year", "year before")):
        other = found["comparison"].get(name)
        if other:
            percent = other["difference_percent"]
            change = "" if percent is None else f" ({Decimal(percent):+.1f} %)"
            bound = "at least " if other["is_lower_bound"] else ""
            print_line(f"{title} ({other['period']}): {bound}{tonnes(other['total_kg'])} t{change}")


def show_trace(found: Json) -> None:
    """Each step in a paragraph."""
    for step in found["steps"]:
        print_line(f"== {step['step']}")
        _STEPS[step["step"]](step)
        print_line("")
    if found["broken"]:
        print_line(f"BROKEN at {found['broken']['step']}: {found['broken']['missing']}")
    else:
        print_line(
            "every link holds" + ("" if found["is_recorded"] else "; the period is open, nothing is recorded yet")
        )


def _total(step: Json) -> None:
    print_line(f"{step['entity']} {step['period']}, scope {step['scope']}, {step['basis']}")
    print_line(f"{step['value']} {step['unit']} = {step['formula']}")


def _entry(step: Json) -> None:
    print_line(f"{step['id']}")
    print_line(f"{step['mass_kg']} kg {step['gas']} = {step['value']} {step['unit']}")
    for line in step["formula"]:
        print_line(f"  {line}")


def _activity(step: Json) -> None:
    print_line(f"{step['source']} {step['direction']}, {step['from']} to {step['to']}, grade {step['grade']}")
    print_line(f"{step['value']} {step['unit']} = {step['formula']}")


def _records(step: Json) -> None:
    for record in step["records"]:
        print_line(f"{record['kind']} {record['id']} ({record['seq']}) by {record['by']}, {record['time']}")
        for file in record["files"]:
            print_line(f"  file {file['name']} SHA-256 {file['sha256']}")


def _days(step: Json) -> None:
    rows = [
        [one["register"], one["day"], one["version"], _units(one["known_micro"]), one["unit"], one["digest"][:16]]
        for one in step["days"]
    ]
    print_table(["register", "day", "version", "quantity", "", "digest"], rows)


def _units(micro: int) -> str:
    return plain_text(Decimal(micro).scaleb(-6))


def _intervals(step: Json) -> None:
    rows = []
    for one in step["intervals"][:_SHOWN_INTERVALS]:
        readings = " -> ".join(f"{reading[2]} at {_beside(reading[0], one['from'])}" for reading in one["readings"])
        rows.append([one["register"], one["from"], one["known"] or "-", one["unit"], one["method"], readings])
    print_table(["register", "from", "quantity", "", "method", "register values"], rows)
    if len(step["intervals"]) > _SHOWN_INTERVALS:
        print_line(f"and {len(step['intervals']) - _SHOWN_INTERVALS} more: --json shows them")


def _beside(moment: str, local: str) -> str:
    """An instant in the zone of a local time."""
    return datetime.fromisoformat(moment).astimezone(datetime.fromisoformat(local).tzinfo).isoformat()


def _factors(step: Json) -> None:
    for factor in step["factors"]:
        source = factor["source"]
        per = f"/{factor['per']}" if factor["per"] else ""
        print_line(f"{factor['id']}: {factor['value']} {factor['unit']} {factor['gas']}{per}, {factor['review']}")
        print_line(f"  {source['publisher']} {source['year'] or ''}: {source['title']}, {source['place']}")
        for name in ("url", "sha256"):
            if source[name]:
                print_line(f"  {name} {source[name]}")


def _ledger(step: Json) -> None:
    if not step["is_recorded"]:
        print_line(step["note"])
        return
    print_line(f"record {step['seq']}, {step['time']}, run {step['run']} (record {step['run_seq']})")
    print_line(f"leaf {step['leaf']}")
    if step["proof"]:
        print_line(f"in the signed log of {step['proof']['size']} records: path of {len(step['proof']['path'])} hashes")
        print_line(step["checkpoint"].rstrip("\n"))


_STEPS = {
    "total": _total, "entry": _entry, "activity": _activity, "records": _records, "days": _days,
    "intervals": _intervals, "factors": _factors, "ledger": _ledger,
}  # fmt: skip


def show_due(found: Sequence[Json]) -> None:
    """What has to be told anew."""
    rows = []
    for one in found:
        effects = {"scope 1": one["effect"]["scope1"], **one["effect"]["scope2"]}
        changes = [f"{name} {tonnes(change['difference_kg'])} t" for name, change in effects.items()]
        rows.append([one["entity"], one["period"], ", ".join(one["sources"]), "; ".join(changes)])
    print_table(["entity", "period", "sources", "difference"], rows)
    print_line(f"{len(found)} restatement{'s' * (len(found) != 1)} due")


def show_instruments(found: Sequence[Json]) -> None:
    """A row for each."""
    rows = [
        [
            one["id"], one["kind"], one["beneficiary"], f"{one['from']}..{one['to']}", one["energy_mwh"],
            one["allocated_mwh"], one["left_mwh"], one["retired_on"] or "-",
            _criteria(one["criteria"]),
            str(len(one["evidence"])),
        ]
        for one in found
    ]  # fmt: skip
    columns = ["id", "kind", "beneficiary", "vintage", "MWh", "allocated", "left", "retired", "criteria", "files"]
    print_table(columns, rows)


def _criteria(criteria: Sequence[bool | None]) -> str:
    """Those of table 7.1 that are not simply met."""
    other = {False: "NOT met", None: "disclosed"}
    return ", ".join(f"{place} {other[met]}" for place, met in enumerate(criteria, 1) if met is not True) or "all met"
