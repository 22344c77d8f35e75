"""Nodes to an AccountsPlan: `energy`, `carbon`, `tariffs`, each entry with its place; every problem to the report."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gateway.config.accountmodels import (
    AllocationModel,
    CarbonModel,
    EnergyModel,
    FallbackModel,
    MeterModel,
    SourceModel,
    TariffHead,
    UncertaintyModel,
    VirtualModel,
    versions,
)
from gateway.config.accountplan import (
    AccountsPlan,
    AllocationEntry,
    CarbonPlan,
    EnergyPlan,
    FallbackEntry,
    MeterEntry,
    SourceEntry,
    TariffEntry,
    UncertaintyEntry,
    VirtualEntry,
)
from gateway.config.drivermodels import field_names
from gateway.config.entries import all_written, keys_of, written
from gateway.config.nodes import Mapping, Node, Sequence
from gateway.config.problems import Mark, Report
from gateway.config.respell import respelt
from gateway.config.ruleplan import Written
from gateway.config.secrets import Vault
from gateway.config.validate import M, Validator

ENERGY, CARBON, TARIFFS = "energy", "carbon", "tariffs"
ENERGY_LISTS = ("meters", "virtual", "allocations")
CARBON_LISTS = ("fallbacks", "sources", "uncertainties")
ENERGY_KEYS = field_names(EnergyModel) | set(ENERGY_LISTS)
CARBON_KEYS = field_names(CarbonModel) | set(CARBON_LISTS)

SOURCE_KEYS = field_names(SourceModel)
_NO_DESCRIPTION = frozenset({"quantity", "date", "period"})
T = TypeVar("T")
P = TypeVar("P", bound=BaseModel)


class AccountReader:
    """Reads the sections of accounts of one configuration. `timezone` is the site's."""

    def __init__(self, validator: Validator, timezone: str) -> None:
        self._validator = validator
        self._report = validator.report
        self._zone = ZoneInfo(timezone)
        self.unread: set[str] = set()  # names of entries that are left out: what names them is not wrong for that

    def read(self, energy: Mapping | None, carbon: Mapping | None, tariffs: list[Node]) -> AccountsPlan:
        """The plan; entries with problems are left out."""
        return AccountsPlan(
            EnergyPlan() if energy is None else self._energy(energy),
            CarbonPlan() if carbon is None else self._carbon(carbon),
            self._once(tariffs, TARIFFS, self._tariff),
        )

    def _energy(self, node: Mapping) -> EnergyPlan:
        lists = frozenset(ENERGY_LISTS)
        model = self._sound(EnergyModel, node.without(lists), lists)
        return EnergyPlan(
            interval_s=model.interval,
            meters=self._each(_entries(node, "meters"), MeterModel, self._meter),
            virtual=self._once(_entries(node, "virtual"), "virtual", self._virtual),
            allocations=self._each(_entries(node, "allocations"), AllocationModel, _allocation),
            loss_limit_percent=model.loss_limit,
        )

    def _carbon(self, node: Mapping) -> CarbonPlan:
        lists = frozenset(CARBON_LISTS)
        model = self._sound(CarbonModel, node.without(lists), lists)
        default = "location" if "location" in model.bases else model.bases[0]
        return CarbonPlan(
            mark=node.mark,
            approach=model.approach,
            region=written(node, "region"),
            gwp_set=model.gwp,
            bases=tuple(model.bases),
            default_basis=model.default_basis or default,
            responsible=model.responsible,
            standards=tuple(model.standards or ()),
            base_year=model.base_year,
            threshold_percent=model.threshold,
            residual_mix=written(node, "residual_mix"),
            indicator_coal=model.indicator_coal,
            fallbacks=self._each(_entries(node, "fallbacks"), FallbackModel, _fallback),
            sources=self._once(_entries(node, "sources"), "source", self._source),
            exclusions=tuple(model.exclusions or ()),
            uncertainties=self._each(_entries(node, "uncertainties"), UncertaintyModel, _uncertainty),
        )

    def _sound(self, model: type[P], node: Mapping, lists: frozenset[str]) -> P:
        """The model of a section; after problems of those of its keys that have none, each looked at by itself."""
        found = self._validator.read(model, node, lists)
        if found is not None:
            return found
        quiet = Validator(Vault({}, Path(), Report()))
        sound = {key for key in node.items if quiet.read(model, node.only(frozenset({key}))) is not None}
        return quiet.read(model, node.only(frozenset(sound))) or model()

    # Lists

    def _each(
        self, nodes: list[Node], model: type[P], make: Callable[[Mapping, P], T], known: frozenset[str] = frozenset()
    ) -> tuple[T, ...]:
        found = []
        for node in nodes:
            one = self._one(node, model, known)
            if one is not None:
                found.append(make(*one))
            elif isinstance(node, Mapping) and (point := written(node, "point")) is not None:
                self.unread.add(point.text)
        return tuple(found)

    def _one(self, node: Node, model: type[M], known: frozenset[str] = frozenset()) -> tuple[Mapping, M] | None:
        read = self._validator.read(model, node, known)
        return None if read is None or not isinstance(node, Mapping) else (node, read)

    def _once(self, nodes: list[Node], what: str, read: Callable[[Node], T | None]) -> tuple[T, ...]:
        """Entries with an `id`; one that stands twice is a problem that names both places."""
        marks: dict[str, Mark] = {}
        found = []
        for node in nodes:
            id_ = written(node, "id") if isinstance(node, Mapping) else None
            if id_ is not None and marks.setdefault(id_.text, id_.mark) != id_.mark:
                what_id = f"{what.removesuffix('s')} `{id_.text}`"
                self._report.error(id_.mark, f"{what_id} stands twice", f"first: {marks[id_.text]}")
                continue
            one = read(node)
            if one is not None:
                found.append(one)
            elif id_ is not None:
                self.unread |= {id_.text, f"virtual.{id_.text}"}
        return tuple(found)

    # Entries

    def _meter(self, node: Mapping, model: MeterModel) -> MeterEntry:
        return MeterEntry(
            mark=node.mark,
            point=_text(node, "point"),
            unit=model.unit,
            names=model.name.names(),
            medium=model.medium,
            direction=model.direction,
            rated=written(node, "rated"),
            multipliers=self._multipliers(model),
            modulus=model.modulus,
            resolution=model.resolution,
            accuracy_percent=model.accuracy,
            under=all_written(node, "under"),
            is_complete=model.complete,
            gap_s=model.gap,
            is_excluded=model.excluded,
            stated=frozenset(node.items),
        )

    def _multipliers(self, model: MeterModel) -> tuple[tuple[int, Decimal], ...] | None:
        if model.multiplier is None and not model.multipliers:
            return None
        return versions(model.multiplier or Decimal(1), model.multipliers, self._zone)

    def _virtual(self, node: Node) -> VirtualEntry | None:
        one = self._one(node, VirtualModel)
        if one is None:
            return None
        entry, model = one
        return VirtualEntry(
            mark=entry.mark,
            id=model.id,
            enterprise=_text(entry, "enterprise"),
            names=model.name.names(),
            medium=model.medium,
            plus=all_written(entry, "plus"),
            minus=all_written(entry, "minus"),
        )

    def _source(self, node: Node) -> SourceEntry | None:
        if not isinstance(node, Mapping):
            self._validator.read(SourceModel, node)
            return None
        node = respelt(node, SOURCE_KEYS, self._report)
        for key in sorted(node.keys.keys() & _NO_DESCRIPTION):
            hint = "meters and records say how much and when; remove it"
            self._report.error(node.keys[key], f"`{key}` has no place in an emission source", hint)
        model = self._validator.read(SourceModel, node.only(SOURCE_KEYS))
        if model is None:
            return None
        return SourceEntry(
            mark=node.mark,
            id=model.id,
            enterprise=_text(node, "enterprise"),
            names=model.name.names(),
            meters=all_written(node, "meters"),
            description=node.without(SOURCE_KEYS | _NO_DESCRIPTION),
        )

    def _tariff(self, node: Node) -> TariffEntry | None:
        if not isinstance(node, Mapping):
            self._validator.read(TariffHead, node)
            return None
        model = self._validator.read(TariffHead, node.only(frozenset({"id"})))
        return None if model is None else TariffEntry(node.mark, model.id, node)


def _allocation(node: Mapping, model: AllocationModel) -> AllocationEntry:
    marks = keys_of(node, "weights")
    weights = tuple((Written(name, marks[name]), weight) for name, weight in model.weights.items())
    return AllocationEntry(node.mark, _text(node, "of"), model.by, model.valid_from, weights, model.evidence)


def _fallback(node: Mapping, model: FallbackModel) -> FallbackEntry:
    return FallbackEntry(
        mark=node.mark,
        activity=_text(node, "activity"),
        reason=model.reason,
        as_of=model.as_of,
        region=written(node, "region"),
        basis=model.basis or "",
        enterprise=written(node, "enterprise"),
    )


def _uncertainty(node: Mapping, model: UncertaintyModel) -> UncertaintyEntry:
    return UncertaintyEntry(_text(node, "factor"), model.percent, model.source)


def _entries(node: Mapping, key: str) -> list[Node]:
    found = node.items.get(key)
    return found.entries if isinstance(found, Sequence) else []


def _text(node: Mapping, key: str) -> Written:
    found = written(node, key)
    return found or Written("", node.mark)
