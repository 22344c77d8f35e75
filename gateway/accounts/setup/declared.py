"""`energy.meters:` to meters: what is declared about each register, one entry over the other, else by default."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from gateway.accounts.books import Meter
from gateway.accounts.setup.media import direction_of, is_accounted, medium_of
from gateway.accounts.setup.registers import Register, flow, registers, spec_of, wholes
from gateway.accounts.setup.supply import Supply
from gateway.config.accountplan import MeterEntry
from gateway.config.entries import check_name
from gateway.config.models import checked_point_name
from gateway.config.plan import ParkPlan
from gateway.config.problems import Mark, Report, nearest
from gateway.config.ruleplan import Written
from gateway.core.device import Device
from gateway.core.point import Names, Point, PointKind

MANUAL_GAP_S = 86_400.0  # people read once a month: between two readings only the sum is measured
_MANUAL_CONFIRM = 2
_FIELDS = {
    "unit": "unit",
    "name": "names",
    "medium": "medium",
    "direction": "direction",
    "rated": "rated",
    "multiplier": "multipliers",
    "multipliers": "multipliers",
    "modulus": "modulus",
    "resolution": "resolution",
    "class": "accuracy_percent",
    "under": "under",
    "complete": "is_complete",
    "gap": "gap_s",
    "excluded": "is_excluded",
}


class MeterCompiler:
    """Compiles the meters of one configuration; problems go to the report."""

    def __init__(self, plan: ParkPlan, report: Report) -> None:
        self._report = report
        self._entries = plan.accounts.energy.meters
        self._devices = {device.id: device for device in plan.devices}
        self._registers = registers(plan)
        self._counters = {tag: one for tag, one in self._registers.items() if one.is_counter}
        self._wholes = wholes(self._counters.values())
        self._manual: dict[str, Register] = {}
        self._broad: dict[str, list[MeterEntry]] = {}  # by tag: entries with `*`
        self._exact: dict[str, list[MeterEntry]] = {}

    @property
    def marks(self) -> dict[str, Mark]:
        """Where a register is declared, by tag."""
        return {tag: found[0].mark for tag, found in {**self._broad, **self._exact}.items()}

    def meters(self) -> dict[str, Meter]:
        """By tag."""
        for entry in self._entries:
            self._place(entry)
        declared = {tag: self._together(tag) for tag in (*self._counters, *self._manual)}
        found = {tag: meter for tag, entry in declared.items() if (meter := self._meter(tag, entry)) is not None}
        return self._apart({tag: self._tied(meter, declared, found) for tag, meter in found.items()}, declared)

    # Which entry is about which register

    def _place(self, entry: MeterEntry) -> None:
        tag = entry.point.text
        if "*" in tag or "?" in tag:
            matches = [one for one in self._counters if fnmatchcase(one, tag)]
            if not matches:
                hint = "a counter is a point with `kind: counter`; `*` stands for any text"
                self._report.error(entry.point.mark, f"no counter matches `{tag}`", hint)
            for one in matches:
                self._broad.setdefault(one, []).append(entry)
        elif tag in self._counters or self._is_manual(entry):
            self._exact.setdefault(tag, []).append(entry)

    def _is_manual(self, entry: MeterEntry) -> bool:
        """True for a point of a device that nothing reads; notes what is wrong with any other that is no counter."""
        tag = entry.point.text
        device_id, _, name = tag.partition(".")
        device = self._devices.get(device_id)
        if device is None or not name:
            hint = nearest(tag, (*self._counters, *(f"{one}." for one in self._devices)))
            self._report.error(entry.point.mark, f"no counter `{tag}`", hint)
            return False
        if tag in self._registers:
            message = f"`{tag}` is a {self._registers[tag].point.kind}, not a counter"
            self._report.error(entry.point.mark, message, "a meter is a register that counts on: `kind: counter`")
            return False
        if device.is_connected:
            hint = nearest(tag, [one for one in self._counters if one.startswith(f"{device_id}.")])
            self._report.error(entry.point.mark, f"`{device_id}` has no counter `{name}`", hint)
            return False
        if not entry.unit:
            message = f"`{tag}` is read by people, and has no unit"
            self._report.error(entry.mark, message, "write for example `unit: kWh`")
            return False
        check_name(name, entry.point.mark, checked_point_name, self._report)
        point = Point(name, unit=entry.unit, kind=PointKind.COUNTER)
        self._manual.setdefault(tag, Register(tag, device, point, MANUAL_GAP_S))
        return True

    def _together(self, tag: str) -> MeterEntry | None:
        """What all entries say about a register: an exact one over those with `*`; `None` where none is about it."""
        broad, exact = self._broad.get(tag, []), self._exact.get(tag, [])
        if not broad and not exact:
            return None
        wide, narrow = self._joined(tag, broad), self._joined(tag, exact)
        values: dict[str, Any] = {field: getattr(one, field) for field, one in {**wide, **narrow}.items()}
        return replace((exact or broad)[0], **values, stated=frozenset(values))

    def _joined(self, tag: str, entries: Iterable[MeterEntry]) -> dict[str, MeterEntry]:
        """Field -> the entry that states it; two that state different things are a problem."""
        found: dict[str, MeterEntry] = {}
        for entry in entries:
            for key in sorted(entry.stated & _FIELDS.keys()):
                field = _FIELDS[key]
                first = found.setdefault(field, entry)
                if first is not entry and not _is_same(getattr(first, field), getattr(entry, field)):
                    hint = f"first: {first.mark}; an entry without `*` goes over those with it"
                    self._report.error(entry.mark, f"`{key}` of `{tag}` is stated twice, differently", hint)
        return found

    # One meter

    def _meter(self, tag: str, entry: MeterEntry | None) -> Meter | None:
        register = self._counters.get(tag) or self._manual[tag]
        unit, is_manual = register.point.unit, tag in self._manual
        is_named = tag in self._exact or (entry is not None and entry.medium is not None)
        is_by_default = is_accounted(unit) and tag not in self._wholes
        if (entry is not None and entry.is_excluded) or not (is_named or is_by_default):
            return None
        entry = entry or MeterEntry(Mark("", 0, 0), Written(tag, Mark("", 0, 0)))
        if entry.unit and entry.unit != unit:
            hint = "leave `unit` out: it is written at the point"
            self._report.error(entry.mark, f"`{tag}` counts `{unit}`, not `{entry.unit}`", hint)
        device, name = register.device, register.point.name
        medium = entry.medium or medium_of(unit, device.kind, name)
        try:
            spec = spec_of(
                register,
                rated=self._rated(entry, unit),
                multipliers=entry.multipliers,
                modulus=entry.modulus,
                resolution=entry.resolution,
                gap_s=entry.gap_s,
            )
        except ValueError as error:
            self._report.error(entry.mark, str(error))
            return None
        return Meter(
            tag=tag,
            enterprise=device.enterprise,
            device=device.id,
            names=entry.names if entry.names != Names() else _names(device, register.point),
            medium=medium,
            direction=entry.direction or direction_of(medium, device.role, name),
            role=device.role,
            spec=replace(spec, confirm=_MANUAL_CONFIRM) if is_manual else spec,
            accuracy_percent=entry.accuracy_percent,
            is_complete=entry.is_complete,
            is_manual=is_manual,
        )

    def _rated(self, entry: MeterEntry, unit: str) -> Decimal | None:
        if entry.rated is None:
            return None
        found = flow(entry.rated.text, unit)
        if found is None:
            message = f"`{entry.rated.text}` is no flow of a meter that counts `{unit}`"
            self._report.error(entry.rated.mark, message, "write for example `1250 kW`, `400 Nm3/h`, `20 m3/h`")
        return found

    # What lies under what

    def _tied(self, meter: Meter, declared: dict[str, MeterEntry | None], found: dict[str, Meter]) -> Meter:
        entry = declared[meter.tag]
        is_own = any("under" in one.stated for one in self._exact.get(meter.tag, ()))
        above: list[str] = []
        for tag in entry.under if entry else ():
            upper = found.get(tag.text)
            if tag.text == meter.tag and not is_own:
                continue  # `main-*` under `main-1`: all but that one
            if upper is None:
                self._report.error(tag.mark, *no_meter(tag.text, found))
            elif upper.medium is not meter.medium:
                message = f"`{meter.tag}` ({meter.medium}) cannot lie under `{tag.text}` ({upper.medium})"
                self._report.error(tag.mark, message, "see `medium:` of both")
            elif upper.direction is not meter.direction:
                message = f"`{meter.tag}` ({meter.direction}) cannot lie under `{tag.text}` ({upper.direction})"
                self._report.error(tag.mark, message, "a register of import does not count what is given back")
            elif tag.text not in above:
                above.append(tag.text)
        whole = self._wholes.get(meter.tag)
        if not above and whole in found:
            above.append(whole)
        return replace(meter, under=tuple(above))

    def _apart(self, found: dict[str, Meter], declared: dict[str, MeterEntry | None]) -> dict[str, Meter]:
        """The meters without what goes round in a circle; each circle is one problem."""
        supply = Supply({tag: meter.under for tag, meter in found.items()})
        told: set[str] = set()
        for tag in found:
            way = supply.cycle(tag)
            if way is None:
                continue
            if not told & {*way}:
                path = " under ".join(f"`{one}`" for one in way)
                here, other = (_place_of_under(declared[one]) for one in way[:2])
                self._report.error(here, f"goes round in a circle: {path}", f"the other end: {other}")
            told |= {*way}
        return {tag: replace(meter, under=()) if tag in told else meter for tag, meter in found.items()}


def _place_of_under(entry: MeterEntry | None) -> Mark:
    assert entry is not None, "what is not declared lies under nothing"
    return entry.under[0].mark if entry.under else entry.mark


def no_meter(tag: str, known: Iterable[str]) -> tuple[str, str]:
    """The problem of a tag that is no meter, with a hint."""
    hint = nearest(tag, known)
    return f"no meter `{tag}`", hint or "meters are counters of energy, volume or mass, and those in `energy.meters`"


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return [_plain(part) for part in one] == [_plain(part) for part in other]
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    return value.text if isinstance(value, Written) else value


def _names(device: Device, point: Point) -> Names:
    """`Main meter, energy import`."""
    owner, own = device.names.both(device.id), point.names.both(point.name)
    return Names(f"{owner['en']}, {own['en']}", f"{owner['zh']}，{own['zh']}")
