"""The sheets of entries and of factors: mass and CO2e are products of cells where that is how they are made."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from gateway.reports.language import Language
from gateway.reports.workings import MOST_FACTORS, Product, product_of
from gateway.reports.xlsx_tables import Cell, number, text

Document = Mapping[str, Any]
ENTRIES, FACTORS = "Entries", "Factors"
PARK_COLUMN = "in_zero_carbon_park"  # whether that basis counts a direct entry
_FIRST_ROW = 2  # of the data, as a spreadsheet counts
COLUMNS = (
    "id", "period", "enterprise", "source", "start", "end", "scope", "category", "basis", "gas", "group",
    "quantity", "unit", *(f"factor_{place}" for place in range(1, MOST_FACTORS + 1)), "constant", "mass_kg", "gwp",
    "co2e_kg", "made_by", "quantity_exact", "mass_kg_exact", "co2e_kg_exact", "factors", "working", "method", "gwp_set",
    "instrument", "label", "flags", "uncertainty_percent", "activity", "reverses", "is_recorded", PARK_COLUMN,
)  # fmt: skip
_ZH = {
    "period": "期间", "enterprise": "企业", "source": "排放源", "start": "自", "end": "至", "scope": "范围",
    "category": "类别", "basis": "口径", "gas": "气体", "group": "组别", "quantity": "数量", "unit": "单位",
    "constant": "常数", "mass_kg": "质量 kg", "co2e_kg": "CO2e kg", "made_by": "算法", "quantity_exact": "数量（精确）",
    "mass_kg_exact": "质量 kg（精确）", "co2e_kg_exact": "CO2e kg（精确）", "factors": "因子", "working": "计算过程",
    "method": "方法", "gwp_set": "GWP 版本", "instrument": "合约工具", "label": "类型", "flags": "标记",
    "uncertainty_percent": "不确定度 %", "activity": "活动数据", "reverses": "冲销", "is_recorded": "已入账",
    PARK_COLUMN: "计入零碳园区",
}  # fmt: skip
_FACTOR_COLUMNS = (
    "id", "value", "value_exact", "unit", "per", "gas", "basis", "region", "valid_from", "valid_before", "series",
    "gwp_set", "assumes", "review", "title", "publisher", "year", "place", "url", "sha256", "read_in", "note",
)  # fmt: skip
_OF_SOURCE = frozenset(("title", "publisher", "year", "place", "url", "sha256", "read_in"))


class FactorSheet:
    """Every factor in full; entries refer to the cell of its value."""

    def __init__(self, factors: Sequence[Document]) -> None:
        self.by_id = {one["id"]: one for one in factors}
        self._rows = {one["id"]: place for place, one in enumerate(factors, start=_FIRST_ROW)}

    def value_cell(self, factor: str) -> Cell:
        """A reference to the value."""
        return Cell(self.by_id[factor]["value"], formula=f"={FACTORS}!$B${self._rows[factor]}")

    def head(self, language: Language) -> tuple[str, ...]:
        """The names of fields as the API gives them."""
        return tuple(
            one if language is Language.EN or one not in _ZH else f"{_ZH[one]} {one}" for one in _FACTOR_COLUMNS
        )

    def rows(self) -> list[tuple[Cell, ...]]:
        """One per factor."""
        return [tuple(_factor_cell(one, name) for name in _FACTOR_COLUMNS) for one in self.by_id.values()]


class EntrySheet:
    """One row per entry."""

    def __init__(self, entries: Sequence[Document], factors: FactorSheet, park_direct: frozenset[str]) -> None:
        self._entries = entries
        self._park_direct = park_direct
        self._factors = factors

    def head(self, language: Language) -> tuple[str, ...]:
        """English names are the API's."""
        return tuple(one if language is Language.EN or one not in _ZH else f"{_ZH[one]} {one}" for one in COLUMNS)

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """In the order of the calculation."""
        return (self._row(one, row) for row, one in enumerate(self._entries, start=_FIRST_ROW))

    def range(self, column: str) -> str:
        """The cells of a column, for sums."""
        letter, last = letter_of(column), max(len(self._entries) + 1, _FIRST_ROW)
        return f"{ENTRIES}!${letter}${_FIRST_ROW}:${letter}${last}"

    def total(self, figure: str, **wanted: str) -> str:
        """The formula of the sum of those entries whose columns are these."""
        conditions = ",".join(f'{self.range(name)},"{_quoted(value)}"' for name, value in wanted.items())
        return f"SUMIFS({self.range(figure)},{conditions})" if wanted else f"SUM({self.range(figure)})"

    def _row(self, one: Document, row: int) -> tuple[Cell, ...]:
        product = product_of(one, self._factors.by_id)
        made = {} if product is None else self._made(one, product, row)
        plain: dict[str, Cell] = {
            "quantity": number(one["quantity"]),
            "scope": number(str(one["scope"])),
            "mass_kg": number(one["mass_kg"]),
            "co2e_kg": number(one["co2e_kg"]),
            "made_by": text("formula" if product else "value, see working"),
            "quantity_exact": text(one["quantity"]),
            "mass_kg_exact": text(one["mass_kg"]),
            "co2e_kg_exact": text(one["co2e_kg"]),
            "factors": text("; ".join(one["factors"])),
            "working": text(" | ".join(one["working"])),
            "flags": text(", ".join(one["flags"])),
            "uncertainty_percent": number(one["uncertainty_percent"]),
            "is_recorded": text("yes" if one["is_recorded"] else "no"),
            PARK_COLUMN: text("yes" if one["id"] in self._park_direct else "no"),
        }
        return tuple(made.get(name) or plain.get(name) or text(one.get(name)) for name in COLUMNS)

    def _made(self, one: Document, product: Product, row: int) -> dict[str, Cell]:
        """The cells that are calculated, and those that they are calculated from."""
        names = [f"factor_{place}" for place in range(1, len(product.factors) + 1)]
        cells = {name: self._factors.value_cell(factor) for name, factor in zip(names, product.factors, strict=True)}
        cells["constant"] = Cell(_value_of(product.constant), formula=f"={product.constant}")
        parts = "*".join(f"{letter_of(name)}{row}" for name in ("quantity", *names, "constant"))
        cells["mass_kg"] = Cell(one["mass_kg"], formula=f"=ROUND({parts},9)")
        if product.has_co2e:
            cells["gwp"] = self._factors.value_cell(product.gwp) if product.gwp else number("1")
            cells["co2e_kg"] = Cell(one["co2e_kg"], formula=f"=ROUND({parts}*{letter_of('gwp')}{row},9)")
        return cells


def letter_of(column: str) -> str:
    """The letters of a column of the entries."""
    return str(xl_col_to_name(COLUMNS.index(column)))


def _quoted(value: str) -> str:
    return value.replace('"', '""')


def _value_of(constant: str) -> str:
    """What a constant is as a double: `44/12*0.001`."""
    product, *factors = constant.split("*")
    above, _, below = product.partition("/")
    value = float(above) / float(below or 1)
    for factor in factors:
        value *= float(factor)
    return repr(value)


def _factor_cell(one: Document, name: str) -> Cell:
    if name == "value":
        return text(one["value"]) if "/" in one["value"] else number(one["value"])
    if name == "value_exact":
        return text(one["value"])
    return text(one["source"][name] if name in _OF_SOURCE else one[name])
