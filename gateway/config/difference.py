"""What is other in a new configuration than in the present one: added, removed, changed, with the values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from gateway.config.facts import Fact, facts_of, key_of
from gateway.config.plan import ConnectionPlan, DevicePlan, GroupPlan, ParkPlan
from gateway.config.redact import MASK
from gateway.core.device import Device

_SHOWN_ONLY = (
    "names",
    "words",
    "renamed_from",
    "enterprise_since",
)  # of a device and its points: for people and for ids, no source reads it
_OF_ADDRESS = ("address", "driver")  # of a `Device`: said again by its connection


class Part(StrEnum):
    """The parts of a configuration."""

    SITE = "site"
    ENTERPRISES = "enterprises"
    CONNECTIONS = "connections"
    DEVICES = "devices"
    SINKS = "sinks"
    CHANNELS = "channels"
    RULES = "rules"
    ENERGY = "energy"
    CARBON = "carbon"
    TARIFFS = "tariffs"
    STORE = "store"
    API = "api"
    BACKUP = "backup"


class Kind(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that is another one; `None` where there is none."""

    path: str
    old: str | int | float | bool | None
    new: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a part that is new, gone or other than before."""

    part: Part
    kind: Kind
    id: str  # empty: the part itself
    fields: tuple[FieldChange, ...] = ()  # of a changed one

    @property
    def is_shown_only(self) -> bool:
        """True where only what people read is other: names, words, where a name comes from."""
        return self.kind is Kind.CHANGED and all(_is_shown_only(one.path) for one in self.fields)

    def as_json(self) -> dict[str, Any]:
        """For the API."""
        return {
            "part": self.part.value,
            "kind": self.kind.value,
            "id": self.id,
            "fields": [{"path": one.path, "old": one.old, "new": one.new} for one in self.fields],
        }


def differences(old: ParkPlan, new: ParkPlan) -> list[Change]:
    """Everything that differs, part by part. Where it is written in the files makes no difference."""
    return [
        *_of_one(Part.SITE, old.site, new.site),
        *_of_many(Part.ENTERPRISES, old.enterprises, new.enterprises),
        *_of_many(Part.CONNECTIONS, *map(_lines, (old, new))),
        *_of_devices(old, new),
        *_of_many(Part.SINKS, old.sinks, new.sinks),
        *map(_without_addresses, _of_many(Part.CHANNELS, old.channels, new.channels)),
        *_of_rules(old, new),
        *_of_one(Part.ENERGY, old.accounts.energy, new.accounts.energy),
        *_of_one(Part.CARBON, old.accounts.carbon, new.accounts.carbon),
        *_of_many(Part.TARIFFS, old.accounts.tariffs, new.accounts.tariffs),
        *_of_one(Part.STORE, old.store, new.store),
        *_of_one(Part.API, old.api, new.api),
        *_of_one(Part.BACKUP, old.backup, new.backup),
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    """A connection without its devices."""

    name: str
    driver: str
    options: object


def _lines(plan: ParkPlan) -> list[_Line]:
    return [_Line(one.name, one.driver, one.options) for one in plan.connections]


def _of_one(part: Part, old: object, new: object, entry: str = "") -> Iterator[Change]:
    found = _changed(facts_of(old), facts_of(new))
    if found:
        yield Change(part, Kind.CHANGED, entry, found)


def _of_many(part: Part, old: Sequence[object], new: Sequence[object]) -> Iterator[Change]:
    """Entries by name; an order that is another one is a change of the part itself."""
    before, after = ({str(key_of(entry)): entry for entry in entries} for entries in (old, new))
    yield from _come_and_gone(part, before, after)
    for key in after:
        if key in before:
            yield from _of_one(part, before[key], after[key], key)
    yield from _order(part, before, after)


def _come_and_gone(part: Part, before: Iterable[str], after: Iterable[str]) -> Iterator[Change]:
    known, wanted = set(before), set(after)
    yield from (Change(part, Kind.REMOVED, key) for key in before if key not in wanted)
    yield from (Change(part, Kind.ADDED, key) for key in after if key not in known)


def _order(part: Part, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    old, new = [key for key in before if key in after], [key for key in after if key in before]
    if old != new:
        yield Change(part, Kind.CHANGED, "", (FieldChange("order", ", ".join(before), ", ".join(after)),))


def _changed(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> tuple[FieldChange, ...]:
    none = Fact(None, None)
    paths = [*before, *(path for path in after if path not in before)]
    return tuple(
        FieldChange(path, old.shown, new.shown)
        for path in paths
        if (old := before.get(path, none)).value != (new := after.get(path, none)).value
    )


def _without_addresses(change: Change) -> Change:
    """Of channels: whoever knows the whole address of a robot may write as it does."""
    masked = [replace(one, old=one.old and MASK, new=one.new and MASK) for one in change.fields]
    shown = [hidden if "url" in one.path else one for one, hidden in zip(change.fields, masked, strict=True)]
    return replace(change, fields=tuple(shown))


def _of_rules(old: ParkPlan, new: ParkPlan) -> Iterator[Change]:
    """Rules by kind and name: `alarms.overload`, `derived.load`; `notify` as a whole."""
    before, after = old.rules, new.rules
    for one in fields(before):
        was, is_now = getattr(before, one.name), getattr(after, one.name)
        if isinstance(was, tuple):
            for change in _of_many(Part.RULES, was, is_now):
                yield Change(Part.RULES, change.kind, f"{one.name}.{change.id}".rstrip("."), change.fields)
        else:
            yield from _of_one(Part.RULES, was, is_now, one.name)


# -- devices: there are many, and most are as before ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """A device, and what is behind it where it is connected."""

    device: Device
    plan: DevicePlan | None
    former: str | None


def _of_devices(old: ParkPlan, new: ParkPlan) -> Iterator[Change]:
    before, after = _known(old), _known(new)
    yield from _come_and_gone(Part.DEVICES, before, after)
    likeness = _Likeness()
    for key in after:
        if key in before and not likeness.holds(before[key], after[key]):
            found = _changed(_facts_of_device(before[key]), _facts_of_device(after[key]))
            if found:
                yield Change(Part.DEVICES, Kind.CHANGED, key, found)
    yield from _order(Part.DEVICES, before, after)


def _known(plan: ParkPlan) -> dict[str, _Known]:
    plans = {one.device.id: one for connection in plan.connections for one in connection.devices}
    former = {new: old for old, new in plan.renamed_devices}
    return {one.id: _Known(one, plans.get(one.id), former.get(one.id)) for one in plan.devices}


class _Likeness:
    """Compares devices quickly: the points of a profile are the same objects in all devices of it."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], bool] = {}

    def holds(self, old: _Known, new: _Known) -> bool:
        """True where the two are alike; false is to be looked at closely."""
        if _described(old.device) != _described(new.device) or old.former != new.former:
            return False
        if old.plan is None or new.plan is None:
            return old.plan is new.plan
        one, other = old.plan, new.plan
        return (
            (one.address, one.profile, len(one.groups)) == (other.address, other.profile, len(other.groups))
        ) and all(map(self._groups, one.groups, other.groups))

    def _groups(self, old: GroupPlan, new: GroupPlan) -> bool:
        if (old.name, old.interval_s, old.phase_s) != (new.name, new.interval_s, new.phase_s):
            return False
        key = tuple(map(id, (old.points, new.points, old.addresses, new.addresses)))
        if key not in self._known:
            self._known[key] = old.points == new.points and old.addresses == new.addresses
        return self._known[key]


def _described(device: Device) -> tuple[object, ...]:
    return tuple(getattr(device, one.name) for one in fields(device))


def _facts_of_device(known: _Known) -> dict[str, Fact]:
    """A device as it is written: its groups, and each point with its group and address."""
    found = facts_of(known.device)
    found |= facts_of(known.former, "renamed_from")
    plan = known.plan
    if plan is None:
        return found
    for name in _OF_ADDRESS:
        found.pop(name, None)
    found |= facts_of(plan.profile, "profile")
    found |= facts_of(plan.address, "address")
    for group in plan.groups:
        found |= facts_of(group.interval_s, f"groups.{group.name}.interval_s")
        found |= facts_of(group.phase_s, f"groups.{group.name}.phase_s")
        for point, address in zip(group.points, group.addresses, strict=True):
            found |= facts_of(point, f"points.{point.name}")
            found |= facts_of(group.name, f"points.{point.name}.group")
            found |= facts_of(address, f"points.{point.name}.address")
    return found


def _is_shown_only(path: str) -> bool:
    steps = path.split(".")
    if steps[0] == "points" and len(steps) > 2:
        return steps[2] in _SHOWN_ONLY
    return steps[0] in (*_SHOWN_ONLY, "profile", "order")


# -- what follows for sources -----------------------------------------------------------------------------------------


def lines_touched(old: ParkPlan, new: ParkPlan, changes: Iterable[Change]) -> frozenset[str]:
    """The connections of both plans whose source cannot go on as it is: the connection itself is other, or one of
    its devices came, went, or is read otherwise."""
    before, after = ({line.name: line for line in plan.connections} for plan in (old, new))
    found = {name for name in before.keys() & after.keys() if _members(before[name]) != _members(after[name])}
    of = {one.device.id: line.name for line in new.connections for one in line.devices}
    for change in changes:
        if change.part is Part.CONNECTIONS and change.kind is Kind.CHANGED and change.id:
            found.add(change.id)
        elif change.part is Part.DEVICES and change.id in of and not change.is_shown_only:
            found.add(of[change.id])
    return frozenset(name for name in found if name in before and name in after)


def _members(line: ConnectionPlan) -> frozenset[str]:
    return frozenset(one.device.id for one in line.devices)
