"""Hours of continuous emission monitoring as a table: concentration and flow of each hour become a month's masses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from gateway.accounts.records.field_texts import parse_amount
from gateway.accounts.records.instants import parse_instant_ns
from gateway.accounts.records.submission_models import Fault
from gateway.accounts.records.tables import Row
from gateway.config.types import HintedError
from rules.carbon.cems import Hour, measured
from rules.carbon.errors import CalculationError
from rules.carbon.numbers import shown

COLUMNS = (
    "source", "gas", "time", "concentration_mg_per_nm3", "concentration_basis", "flow_nm3_per_h", "flow_basis",
    "water_percent", "oxygen_percent", "reference_oxygen_percent", "substituted",
)  # fmt: skip
NEEDED = ("source", "gas", "time", "concentration_mg_per_nm3", "concentration_basis", "flow_nm3_per_h", "flow_basis")
EXAMPLE = {
    "source": "stack-1", "gas": "CO2", "time": "2026-10-01 00:00", "concentration_mg_per_nm3": "235567.1",
    "concentration_basis": "dry", "flow_nm3_per_h": "51200", "flow_basis": "wet", "water_percent": "8.2",
    "oxygen_percent": "6.1", "reference_oxygen_percent": "6", "substituted": "no",
}  # fmt: skip
_GASES = ("CO2", "CH4", "N2O")
_BASES = {"dry": True, "wet": False}
_PLACES = 9  # of the masses in kg: rounded once, half up


@dataclass(slots=True)
class CemsHours:
    """Reads the rows; `fields` are those of a `cems` record."""

    zone: ZoneInfo
    faults: list[tuple[Row, Fault]] = field(default_factory=list)
    hours: dict[str, dict[int, Hour]] = field(default_factory=dict)  # by gas, by time
    sources: set[str] = field(default_factory=set)

    def read(self, rows: list[Row]) -> None:
        """Take every row, or note what is wrong with it."""
        for row in rows:
            before = len(self.faults)
            gas, time_ns, hour = self._gas(row), self._time(row), self._hour(row)
            if len(self.faults) > before or hour is None:
                continue
            if time_ns in self.hours.setdefault(gas, {}):
                self._wrong(row, "time", "this hour of this gas stands here a second time")
            self.hours[gas][time_ns] = hour
            self.sources.add(row.cells["source"])
        if len(self.sources) > 1:
            self._wrong(rows[0], "source", f"{len(self.sources)} sources", "one table for each source")

    def fields(self) -> Mapping[str, str]:
        """The masses, hours and days. The hours are those of the gas that has most of them."""
        found = {gas: measured(hours.values()) for gas, hours in self.hours.items()}
        longest = max(found.values(), key=lambda one: one.hours)
        times = [time_ns for hours in self.hours.values() for time_ns in hours]
        first, last = (self._day(time_ns) for time_ns in (min(times), max(times)))
        every = [hour for hours in self.hours.values() for hour in hours.values()]
        bases = {hour.is_concentration_dry for hour in every}
        oxygen = {hour.reference_oxygen_percent for hour in every}
        said = {f"{gas.lower()}_kg": shown(one.kg, _PLACES) for gas, one in found.items()}
        said |= {"source": min(self.sources), "from": first, "to": last, "hours": shown(longest.hours)}
        said["substituted_hours"] = shown(longest.substituted_hours)
        if len(bases) == 1:
            said["basis"] = "dry" if bases == {True} else "wet"
        if len(oxygen) == 1 and (reference := oxygen.pop()) is not None:
            said["oxygen_percent"] = shown(reference)
        return said

    def _gas(self, row: Row) -> str:
        gas = row.cells.get("gas", "").upper()
        if gas not in _GASES:
            self._wrong(row, "gas", f"`{gas[:20]}` is not known", f"one of {', '.join(_GASES)}")
        return gas

    def _time(self, row: Row) -> int:
        try:
            time_ns = parse_instant_ns(row.cells.get("time", ""), self.zone)
        except HintedError as error:
            self._wrong(row, "time", str(error), error.hint)
            return 0
        if time_ns % 3_600_000_000_000:
            self._wrong(row, "time", "is not the start of an hour")
        return time_ns

    def _hour(self, row: Row) -> Hour | None:
        bases = [_BASES.get(row.cells.get(name, "").lower()) for name in ("concentration_basis", "flow_basis")]
        for name, basis in zip(("concentration_basis", "flow_basis"), bases, strict=True):
            if basis is None:
                self._wrong(row, name, "is needed", "`dry` or `wet`")
        substituted = row.cells.get("substituted", "no").lower()
        if substituted not in ("yes", "no"):
            self._wrong(row, "substituted", "expected yes or no")
        if "source" not in row.cells:
            self._wrong(row, "source", "is needed")
        names = ("water_percent", "oxygen_percent", "reference_oxygen_percent")
        concentration, flow = (self._number(row, name) for name in ("concentration_mg_per_nm3", "flow_nm3_per_h"))
        water, oxygen, reference = (self._number(row, name) if name in row.cells else None for name in names)
        if concentration is None or flow is None or None in bases:
            return None
        hour = Hour(
            concentration, flow, bases[0] is True, bases[1] is True, water, oxygen, reference,
            is_substituted=substituted == "yes",
        )  # fmt: skip
        try:
            measured([hour])
        except CalculationError as error:
            for wrong in error.wrongs:
                self._wrong(row, wrong.field, wrong.message, wrong.hint)
        return hour

    def _number(self, row: Row, name: str) -> Fraction | None:
        try:
            return Fraction(parse_amount(row.cells.get(name, "")))
        except HintedError as error:
            self._wrong(row, name, str(error), error.hint)
            return None

    def _wrong(self, row: Row, name: str, message: str, hint: str = "") -> None:
        self.faults.append((row, Fault(name, message, hint)))

    def _day(self, time_ns: int) -> str:
        moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
        return moment.astimezone(self.zone).date().isoformat()
