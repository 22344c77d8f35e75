"""The factor catalogue from its files: tables of factors, the table of sources, the checksums of all of them.

Everything that is wrong is said at once, as file:line:cell. A file that is not the one that was shipped is refused: a
factor that somebody has changed by hand would not be that of its source any more.
"""

import hashlib
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import rules.carbon
from gateway.config.csvtext import parse_table
from gateway.config.nodes import Mapping, Scalar
from gateway.config.problems import Mark, Report, nearest
from rules.carbon.catalogue import Catalogue
from rules.carbon.factor import Activity, Factor, Review, Source
from rules.carbon.invariants import faults, row_faults
from rules.carbon.numbers import number
from rules.carbon.units import UNITS, Unit, UnknownUnit, unit

SHIPPED = Path(rules.carbon.__file__).parent / "data"
SUMS, SOURCES = "SHA256SUMS", "sources.csv"
_REQUIRED = ("id", "activity", "fuel", "region", "series", "gas", "value", "unit", "review", "source", "place")
_COLUMNS = frozenset(
    (
        *_REQUIRED,
        "sectors",
        "valid_from",
        "valid_to",
        "per",
        "gwp_set",
        "low",
        "high",
        "assumes",
        "read_in",
        "gap",
        "note",
    )
)
_SOURCE_COLUMNS = frozenset(("id", "title", "publisher", "year", "url", "sha256"))
_ASSUMES = ("full_oxidation", "evidence")


def load_catalogue(folder: Path = SHIPPED) -> Catalogue:
    """The catalogue of a folder. Raises ConfigErrors with every mistake and its place."""
    report = Report()
    texts = _texts(folder, report)
    report.raise_problems()
    sources = _sources(folder, texts.pop(SOURCES), report)
    factors: list[Factor] = []
    rows: list[Mapping] = []
    for name, text in texts.items():
        for row in _table(folder / name, text, report, _REQUIRED, _COLUMNS):
            factor = FactorRow(row, report, sources).factor()
            if factor is not None:
                factors.append(factor)
                rows.append(row)
    for fault in row_faults(factors) if report.problems else faults(factors):
        report.error(_mark(rows[fault.index], fault.column), fault.message, fault.hint)
    report.raise_problems()
    return Catalogue(tuple(factors), _digest((folder / SUMS).read_bytes()))


def _texts(folder: Path, report: Report) -> dict[str, str]:
    """The files that the checksums name, in the order of their names; what differs from them is a problem."""
    sums = folder / SUMS
    found: dict[str, str] = {}
    try:
        for line, text in enumerate(sums.read_text(encoding="utf-8").splitlines(), start=1):
            expected, name = text.split()
            data = (folder / name).read_bytes()
            if _digest(data) != expected:
                hint = "restore the file; a factor of your own is no change of a shipped one"
                report.error(Mark(str(sums), line, 1), f"`{name}` is not the file that was shipped", hint)
            found[name] = data.decode("utf-8")
        for path in sorted(folder.glob("*.csv")):
            if path.name not in found:
                report.error(Mark(str(path), 1, 1), f"`{path.name}` does not stand in {SUMS}", "remove it")
        if SOURCES not in found:
            report.error(Mark(str(sums), 1, 1), f"{SUMS} does not name `{SOURCES}`", "reinstall park-gateway")
    except (OSError, ValueError) as error:
        report.error(Mark(str(sums), 1, 1), f"the factor catalogue is not readable: {error}", "reinstall park-gateway")
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _table(path: Path, text: str, report: Report, required: tuple[str, ...], known: frozenset[str]) -> list[Mapping]:
    rows = parse_table(text, str(path), report, lambda _: None, required)
    unknown = {key: row.keys[key] for row in rows for key in row.keys if key not in known}
    for key, mark in unknown.items():
        report.error(mark, f"unknown column `{key}`", nearest(key, known))
    return rows


def _sources(folder: Path, text: str, report: Report) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for row in _table(folder / SOURCES, text, report, ("id", "title", "publisher"), _SOURCE_COLUMNS):
        cells = _cells(row)
        if cells["id"] in found:
            report.error(_mark(row, "id"), f"source `{cells['id']}` stands here a second time")
        found[cells["id"]] = Source(
            cells["id"], cells["title"], cells["publisher"], cells["year"], cells["url"], cells["sha256"]
        )
    return found


class _Cells(dict[str, str]):
    """The cells of a row; an empty one is an empty text."""

    def __missing__(self, key: str) -> str:
        return ""


def _cells(row: Mapping) -> _Cells:
    return _Cells({key: node.text for key, node in row.items.items() if isinstance(node, Scalar)})


def _mark(row: Mapping, column: str) -> Mark:
    node = row.items.get(column)
    return row.mark if node is None else node.mark


@dataclass(slots=True)
class FactorRow:
    """Reads one row as a factor, noting every problem."""

    row: Mapping
    report: Report
    sources: Map[str, Source]
    reviews: tuple[Review, ...] = (Review.REVIEWED, Review.PENDING)
    is_right: bool = True

    def factor(self) -> Factor | None:
        """The factor, `None` after problems."""
        cells = _cells(self.row)
        missing = [column for column in _REQUIRED if not cells[column]]
        for column in missing:
            self._wrong(column, f"`{column}` is empty")
        if missing:
            return None
        found = Factor(
            id=cells["id"],
            activity=Activity(self._one_of("activity", [one.value for one in Activity]) or Activity.PROCESS),
            fuel=cells["fuel"],
            sectors=tuple(cells["sectors"].split()),
            region=cells["region"],
            series=cells["series"],
            valid_from=self._day("valid_from"),
            valid_to=self._day("valid_to"),
            gas=cells["gas"],
            value=self._number("value") or Fraction(0),
            text=cells["value"],
            unit=cells["unit"] if cells["unit"] == "percent" else str(self._unit("unit") or UNITS["kg"]),
            per=self._unit("per"),
            gwp_set=cells["gwp_set"],
            low=self._number("low"),
            high=self._number("high"),
            assumes=self._one_of("assumes", _ASSUMES) if cells["assumes"] else "",
            review=Review(self._one_of("review", [one.value for one in self.reviews]) or Review.PENDING),
            source=self._source(cells["source"]),
            place=cells["place"],
            read_in=cells["read_in"],
            gap=cells["gap"],
            note=cells["note"],
        )
        return found if self.is_right else None

    def _wrong(self, column: str, message: str, hint: str = "") -> None:
        self.is_right = False
        self.report.error(_mark(self.row, column), message, hint)

    def _one_of(self, column: str, known: "list[str] | tuple[str, ...]") -> str:
        text = _cells(self.row)[column]
        if text in known:
            return text
        self._wrong(column, f"unknown {column} `{text}`", nearest(text, known))
        return ""

    def _number(self, column: str) -> Fraction | None:
        text = _cells(self.row)[column]
        value = number(text) if text else None
        if text and value is None:
            self._wrong(column, f"`{text}` is not a decimal number", "write it as it was published, `0.5306`")
        return value

    def _day(self, column: str) -> date | None:
        text = _cells(self.row)[column]
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._wrong(column, f"`{text}` is not a day", "write `2023-01-01`")
            return None

    def _unit(self, column: str) -> Unit | None:
        text = _cells(self.row)[column]
        try:
            return unit(text) if text else None
        except UnknownUnit as error:
            self._wrong(column, str(error), error.hint)
            return None

    def _source(self, source_id: str) -> Source:
        if source_id not in self.sources:
            self._wrong("source", f"no source `{source_id}`", nearest(source_id, self.sources))
        return self.sources.get(source_id) or Source(source_id, "", "", "")
