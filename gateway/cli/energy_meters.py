"""The file of `park-gateway energy --meters`: what is known about meters and stands in no register."""

from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.config.files import FileReader
from gateway.config.models import Strict
from gateway.config.problems import Report
from gateway.config.secrets import Vault
from gateway.config.types import HintedError
from gateway.config.validate import Validator
from gateway.core.errors import Rejected
from gateway.trial.models import Moment
from rules.energy.reading import Event, EventKind


def _exact(value: object) -> object:
    """The number as it was written: its shortest text is exact."""
    return str(value) if isinstance(value, float) else value


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise HintedError("not a number", "write for example `1234.5`")
    return value


Exact = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_finite)]
Positive = Annotated[Exact, Field(gt=0)]


class MultiplierModel(Strict):
    """A CT/PT multiplier from an instant on."""

    valid_from: Moment
    value: Positive


class EventModel(Strict):
    """An exchange or a reset, as an operator wrote it down."""

    time: Moment
    kind: EventKind
    final: Exact | None = None
    initial: Exact | None = None
    evidence: str = ""


class MeterModel(Strict):
    """One meter."""

    rated: Positive | None = None
    multiplier: Positive = Decimal(1)
    multipliers: list[MultiplierModel] = Field(default_factory=list)
    events: list[EventModel] = Field(default_factory=list)

    def versions(self, zone: tzinfo) -> tuple[tuple[int, Decimal], ...]:
        """The multipliers with their beginnings, UTC nanoseconds."""
        later = ((in_ns(one.valid_from, zone), one.value) for one in self.multipliers)
        return ((0, self.multiplier), *sorted(later))

    def happened(self, zone: tzinfo) -> list[Event]:
        """The events, with their evidence."""
        return [Event(in_ns(one.time, zone), one.kind, one.final, one.initial, one.evidence) for one in self.events]


class MetersModel(Strict):
    """The file."""

    meters: dict[str, MeterModel]


def in_ns(moment: datetime, zone: tzinfo) -> int:
    """UTC nanoseconds; a time without a zone is the site's."""
    placed = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return int(placed.timestamp()) * 1_000_000_000 + placed.microsecond * 1000


def read_meters(path: Path | None) -> dict[str, MeterModel]:
    """The meters of a file, by tag. Raises ConfigErrors with every mistake and its place, Rejected for none."""
    if path is None:
        return {}
    report = Report()
    vault = Vault({}, path.parent, report)
    tree: Any = FileReader(vault).yaml(path)
    report.raise_problems()
    if tree is None:
        raise Rejected(f"{path} has no meters", "write `meters: {tx1.energy_import: {rated: 800}}`")
    found = Validator(vault).read(MetersModel, tree)
    report.raise_problems()
    return {} if found is None else found.meters
