"""The electricity of a stretch: demand, base load, off-hours use, PV and battery, charging points."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.accounts.energy.energyread import Amount, Energy, amounts_of, energy
from gateway.accounts.energy.figures import iso, percent
from gateway.accounts.energy.payers import zone_of
from gateway.accounts.energy.question import Question, days_of
from gateway.accounts.energy.windows import Window
from gateway.config.accountplan import Direction, Medium
from gateway.store.intervals import days
from rules.energy.allocation import MICRO, from_micro, round_micro
from rules.energy.profile import Piece, Supply, base_load, load_factor, outside, peak
from rules.energy.reading import plain_text

Json = dict[str, Any]
IsWorking = Callable[[int], bool]


def pieces_of(ask: Question, weights: Mapping[str, int], window: Window) -> list[Piece]:
    """The intervals of a weighted sum of registers that are known as a whole."""
    sums: dict[int, list[int]] = {}
    for tag, weight in weights.items():
        for stored in days(ask.db, [tag], *days_of(window, ask.books)):
            for start, end, micro in stored.slots():
                is_inside = window.start_ns <= start and end <= window.end_ns
                if micro is not None and is_inside and ask.counts(tag, start):
                    entry = sums.setdefault(start, [end, 0, 0])
                    entry[1] += micro * weight
                    entry[2] += 1
    moved = [tag for tag in weights if tag in ask.books.held]
    return [
        Piece(start, end, micro)
        for start, (end, micro, count) in sorted(sums.items())
        if count == len(weights) - sum(not ask.counts(tag, start) for tag in moved)
    ]


def electricity(ask: Question, window: Window, is_working: IsWorking | None, kinds: Mapping[str, str]) -> Json | None:
    """Highest demand, load factor, base load, off-hours use, self-consumption, autarky, charging points."""
    electric = {flow.direction: flow for flow in ask.payer.flows if flow.medium is Medium.ELECTRICITY}
    bought = electric.get(Direction.IMPORT)
    if bought is None:
        return None
    zone = zone_of(ask.books)
    pieces = pieces_of(ask, dict(bought.weights), window)
    highest = peak(pieces)
    base = base_load(pieces, zone)
    total = sum(piece.micro for piece in pieces)
    off = None if is_working is None else outside(pieces, is_working)
    factor = load_factor(pieces)
    return {
        "maximum_demand": None
        if highest is None
        else {
            "kw": plain_text(from_micro(round_micro(highest.micro_kw / MICRO))),
            "time": iso(highest.start_ns, zone),
            "interval_s": ask.books.interval_s,
        },
        "load_factor": factor if factor is None else plain_text(factor),
        "base_load": None if base is None else {"kw": plain_text(base[0]), "nights": base[1]},
        "off_hours": None
        if off is None
        else {"quantity": plain_text(from_micro(off)), "unit": "kWh", "percent": percent(off, total)},
        "known_intervals": len(pieces),
        "supply": supply_json(supply_of(ask, window, kinds)),
        "chargers": chargers(ask, window, kinds),
    }


def supply_of(ask: Question, window: Window, kinds: Mapping[str, str]) -> Supply:
    """Grid, PV and battery of a stretch."""
    zone = zone_of(ask.books)
    found = {
        flow.direction: energy(ask.db, dict(flow.weights), window.start_ns, window.end_ns, zone, ask.cut)
        for flow in ask.payer.flows
        if flow.medium is Medium.ELECTRICITY
    }
    nothing = Energy(Amount(), True, ())
    taken = found.get(Direction.IMPORT)
    batteries = _registers_of_kind(ask, kinds, ("battery", "bess", "ess", "storage"))
    stored = {
        way: energy(ask.db, dict.fromkeys(batteries.get(way, ()), 1), window.start_ns, window.end_ns, zone, ask.cut)
        for way in (Direction.IMPORT, Direction.EXPORT)
    }
    every = [*found.values(), *stored.values()]
    is_known = taken is not None and not any(one.lacking for one in every)
    return Supply(
        taken.amount.known if taken is not None and is_known else None,
        found.get(Direction.EXPORT, nothing).amount.known,
        found.get(Direction.GENERATION, nothing).amount.known,
        stored[Direction.IMPORT].amount.known,
        stored[Direction.EXPORT].amount.known,
    )


def supply_json(supply: Supply) -> Json:
    """The flows in kWh; shares between 0 and 1. Without everything known there are no shares."""
    is_known = supply.imported is not None
    named = {
        "grid_import": supply.imported,
        "grid_export": supply.exported,
        "generation": supply.generated,
        "own_use_of_generation": supply.own_use,
        "battery_charge": supply.charged,
        "battery_discharge": supply.discharged,
        "consumption": supply.consumption,
    }
    shares = {"self_consumption": supply.self_consumption, "autarky": supply.autarky}
    return {
        "unit": "kWh",
        "is_complete": is_known,
        **{name: None if micro is None else plain_text(from_micro(micro)) for name, micro in named.items()},
        **{name: None if share is None or not is_known else plain_text(share) for name, share in shares.items()},
    }


def chargers(ask: Question, window: Window, kinds: Mapping[str, str]) -> Json | None:
    """Energy of the charging points and the share of each; `None` where there is none."""
    tags = _registers_of_kind(ask, kinds, ("charger", "ev_charger", "charging_point")).get(Direction.IMPORT, ())
    if not tags:
        return None
    amounts = amounts_of(ask.db, tags, window.start_ns, window.end_ns, zone_of(ask.books), ask.cut)
    total = sum(amounts[tag].known for tag in tags)
    return {
        "quantity": plain_text(from_micro(total)),
        "unit": "kWh",
        "is_lower_bound": not all(amounts[tag].is_whole for tag in tags),
        "items": [
            {
                "meter": tag,
                "device": ask.books.meters[tag].device,
                "quantity": plain_text(from_micro(amounts[tag].known)),
                "is_lower_bound": not amounts[tag].is_whole,
                "percent": percent(amounts[tag].known, total),
            }
            for tag in tags
        ],
    }


def _registers_of_kind(ask: Question, kinds: Mapping[str, str], wanted: tuple[str, ...]) -> dict[Direction, list[str]]:
    found: dict[Direction, list[str]] = {}
    for tag, meter in sorted(ask.books.meters.items()):
        is_theirs = ask.entity.is_park or meter.enterprise == ask.entity.id
        is_energy = meter.medium is Medium.ELECTRICITY and meter.spec.accounted_unit == "kWh"
        if is_theirs and is_energy and kinds.get(meter.device) in wanted:
            found.setdefault(meter.direction, []).append(tag)
    return found
