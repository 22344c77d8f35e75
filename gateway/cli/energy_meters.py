"""The file of `park-gateway energy --meters`: what is known about meters and stands in no register."""

from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field

from gateway.config.accountmodels import MultiplierModel, versions
from gateway.config.exact import Exact, Moment, Positive, in_ns
from gateway.config.files import FileReader
from gateway.config.models import Strict
from gateway.config.problems import Report
from gateway.config.secrets import Vault
from gateway.config.validate import Validator
from gateway.core.errors import Rejected
from rules.energy.reading import Event, EventKind


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
    multiplier: Positive | None = None
    multipliers: list[MultiplierModel] = Field(default_factory=list)
    events: list[EventModel] = Field(default_factory=list)

    @property
    def states_multipliers(self) -> bool:
        """True where it says anything about them."""
        return self.multiplier is not None or bool(self.multipliers)

    def versions(self, zone: tzinfo) -> tuple[tuple[int, Decimal], ...]:
        """The multipliers with their beginnings, UTC nanoseconds."""
        return versions(self.multiplier or Decimal(1), self.multipliers, zone)

    def happened(self, zone: tzinfo) -> list[Event]:
        """The events, with their evidence."""
        return [Event(in_ns(one.time, zone), one.kind, one.final, one.initial, one.evidence) for one in self.events]


class MetersModel(Strict):
    """The file."""

    meters: dict[str, MeterModel]


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
