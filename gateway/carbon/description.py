"""A description of one calculation, YAML or JSON, read with positions: every mistake at once, with a hint."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from gateway.carbon.models import (
    ChoiceModel,
    CoefficientModel,
    DescriptionModel,
    EnthalpyModel,
    NumberModel,
    QuantityModel,
    RateModel,
    ShareModel,
    TemplateModel,
)
from gateway.carbon.texts import parse_day, parse_number, parse_quantity, parse_rate, parse_share
from gateway.config.nodes import Mapping, Node, Scalar
from gateway.config.problems import Mark, Report, nearest
from gateway.config.secrets import Vault
from gateway.config.validate import Validator
from gateway.config.yamltext import normalised, parse_yaml
from rules.carbon.calculation import calculate
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Choice, Description, Stated
from rules.carbon.errors import CalculationError
from rules.carbon.factor import Activity
from rules.carbon.result import Result
from rules.carbon.units import unit

MAX_BYTES = 2**20
_SHORT = {"quantity": "value", "factor": "id"}  # keys that may be given as plain text
_GAS_OF = {"heating_value": "NCV", "density": "density"}
T = TypeVar("T", bound=TemplateModel)


def calculate_file(path: Path, catalogue: Catalogue) -> Result:
    """The result of the calculation that a file describes. Raises ConfigErrors with every mistake and its place."""
    return calculate_text(_text(path), str(path), catalogue)


def calculate_text(text: str, file: str, catalogue: Catalogue) -> Result:
    """The same from a text; `file` stands in messages."""
    report = Report()
    if file.lower().endswith(".json"):
        text = text.replace("\t", " ")  # JSON texts contain no tabs, and YAML takes none between them
    tree = parse_yaml(text, file, report, lambda _: None)
    report.raise_problems()
    if tree is None:
        report.error(
            Mark(file, 1, 1), "the file describes nothing", "write `activity:`, `quantity:`, `region:`, `date:`"
        )
        report.raise_problems()
    assert tree is not None
    reader = DescriptionReader(tree, report, catalogue)
    description = reader.read()
    report.raise_problems()
    assert description is not None
    try:
        return calculate(description, catalogue)
    except CalculationError as error:
        for wrong in error.wrongs:
            report.error(reader.place(wrong.field), f"{wrong.field}: {wrong.message}", wrong.hint)
    report.raise_problems()
    raise AssertionError("a calculation error without a mistake")


def _text(path: Path) -> str:
    """The text of a file. Raises ConfigErrors."""
    report = Report()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # no more: it may be a device without an end
        if len(data) <= MAX_BYTES:
            return data.decode("utf-8-sig")
        report.error(Mark(str(path), 1, 1), f"larger than {MAX_BYTES // 2**20} MiB", "is it the right file?")
    except UnicodeDecodeError as error:
        before = normalised(data[: error.start].decode("utf-8-sig", "replace")).split("\n")
        report.error(Mark(str(path), len(before), len(before[-1]) + 1), "not UTF-8 text", "save the file as UTF-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        report.error(Mark(str(path), 1, 1), f"cannot read the file: {reason}", "check the path and who may read it")
    report.raise_problems()
    raise AssertionError("a file that cannot be read without a problem")


def _in_full(tree: Node) -> Node:
    """`quantity: 1200 kWh` and `factor: cn.grid.national.2023` are short for a key inside."""
    if isinstance(tree, Mapping):
        for key, inner in _SHORT.items():
            node = tree.items.get(key)
            if isinstance(node, Scalar) and node.value() is not None:
                full = Mapping(node.mark)
                full.put(inner, node, node.mark)
                tree.items[key] = full
    return tree


class DescriptionReader:
    """Reads the tree of one description."""

    def __init__(self, tree: Node, report: Report, catalogue: Catalogue) -> None:
        self._tree = _in_full(tree)
        self._report = report
        self._catalogue = catalogue

    def read(self) -> Description | None:
        """The description, `None` after problems."""
        before = len(self._report.problems)
        model = self._model(DescriptionModel, "the calculation")
        if model is None:
            return None
        days = self._days(model)
        found = self._described(model, _quantity(model.quantity), days)
        return found if len(self._report.problems) == before else None

    def template(self, what: str, known: frozenset[str] = frozenset()) -> Description | None:
        """A description without quantity (0, no unit) and days; `None` after problems. `known`: keys beside it."""
        before = len(self._report.problems)
        model = self._model(TemplateModel, what, known)
        if model is None:
            return None
        found = self._described(model, Stated(Fraction(0), "0", ""), (date.min, date.min))
        return found if len(self._report.problems) == before else None

    def _model(self, model: type[T], what: str, known: frozenset[str] = frozenset()) -> T | None:
        return Validator(Vault({}, Path(), self._report)).read(model, self._tree, known, of=what)

    def _described(self, model: TemplateModel, quantity: Stated, days: tuple[date, date]) -> Description:
        return Description(
            activity=Activity(model.activity),
            quantity=quantity,
            region=model.region,
            start=days[0],
            end=days[1],
            fuel=model.fuel,
            gas=model.gas,
            gwp_set=model.gwp,
            methane=model.methane,
            choice=_choice(model.factor),
            heating_value=self._rate("heating_value", model.heating_value),
            density=self._rate("density", model.density),
            enthalpy=_coefficient(model.enthalpy),
            feed_water=_coefficient(model.feed_water),
            gross_to_net=_share(model.gross_to_net),
            reference_conditions=model.reference_conditions,
            oxidation=_share(model.oxidation),
            content=_share(model.content),
            years=_number(model.years),
            coefficient=_coefficient(model.coefficient),
            evidence=model.evidence,
        )

    def place(self, field: str) -> Mark:
        """Where a field stands, or the thing that it is missing from."""
        if field == "date" and isinstance(self._tree, Mapping) and "date" not in self._tree.items:
            field = "period"
        node, mark = self._tree, self._tree.mark
        for name in (f"{field}.value" if field == "quantity" else field).split("."):
            if not isinstance(node, Mapping) or name not in node.items:
                break
            mark, node = node.keys[name], node.items[name]
        return node.mark if isinstance(node, Scalar) else mark

    def _days(self, model: DescriptionModel) -> tuple[date, date]:
        if model.period is not None and model.date is None:
            return parse_day(model.period.start), parse_day(model.period.end)
        if model.date is not None and model.period is None:
            return parse_day(model.date), parse_day(model.date)
        hint = "write `date: 2026-10-31`, or `period: {from: 2026-10-01, to: 2026-10-31}`"
        self._report.error(self.place("date"), "one of `date` and `period` is needed", hint)
        return date.min, date.min

    def _rate(self, name: str, model: RateModel | None) -> Stated | None:
        """A heating value or density as it was stated, or from the catalogue."""
        if model is None:
            return None
        said = _percent(model.uncertainty_percent)
        if model.value is not None:
            value, of, per = parse_rate(model.value)
            return Stated(value, model.value, model.source, of, per, said)
        known = {one.id: one for one in self._catalogue.factors if one.gas == _GAS_OF[name]}
        factor = known.get(model.id)
        if factor is None:
            message = f"the catalogue has no {name} `{model.id[:60]}`"
            self._report.error(self.place(f"{name}.id"), message, nearest(model.id, known))
            return None
        text = f"{factor.text} {factor.unit}/{factor.per}"
        own = said if said is not None else self._catalogue.uncertainty_percent(factor)
        return Stated(factor.value, text, factor.source.title, unit(factor.unit), factor.per, own, factor.id)


def _quantity(model: QuantityModel) -> Stated:
    value, of = parse_quantity(model.value)
    return Stated(value, model.value, model.source, of, None, _percent(model.uncertainty_percent))


def _coefficient(model: CoefficientModel | EnthalpyModel | None) -> Stated | None:
    if model is None:
        return None
    value, of, per = parse_rate(model.value)
    return Stated(value, model.value, model.source, of, per, _percent(model.uncertainty_percent))


def _share(model: ShareModel | None) -> Stated | None:
    if model is None:
        return None
    return Stated(
        parse_share(model.value),
        model.value,
        model.source,
        uncertainty_percent=_percent(model.uncertainty_percent),
    )


def _number(model: NumberModel | None) -> Stated | None:
    if model is None:
        return None
    return Stated(
        parse_number(model.value),
        model.value,
        model.source,
        uncertainty_percent=_percent(model.uncertainty_percent),
    )


def _choice(model: ChoiceModel) -> Choice:
    return Choice(
        id=model.id,
        series=model.series,
        sector=model.sector,
        region=model.region,
        as_of=None if model.as_of is None else parse_day(model.as_of),
        reason=model.reason,
        uncertainty_percent=_percent(model.uncertainty_percent),
    )


def _percent(text: str | None) -> Fraction | None:
    return None if text is None else parse_number(text)
