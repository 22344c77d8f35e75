"""What the description of a calculation may say, as pydantic models; texts are kept as they were written."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.carbon.texts import parse_day, parse_number, parse_quantity, parse_rate, parse_share
from gateway.config.models import Strict
from gateway.config.types import HintedError
from rules.carbon.factor import CALCULATED

_MAX_TEXT = 500


def _checked(parse: Callable[[str], object]) -> AfterValidator:
    """The text stays as it was written; that it can be read is checked."""

    def check(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(check)


def _activity(text: str) -> str:
    known = [one.value for one in CALCULATED]
    if text in known:
        return text
    close = get_close_matches(text, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there is: {', '.join(known)}"
    raise HintedError("unknown activity", hint)


Text = Annotated[str, Field(max_length=_MAX_TEXT)]
Named = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT)]
Day = Annotated[Text, _checked(parse_day)]
Percent = Annotated[Text, _checked(parse_number)]


class QuantityModel(Strict):
    """A quantity with where it comes from; plain text `1200 kWh` means only `value`."""

    value: Annotated[Text, _checked(parse_quantity)]
    source: Text = ""
    uncertainty_percent: Percent | None = None


class _StatedModel(Strict):
    """A value that somebody states, with its source."""

    source: Text = ""
    uncertainty_percent: Percent | None = None

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if not self.source and not getattr(self, "id", ""):
            raise HintedError("a stated value needs its `source`", "a laboratory report, a delivery note, a standard")
        return self


class RateModel(_StatedModel):
    """A heating value or density: stated, or the one of the catalogue with this id."""

    value: Annotated[Text, _checked(parse_rate)] | None = None
    id: Text = ""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.value is None) == (not self.id):
            hint = "write `{value: 42.8 GJ(net)/t, source: ...}` or `{id: ...}`"
            raise HintedError("needs either a `value` or the `id` of one in the catalogue", hint)
        return self


class CoefficientModel(_StatedModel):
    """A coefficient of standard coal: `0.3020 kgce(primary)/kWh`."""

    value: Annotated[Text, _checked(parse_rate)]


class EnthalpyModel(_StatedModel):
    """An enthalpy of steam or water: `2778 kJ/kg`."""

    value: Annotated[Text, _checked(parse_rate)]


class ShareModel(_StatedModel):
    """A share: `0.98` or `98 %`."""

    value: Annotated[Text, _checked(parse_share)]


class NumberModel(_StatedModel):
    """A plain number."""

    value: Annotated[Text, _checked(parse_number)]


class ChoiceModel(Strict):
    """Which factor."""

    id: Text = ""
    series: Text = ""
    sector: Text = ""
    region: Text = ""
    as_of: Day | None = None
    reason: Text = ""
    uncertainty_percent: Percent | None = None


class PeriodModel(Strict):
    """Days, both included."""

    start: Day = Field(alias="from")
    end: Day = Field(alias="to")


class TemplateModel(Strict):
    """What is calculated, without how much and when: an emission source."""

    activity: Annotated[Text, AfterValidator(_activity)]
    region: Text = ""
    fuel: Text = ""
    gas: Text = ""
    gwp: Text = ""
    methane: Text = "single"
    factor: ChoiceModel = ChoiceModel()
    heating_value: RateModel | None = None
    density: RateModel | None = None
    enthalpy: EnthalpyModel | None = None
    feed_water: EnthalpyModel | None = None
    gross_to_net: ShareModel | None = None
    reference_conditions: Literal["", "ideal_gas"] = ""
    oxidation: ShareModel | None = None
    content: ShareModel | None = None
    years: NumberModel | None = None
    coefficient: CoefficientModel | None = None
    evidence: tuple[Named, ...] = ()


class DescriptionModel(TemplateModel):
    """One calculation."""

    quantity: QuantityModel
    region: Named
    date: Day | None = None
    period: PeriodModel | None = None
