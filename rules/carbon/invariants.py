"""What must hold for a catalogue as a whole: validity without gaps or overlaps, one basis, CO2 not called CO2e."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from rules.carbon.catalogue import GWP_SETS
from rules.carbon.factor import EMITTING, Activity, Factor
from rules.carbon.gases import CO2E, CO2E_PARTS, GASES
from rules.carbon.units import UNITS, Dimension

PROPERTIES = ("NCV", "C", "oxidation", "density")
_OTHER = {Activity.LEAKAGE: "refrigerant", Activity.STANDARD_COAL: "tce"}
_BEGINNING, _END = date.min, date.max


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in a catalogue: which factor (its position), which column, what, and what to do."""

    index: int
    column: str
    message: str
    hint: str = ""


def faults(factors: Sequence[Factor]) -> list[Fault]:
    """Everything that is wrong with these factors, in their order."""
    whole = [fault for check in (_validity, _together, _bases, _parts, _blends) for fault in check(factors)]
    return sorted([*row_faults(factors), *whole], key=lambda fault: fault.index)


def row_faults(factors: Sequence[Factor]) -> list[Fault]:
    """What is wrong with each by itself, so that it can be told of a catalogue that is not complete."""
    found = [fault for check in (_doubled_ids, _values, _names_of_gases, _units) for fault in check(factors)]
    return sorted(found, key=lambda fault: fault.index)


def _doubled_ids(factors: Sequence[Factor]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, factor in enumerate(factors):
        if first.setdefault(factor.id, index) != index:
            yield Fault(index, "id", f"id `{factor.id}` stands here a second time", "every value has an id of its own")


def _values(factors: Sequence[Factor]) -> Iterator[Fault]:
    for index, factor in enumerate(factors):
        if factor.value < 0:
            yield Fault(index, "value", "a factor must not be negative")
        if factor.value == 0 and factor.assumes != "evidence":
            yield Fault(index, "value", "a factor of zero without evidence", "write `evidence` under `assumes`")
        if factor.valid_from and factor.valid_to and factor.valid_from >= factor.valid_to:
            yield Fault(index, "valid_to", "ends before it begins", "the day of the end is not included any more")
        low, high = factor.low, factor.high
        if (low is None) != (high is None) or (
            low is not None and high is not None and not low <= factor.value <= high
        ):
            yield Fault(index, "low", "the value does not lie in its confidence interval", "give both limits")
        if factor.gas == "oxidation" and factor.value > 100:
            yield Fault(index, "value", "more than 100 percent oxidised")


def _names_of_gases(factors: Sequence[Factor]) -> Iterator[Fault]:
    for index, factor in enumerate(factors):
        if factor.gas not in _gases_of(factor.activity):
            yield Fault(index, "gas", f"`{factor.gas}` has no meaning for {factor.activity}")
        is_co2e = factor.gas == CO2E or factor.gas in CO2E_PARTS or factor.activity is Activity.GWP
        if is_co2e and factor.gwp_set not in GWP_SETS:
            yield Fault(index, "gwp_set", f"CO2e with which GWP set? `{factor.gwp_set}`", "AR4, AR5 or AR6")
        if not is_co2e and factor.gwp_set:
            yield Fault(index, "gwp_set", f"`{factor.gas}` is the mass of a gas, not CO2e", "leave `gwp_set` empty")


def _gases_of(activity: Activity) -> set[str]:
    if activity in _OTHER:
        return {_OTHER[activity]}
    if activity in (Activity.GWP, Activity.BLEND):
        return set(GASES) - {"CO2_biogenic"}
    if activity is Activity.PROPERTY:
        return {"density"}
    return {*GASES, CO2E, *CO2E_PARTS, "NCV", "C", "oxidation"}


def _units(factors: Sequence[Factor]) -> Iterator[Fault]:
    for index, factor in enumerate(factors):
        per = None if factor.per is None else factor.per.dimension
        if factor.gas == "oxidation":
            is_right = factor.unit == "percent" and per is None
        elif factor.gas == "NCV":
            is_right = UNITS[factor.unit].dimension is Dimension.ENERGY_NET
        elif factor.gas == "tce":
            is_right = UNITS[factor.unit].dimension in (Dimension.COAL_CALORIFIC, Dimension.COAL_PRIMARY)
        elif factor.gas == "C":
            is_right = UNITS[factor.unit].dimension is Dimension.MASS and per is Dimension.ENERGY_NET
        else:
            is_right = factor.unit in UNITS and UNITS[factor.unit].dimension is Dimension.MASS
        if not is_right or (per is None and factor.gas != "oxidation"):
            yield Fault(index, "unit", f"`{factor.unit}` per `{factor.per or ''}` is no unit of {factor.gas}")


def _validity(factors: Sequence[Factor]) -> Iterator[Fault]:
    """Gaps and overlaps of what may be there once at a time."""
    lines: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, factor in enumerate(factors):
        for key in factor.keys:
            lines[key].append(index)
    seen: set[tuple[int, int]] = set()
    for key, indexes in lines.items():
        if key[-1] and (*key[:-1], "") in lines:
            yield Fault(indexes[0], "sectors", f"`{factors[indexes[0]].id}` is for a sector, another one for all")
        ordered = sorted(indexes, key=lambda index: factors[index].valid_from or _BEGINNING)
        for before, after in pairwise(ordered):
            if (before, after) not in seen:
                seen.add((before, after))
                yield from _between(factors[before], factors[after], after)


def _between(before: Factor, after: Factor, index: int) -> Iterator[Fault]:
    end, start = before.valid_to or _END, after.valid_from or _BEGINNING
    if start < end:
        yield Fault(index, "valid_from", f"overlaps with `{before.id}` ({before.validity})", "one factor at a time")
    elif start > end and not after.gap:
        message = f"a gap since `{before.id}` ({before.validity}): nothing is valid from {end}"
        yield Fault(index, "valid_from", message, "fill it, or write under `gap` why there is none")
    elif start == end and after.gap:
        yield Fault(index, "gap", f"there is no gap after `{before.id}`", "leave it empty")


def _sets(factors: Sequence[Factor]) -> dict[tuple[str, ...], list[int]]:
    """The positions of what is used together, whatever the time."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, factor in enumerate(factors):
        if factor.activity in EMITTING:
            for sector in factor.sectors or ("",):
                found[factor.activity, factor.fuel, sector, factor.region, factor.series].append(index)
    return found


def _together(factors: Sequence[Factor]) -> Iterator[Fault]:
    """What is used together is valid together: else a period could lose one of its gases unseen."""
    seen: set[int] = set()
    for indexes in _sets(factors).values():
        ordered = sorted(indexes, key=lambda index: (factors[index].valid_from or _BEGINNING, index))
        for before, after in pairwise(ordered):
            one, other = factors[before], factors[after]
            overlaps = (other.valid_from or _BEGINNING) < (one.valid_to or _END)
            is_same = (one.valid_from, one.valid_to) == (other.valid_from, other.valid_to)
            if overlaps and not is_same and one.gas != other.gas and after not in seen:
                seen.add(after)
                message = f"valid at another time than `{one.id}`, which is used together with it"
                yield Fault(after, "valid_from", message, "give all of a set the same days")


def _bases(factors: Sequence[Factor]) -> Iterator[Fault]:
    """Net and gross heating values never in one set: where a publisher gives both, every gas is given in both."""
    for indexes in _sets(factors).values():
        gases: dict[Dimension, set[str]] = defaultdict(set)
        for index in indexes:
            factor = factors[index]
            if factor.per is not None and factor.gas not in PROPERTIES:
                gases[factor.per.dimension].add(factor.gas)
        net, gross = gases.get(Dimension.ENERGY_NET), gases.get(Dimension.ENERGY_GROSS)
        if net and gross and net != gross:
            hint = f"net: {', '.join(sorted(net))}; gross: {', '.join(sorted(gross))}"
            yield Fault(indexes[-1], "per", "net and gross heating values are mixed in one set of factors", hint)


def _parts(factors: Sequence[Factor]) -> Iterator[Fault]:
    """Parts of a CO2e value stand beside their total, and do not exceed it by more than its last digit per part."""
    for indexes in _sets(factors).values():
        for index in indexes:
            if factors[index].gas not in CO2E_PARTS:
                continue
            part = factors[index]
            same = [
                factors[i] for i in indexes if (factors[i].per, factors[i].valid_from) == (part.per, part.valid_from)
            ]
            total = next((one for one in same if one.gas == CO2E), None)
            if total is None or total.gwp_set != part.gwp_set or total.unit != part.unit:
                yield Fault(index, "gas", f"`{part.gas}` without a total in CO2e of the same set and unit")
            elif part.gas == "CO2e_of_CO2":
                parts = [one for one in same if one.gas in CO2E_PARTS]
                digit = max(_last_digit(one.text) for one in (*parts, total))
                if abs(sum(one.value for one in parts) - total.value) > digit * (len(parts) + 1):
                    yield Fault(index, "value", f"the parts do not add up to `{total.id}`")


def _last_digit(text: str) -> Fraction:
    return Fraction(1, 10 ** (len(text.split(".")[1]) if "." in text else 0))


def _blends(factors: Sequence[Factor]) -> Iterator[Fault]:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    last: dict[str, int] = {}
    for index, factor in enumerate(factors):
        if factor.activity is Activity.BLEND:
            sums[factor.fuel] += factor.value
            last[factor.fuel] = index
    for blend, total in sums.items():
        if total != 1:
            yield Fault(last[blend], "value", f"the mass fractions of {blend} add up to {float(total):g}, not to 1")
