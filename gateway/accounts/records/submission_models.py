"""The fields of each form, as people write them: texts that are checked for their form, not yet for their sense."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from gateway.accounts.periods import parse_period
from gateway.accounts.records.field_texts import Amount, Criterion, Day, Named, Percent, Positive, Reason, Text, Truth
from gateway.accounts.records.forms import Form
from gateway.config.models import Strict
from gateway.config.problems import nearest
from gateway.config.types import HintedError
from gateway.core.errors import Rejected

_MOST_FAULTS = 50  # of one record
DAYS = ("period", "date", "from", "to")
_ANY_DAYS = {"from": "2000-01-01", "to": "2000-01-01"}  # to see what is wrong with the other fields


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, in words for a form. `field` is empty where it is about the record as a whole."""

    field: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.field}: {self.message}" if self.field else self.message
        return f"{text} ({self.hint})" if self.hint else text


class Faults(Exception):
    """Everything that is wrong with one record."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class Fields(Strict):
    """What every form has."""

    document: Text = ""  # number of the delivery note, invoice, work order, certificate
    note: Text = ""
    supersedes: Text = ""  # id of the record whose place this one takes


def spelt_out(data: Any) -> Any:
    """The data with `from` and `to`, however the days were written. Raises HintedError."""
    if not isinstance(data, dict):
        return data
    ways = [name for name in ("period", "date") if data.get(name)]
    if len(ways) + bool(data.get("from") or data.get("to")) != 1:
        raise HintedError("the days are needed, in one way", "`period: 2026-10`, or `from:` and `to:`, or `date:`")
    rest = {key: value for key, value in data.items() if key not in ("period", "date")}
    if not ways:
        return rest
    if ways == ["date"]:
        return rest | {"from": data["date"], "to": data["date"]}
    try:
        found = parse_period(str(data["period"]))
    except Rejected as error:
        raise HintedError(error.message, error.hint) from None
    return rest | {"from": found.first.isoformat(), "to": found.last.isoformat()}


class Dated(Fields):
    """Days: `from` and `to`, or a `period`, or one `date`."""

    start: Day = Field(alias="from")
    end: Day = Field(alias="to")

    @model_validator(mode="before")
    @classmethod
    def _spelt_out(cls, data: Any) -> Any:
        return spelt_out(data)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if date.fromisoformat(self.start) > date.fromisoformat(self.end):
            raise HintedError("`to` is before `from`", "both days are included")
        return self


class ActivityFields(Dated):
    """A quantity of an emission source; what it is and how it is valued stands in the configuration of the source."""

    source: Named
    quantity: Positive
    unit: Named
    uncertainty_percent: Percent | None = None


class DeliveryFields(ActivityFields):
    """A delivery note."""

    document: Named
    supplier: Text = ""


class InvoiceFields(DeliveryFields):
    """An invoice, of what came in or was given back."""

    direction: Literal["import", "export"] = "import"
    is_non_fossil: Truth = "no"


class VehicleFuelFields(ActivityFields):
    """Fuel that vehicles took."""

    vehicle: Text = ""


class HeatFields(ActivityFields):
    """Heat, steam or cooling that was bought or given back; tonnes of steam with what heat a kilogram of it brings."""

    supplier: Text = ""
    direction: Literal["import", "export"] = "import"
    enthalpy_kj_per_kg: Positive | None = None  # of the steam, at its pressure and temperature
    feed_water_kj_per_kg: Positive | None = None  # where the rule deducts it
    enthalpy_source: Text = ""  # whose statement or table, pressure, temperature


class StockBalanceFields(Dated):
    """What was used of a stock: opening + deliveries - closing."""

    source: Named
    unit: Named
    opening: Positive
    deliveries: Positive
    closing: Positive
    uncertainty_percent: Percent | None = None


class RefrigerantBalanceFields(Dated):
    """What a stock of refrigerant and the machines that hold it lost, in kg."""

    source: Named
    unit: Named = "kg"
    opening: Positive  # in store
    closing: Positive
    acquired: Positive  # bought, came with machines, came back from recycling
    disbursed: Positive  # sold, left in machines, sent to recycling or destruction
    capacity_change: Amount = "0"  # full charge of all machines: at the end less at the beginning
    uncertainty_percent: Percent | None = None


class CemsFields(Dated):
    """A month's masses by continuous measurement, in kg."""

    source: Named
    co2_kg: Positive | None = None
    ch4_kg: Positive | None = None
    n2o_kg: Positive | None = None
    hours: Positive
    substituted_hours: Positive
    basis: Literal["", "dry", "wet"] = ""
    oxygen_percent: Percent | None = None


class DenominatorFields(Dated):
    """What an intensity is divided by."""

    enterprise: Named
    what: Literal["output_value", "added_value", "production", "area", "employees", "other"]
    product: Text = ""
    quantity: Positive
    unit: Named


class ReadingFields(Fields):
    """What a register showed."""

    meter: Named
    time: Named
    value: Positive
    unit: Text = ""


class MeterEventFields(Fields):
    """A register was exchanged or reset."""

    meter: Named
    time: Named
    what: Literal["exchange", "reset"]
    final: Positive | None = None
    initial: Positive | None = None


class CorrectionFields(Fields):
    """One interval gets another quantity."""

    meter: Named
    time: Named  # the interval's start
    quantity: Positive
    unit: Text = ""
    reason: Reason


class InstrumentFields(Dated):
    """A contractual instrument; criteria of GHG Protocol scope 2 guidance (2015), table 7.1."""

    enterprise: Named  # beneficiary
    number: Named
    what: Literal["gec", "i_rec", "go", "ppa", "direct_supply", "supplier_rate", "self_generated"]
    energy_mwh: Positive
    factor_kg_per_kwh: Positive
    market: Named
    energy_source: Text = ""
    retired_on: Day | None = None
    is_compliant_green: Truth = "no"
    criterion_1: Criterion
    criterion_2: Criterion
    criterion_3: Criterion
    criterion_4: Criterion
    criterion_5: Criterion
    criterion_6: Criterion
    criterion_7: Criterion
    criterion_8: Criterion


class AllocationFields(Dated):
    """A part of an instrument for an emission source's electricity."""

    instrument: Named
    source: Named
    energy_mwh: Positive


class FactorFields(Fields):
    """A factor of one's own, with the document that it stands in; the columns of the shipped tables."""

    id: Annotated[Named, Field(pattern=r"^own\.[a-z0-9_.\-]{1,100}$")]
    enterprise: Text = ""  # who supplied it; empty: the park
    activity: Named
    fuel: Named
    region: Named
    series: Named
    sectors: Text = ""
    valid_from: Day | None = None
    valid_to: Day | None = None
    gas: Named
    value: Positive
    unit: Named
    per: Text = ""
    gwp_set: Text = ""
    low: Positive | None = None
    high: Positive | None = None
    title: Named
    publisher: Named
    year: Text = ""
    url: Text = ""
    place: Named  # page, table, row


class VoidFields(Fields):
    """A record is taken back without a successor."""

    supersedes: Named
    reason: Reason


MODELS: Mapping[Form, type[Fields]] = {
    Form.READING: ReadingFields,
    Form.METER_EVENT: MeterEventFields,
    Form.CORRECTION: CorrectionFields,
    Form.DELIVERY: DeliveryFields,
    Form.STOCK_BALANCE: StockBalanceFields,
    Form.REFRIGERANT_BALANCE: RefrigerantBalanceFields,
    Form.INVOICE: InvoiceFields,
    Form.VEHICLE_FUEL: VehicleFuelFields,
    Form.PROCESS: ActivityFields,
    Form.HEAT: HeatFields,
    Form.CEMS: CemsFields,
    Form.DENOMINATOR: DenominatorFields,
    Form.INSTRUMENT: InstrumentFields,
    Form.ALLOCATION: AllocationFields,
    Form.FACTOR: FactorFields,
    Form.VOID: VoidFields,
}
"""`readings` has no form of its own: it is a table."""


def form_named(text: object) -> Form:
    """The form of this name. Raises Faults."""
    known = [form.value for form in Form]
    if isinstance(text, str) and text in known:
        return Form(text)
    shown = str(text)[:40]
    raise Faults([Fault("kind", f"unknown kind `{shown}`", nearest(shown, known) or f"there is: {', '.join(known)}")])


def read_fields(form: Form, given: Mapping[str, object]) -> Fields:
    """The fields of a form; empty ones are fields that are not given. Raises Faults with everything that is wrong."""
    model = MODELS.get(form)
    if model is None:
        raise Faults([Fault("kind", f"`{form}` is a table", "import it: `park-gateway carbon record add FILE.csv`")])
    said = {key: value for key, value in given.items() if value not in ("", None)}
    try:
        return model.model_validate(said)
    except ValidationError as error:
        errors = error.errors()
        if any(not one["loc"] for one in errors):  # it hides what is wrong with the fields
            try:
                model.model_validate({key: value for key, value in said.items() if key not in DAYS} | _ANY_DAYS)
            except ValidationError as inner:
                errors += inner.errors()
        names = [*field_names(form), *(DAYS if issubclass(model, Dated) else ())]
        raise Faults([_fault(one, names) for one in errors[:_MOST_FAULTS]]) from None


def field_names(form: Form) -> list[str]:
    """The fields of a form as they are written."""
    return [field.alias or name for name, field in MODELS[form].model_fields.items()]


def _fault(error: ErrorDetails, names: list[str]) -> Fault:
    field = ".".join(str(part) for part in error["loc"])[:60]
    if error["type"] == "missing":
        return Fault(field, "is needed")
    if error["type"] == "extra_forbidden":
        return Fault(field, "unknown field", nearest(field, names))
    if error["type"] == "literal_error":
        return Fault(field, f"`{str(error['input'])[:40]}` is not known", f"one of {error['ctx']['expected']}")
    if error["type"] in ("string_too_long", "string_too_short", "string_pattern_mismatch"):
        return Fault(field, error["msg"], "`own.` and small letters, digits, `.`, `_`, `-`" if field == "id" else "")
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, HintedError):
        return Fault(field, str(cause), cause.hint)
    return Fault(field, error["msg"])
