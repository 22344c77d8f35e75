"""A month recomputed from raw readings, by a program that shares nothing with the gateway: `recompute.py --help`.

Written from deploy/guide/energy-intervals.md and carbon-bases.md alone, with the standard library alone, for whoever
does not trust the gateway's arithmetic. Factor values are read from the catalogue's tables, which are data.

  readings (CSV) ─▶ believed stretches ─▶ micro-units between two instants ─▶ lines ─▶ kg of each gas ─▶ CO2e

The plan (JSON) says what the park's configuration says: meters, who shares them, sources and the ids of their factors.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

HOUR_NS = 3_600 * 10**9
CONFIRMING = 3  # different rising values make a new level
LONGEST_LEAP = 100  # readings
DIRECT, EXPORTED = 1, "exports"
DEDUCTING = ("cn_enterprise", "cn_zero_carbon_park")  # the bases on which what is given back is taken off
BASES = ("location", "market", *DEDUCTING)
Json = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What a register showed."""

    at: int  # UTC nanoseconds
    value: Fraction


@dataclass(frozen=True)
class Stretch:
    """Two readings between which the register counted on, in proportion to time."""

    start: Reading
    end: Reading


class Meter:
    """A register with what is declared of it."""

    def __init__(self, plan: Json, zone: ZoneInfo, readings: Iterable[Reading]) -> None:
        self._modulus = Fraction(plan["modulus"]) if plan.get("modulus") else None
        self._rated = Fraction(plan["rated"]) if plan.get("rated") else None  # per hour
        self._step = Fraction(plan.get("resolution", "0"))
        changes = [(nanoseconds(time, zone), Fraction(value)) for time, value in plan.get("multipliers", [])]
        self._multipliers = [(-(2**63), Fraction(plan.get("multiplier", "1"))), *sorted(changes)]
        events = [(nanoseconds(one["time"], zone), one) for one in plan.get("events", [])]
        self.stretches = [part for one in self._believed(readings, events) for part in self._divided(one)]

    def between(self, start: int, end: int) -> tuple[int, int]:
        """Micro-units that were counted between two instants, and the nanoseconds about which nothing is known."""
        micro, unknown = 0, end - start
        for one in self.stretches:
            begin, stop = max(start, one.start.at), min(end, one.end.at)
            if begin < stop:
                factor = self._multiplier(one.start.at)
                micro += rounded(value_at(one, stop) * factor * 10**6) - rounded(value_at(one, begin) * factor * 10**6)
                unknown -= stop - begin
        return micro, unknown

    def _multiplier(self, at: int) -> Fraction:
        return [value for since, value in self._multipliers if since <= at][-1]

    def _divided(self, one: Stretch) -> Iterator[Stretch]:
        """A multiplier counts from its instant on; until then the one before it."""
        places = [since for since, _ in self._multipliers if one.start.at < since < one.end.at]
        points = [one.start, *(Reading(at, value_at(one, at)) for at in places), one.end]
        yield from map(Stretch, points, points[1:])

    def _follows(self, one: Reading, other: Reading, over: Fraction = Fraction(0)) -> bool:
        """Not lower, and no more than the rated flow with its margins allows."""
        difference = other.value + over - one.value
        if self._rated is None or difference < 0:
            return difference >= 0
        time = other.at - one.at + 60 * 10**9
        return (difference - self._step) * self._multiplier(other.at) <= self._rated * Fraction(12, 10) * time / HOUR_NS

    def _believed(self, readings: Iterable[Reading], events: list[tuple[int, Json]]) -> Iterator[Stretch]:
        """Rules 1 to 6, from event to event. The lower of two values for one instant counts."""
        lowest: dict[int, Fraction] = {}
        for one in readings:
            lowest[one.at] = min(one.value, lowest.get(one.at, one.value))
        ordered = [Reading(at, value) for at, value in sorted(lowest.items())]
        first: Reading | None = None
        for at, event in [*sorted(events, key=lambda one: one[0]), (2**63, {})]:
            part = [one for one in ordered if one.at < at]
            ordered = ordered[len(part) :]
            stretches, last = self._level(([first] if first else []) + part)
            yield from stretches
            if event.get("final") is not None and last is not None:
                final = Reading(at, Fraction(event["final"]))
                if self._follows(last, final):
                    yield Stretch(last, final)
            first = None if event.get("initial") is None else Reading(at, Fraction(event["initial"]))

    def _level(self, readings: list[Reading]) -> tuple[list[Stretch], Reading | None]:
        """The stretches of one register, and its last believed reading."""
        if not readings:
            return [], None
        believed, breaks = [readings[0]], set[int]()  # places of readings that do not go on from the one before
        overs: dict[int, Fraction] = {}
        pending: list[Reading] = []
        for one in readings[1:]:
            if self._follows(believed[-1], one):
                pending = []
                believed.append(one)
                continue
            pending = [*pending, one] if pending and self._follows(pending[-1], one) else [one]
            if len({waiting.value for waiting in pending}) < CONFIRMING:
                continue
            self._explain(believed, breaks, overs, pending[0])
            believed += pending
            pending = []
        found = []
        for place in (one for one in range(1, len(believed)) if one not in breaks):
            before, after = believed[place - 1], believed[place]
            found.append(Stretch(before, Reading(after.at, after.value + overs.get(place, 0))))
        return found, believed[-1]

    def _explain(self, believed: list[Reading], breaks: set[int], overs: dict[int, Fraction], first: Reading) -> None:
        """How a new level follows: behind a leap that is taken back, over the register's end, or nobody knows."""
        last = believed[-1]
        place = len(believed) - 2
        while first.value < last.value and place >= max(0, len(believed) - 1 - LONGEST_LEAP):
            leap = believed[place + 1 :]
            if len({one.value for one in leap}) >= CONFIRMING or place + 1 in breaks or place + 1 in overs:
                break
            if self._follows(believed[place], first):
                del believed[place + 1 :]
                return
            place -= 1
        modulus = self._modulus
        is_end = modulus is not None and last.value >= modulus * Fraction(9, 10) and last.value < modulus
        if modulus is not None and is_end and 0 <= first.value <= modulus / 10 and self._follows(last, first, modulus):
            overs[len(believed)] = modulus
        else:
            breaks.add(len(believed))


def value_at(one: Stretch, at: int) -> Fraction:
    """Linear in time."""
    rise = one.end.value - one.start.value
    return one.start.value + rise * Fraction(at - one.start.at, one.end.at - one.start.at)


def rounded(value: Fraction) -> int:
    """To a whole number, halves away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def nanoseconds(text: str, zone: ZoneInfo) -> int:
    """UTC nanoseconds of a local time."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return int(moment.timestamp()) * 10**9


def shares(micro: int, weights: Mapping[str, str]) -> dict[str, int]:
    """Cut down to whole micro-units; those that are left go to the largest remainders, among equal ones by name."""
    total = sum(map(Fraction, weights.values()))
    exact = {name: micro * Fraction(weight) / total for name, weight in weights.items()}
    found = {name: int(value) for name, value in exact.items()}
    order = sorted(exact, key=lambda name: (found[name] - exact[name], name))
    for name in order[: micro - sum(found.values())]:
        found[name] += 1
    return found


class Month:
    """Quantities of a month in micro-units."""

    def __init__(self, plan: Json, readings: Mapping[str, list[Reading]]) -> None:
        self._zone = ZoneInfo(plan["zone"])
        first = date.fromisoformat(f"{plan['month']}-01")
        following = (first + timedelta(days=31)).replace(day=1)
        self._days = [first + timedelta(days=number) for number in range((following - first).days)]
        self._meters = {tag: Meter(one, self._zone, readings.get(tag, [])) for tag, one in plan["meters"].items()}
        self._shares = plan.get("shares", {})

    def bounds(self, day: date) -> tuple[int, int]:
        """A local day."""
        return nanoseconds(f"{day}T00:00", self._zone), nanoseconds(f"{day + timedelta(days=1)}T00:00", self._zone)

    def counted(self, tag: str) -> tuple[int, int]:
        """Micro-units and unknown nanoseconds of a meter."""
        return self._meters[tag].between(self.bounds(self._days[0])[0], self.bounds(self._days[-1])[1])

    def of(self, tag: str, enterprise: str) -> int:
        """What an enterprise bears of a meter: all of it, or its part of each day."""
        if tag not in self._shares:
            return self.counted(tag)[0]
        days = (self._meters[tag].between(*self.bounds(day))[0] for day in self._days)
        return sum(shares(micro, self._shares[tag])[enterprise] for micro in days)

    @property
    def document(self) -> Json:
        """Every meter."""
        found = {}
        for tag in self._meters:
            micro, unknown = self.counted(tag)
            found[tag] = {"quantity": decimal(micro, 6), "missing_s": decimal(unknown, 9)}
        return found


class Factors:
    """The tables of the catalogue by id."""

    def __init__(self, directory: Path) -> None:
        self._rows: dict[str, dict[str, str]] = {}
        for file in sorted(directory.glob("*.csv")):
            with file.open(encoding="utf-8", newline="") as opened:
                self._rows |= {row["id"]: row for row in csv.DictReader(opened) if "value" in row}

    def value(self, factor: str, unit: str, per: str) -> Fraction:
        """The printed number, which has to be in these units."""
        row = self._rows[factor]
        if (row["unit"], row["per"]) != (unit, per):
            raise SystemExit(f"{factor} is {row['unit']}/{row['per']}, not {unit}/{per}")
        return Fraction(row["value"])


def burnt(source: Json, gas: str, micro: int, factors: Factors) -> Fraction:
    """kg of a gas from a fuel by volume (Nm3): by its carbon, or by a factor per heating value."""
    energy = Fraction(micro, 10**6) / 10**4 * factors.value(source["ncv"], "GJ(net)", "1e4Nm3")  # GJ
    if "carbon" in source:
        carbon = energy * factors.value(source["carbon"], "kg", "GJ(net)")
        return carbon * factors.value(source["oxidation"], "percent", "") / 100 * Fraction(44, 12)
    return energy / 1000 * factors.value(source["gases"][gas], "kg", "TJ(net)")


def direct(source: Json, month: Month, factors: Factors, gwp: str) -> Iterator[tuple[str, int, int]]:
    """Gas, mass and CO2e of each entry, in billionths of a kg."""
    micro = sum(month.of(tag, source["enterprise"]) for tag in source["meters"])
    for gas in ("CO2", *(name for name in source.get("gases", {}) if name != "CO2")):
        mass = burnt(source, gas, micro, factors)
        weight = factors.value(f"gwp100.{gwp}.{gas.lower()}", "kg", "kg")
        yield gas, rounded(mass * 10**9), rounded(mass * weight * 10**9)


def purchased(source: Json, basis: str, month: Month, factors: Factors) -> int:
    """Billionths of a kg of CO2 of purchased electricity on a basis; each line is rounded once."""
    factor = factors.value(source["factors"][basis], "kg", "kWh") * 10**9
    micro = sum(month.of(tag, source["enterprise"]) for tag in source["meters"])
    green = [one for one in source.get("certificates", []) if basis in one["bases"]]
    covered = [(Fraction(one["mwh"]) * 1000, Fraction(one["kg_per_kwh"])) for one in green]
    rest = Fraction(micro, 10**6) - sum(energy for energy, _ in covered)
    total = sum(rounded(energy * own * 10**9) for energy, own in covered) + rounded(rest * factor)
    if basis in DEDUCTING:
        given = sum(month.of(tag, source["enterprise"]) for tag in source.get(EXPORTED, []))
        total += rounded(-Fraction(given, 10**6) * factor)
    return total


def account(plan: Json, month: Month, factors: Factors) -> Json:
    """By enterprise: kg of each gas and CO2e of scope 1, kg of scope 2 by basis."""
    found: Json = {}
    for name in sorted({source["enterprise"] for source in plan["sources"]}):
        mine = [source for source in plan["sources"] if source["enterprise"] == name]
        gases: dict[str, list[int]] = {}
        for source in (one for one in mine if one["scope"] == DIRECT):
            for gas, mass, co2e in direct(source, month, factors, plan["gwp"]):
                gases.setdefault(gas, []).append(mass)
                gases.setdefault("CO2e", []).append(co2e)
        bought = [one for one in mine if one["scope"] != DIRECT]
        scope2 = {basis: sum(purchased(one, basis, month, factors) for one in bought) for basis in BASES}
        found[name] = {
            "scope1_kg": {gas: decimal(sum(parts), 9) for gas, parts in gases.items()},
            "scope2_kg": {basis: decimal(kg, 9) for basis, kg in scope2.items()},
        }
    return found


def decimal(value: int, places: int) -> str:
    """A whole number of so-manieths as decimal text."""
    digits = str(abs(value)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def read(file: Path) -> dict[str, list[Reading]]:
    """`time,tag,value`: UTC seconds, up to nine digits after the point."""
    found: dict[str, list[Reading]] = {}
    with file.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            at = Fraction(row["time"]) * 10**9
            found.setdefault(row["tag"], []).append(Reading(int(at), Fraction(row["value"])))
    return found


def main() -> None:
    """Print the month as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("readings", type=Path, help="CSV: time (UTC seconds), tag, value")
    parser.add_argument("plan", type=Path, help="JSON: zone, month, gwp, meters, shares, sources")
    parser.add_argument("catalogue", type=Path, help="the directory of the factor tables (CSV)")
    given = parser.parse_args()
    plan = json.loads(given.plan.read_text(encoding="utf-8"))
    month = Month(plan, read(given.readings))
    found = {"meters": month.document, "entities": account(plan, month, Factors(given.catalogue))}
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
