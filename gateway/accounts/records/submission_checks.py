"""What was filled in, held against the configuration: sources, meters, units, days; texts become what is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, EmissionSource, Meter
from gateway.accounts.people import Actor
from gateway.accounts.periods import month_of
from gateway.accounts.records.forms import ACTIVITIES, Form
from gateway.accounts.records.instants import parse_instant_ns
from gateway.accounts.records.register_units import exact_text, in_unit
from gateway.accounts.records.steam import ENTHALPY, FEED_WATER, steam_faults, valuation_wrongs
from gateway.accounts.records.submission_models import Fault, Fields
from gateway.config.problems import nearest
from gateway.config.types import HintedError
from gateway.core.clock import day_of
from rules.carbon.balances import Balance, refrigerant, tank
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity
from rules.carbon.units import Dimension, UnknownUnit, converted
from rules.carbon.units import unit as carbon_unit
from rules.energy.grid import Grid

_MICRO = 1_000_000
_LATE_NS = 300_000_000_000  # a clock on a phone may be so much ahead
_MONEY = {"元": "CNY", "万元": "1e4CNY", "人民币": "CNY"}
_CERTIFICATES = ("gec", "i_rec", "go")
_CONTRACTS = ("ppa", "direct_supply")


@dataclass(slots=True)
class Checked:
    """What a record would hold, and what is wrong with it. `subject`: what it is about, to find it a second time."""

    enterprise: str = ""
    period: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    subject: tuple[str, ...] = ()
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def wrong(self, name: str, message: str, hint: str = "") -> None:
        """Note a fault."""
        self.faults.append(Fault(name, message, hint))


Rehearsed = dict[tuple[str, ...], tuple[Wrong, ...]]
"""What speaks against valuing a source's unit in some days: calculated once for the many rows of a table."""


def check(
    form: Form, fields: Fields, books: Books, actor: Actor, now_ns: int, rehearsed: Rehearsed | None = None
) -> Checked:
    """The fields of a record, held against the books; `faults` is empty where it can be taken."""
    found = Checked(body={"form": form.value, **_given(fields)})
    checker = Checker(
        books, actor, now_ns, ZoneInfo(books.site.timezone), found, {} if rehearsed is None else rehearsed
    )
    _CHECKS.get(form, Checker.activity)(checker)
    return found


def _given(fields: Fields) -> dict[str, Any]:
    """The fields that say something, by the names that people write."""
    return {name: value for name, value in fields.model_dump(by_alias=True).items() if value not in (None, "")}


@dataclass(slots=True)
class Checker:
    """Fills `found` from its body, field by field."""

    books: Books
    actor: Actor
    now_ns: int
    zone: tzinfo
    found: Checked
    rehearsed: Rehearsed

    @property
    def body(self) -> dict[str, Any]:
        """Of the record."""
        return self.found.body

    def activity(self) -> None:
        """A quantity of an emission source."""
        source = self.source()
        self.period(may_be_to_come=False)
        self.unit("unit")
        self.found.faults += steam_faults(self.body)
        self.fit(source)
        self.found.subject = (str(self.body.get("source")), *self.days())

    def fit(self, source: EmissionSource | None) -> None:
        """Whether a source takes records, and of this unit."""
        if source is not None and source.meters:
            hint = f"`{source.id}` is counted by {', '.join(source.meters)[:200]}; a record would count it twice"
            self.found.wrong("source", "has meters that say how much it is", hint)
        elif source is not None and not any(fault.field == "unit" for fault in self.found.faults):
            self.rehearse(source)

    def rehearse(self, source: EmissionSource) -> None:
        """Whether this can be valued as the source is configured; a unit that it does not take is a fault."""
        said = (str(self.body.get(name, "")) for name in (ENTHALPY, FEED_WATER))
        key = (source.id, self.body["unit"], *self.days(), *said)
        if key not in self.rehearsed:
            self.rehearsed[key] = valuation_wrongs(source, self.body, self.books.catalogue)
        for wrong in self.rehearsed[key]:
            if wrong.field.startswith("quantity"):
                self.found.wrong("unit", wrong.message, wrong.hint)
            else:
                self.found.warnings.append(f"as `{source.id}` is configured now this cannot be valued: {wrong}")

    def balance(self) -> None:
        """What was used of a tank."""
        opening, deliveries, closing = (Fraction(self.body[name]) for name in ("opening", "deliveries", "closing"))
        self.result(lambda: tank(opening, [deliveries], closing))

    def refrigerant(self) -> None:
        """What leaked, by mass balance."""
        names = ("opening", "closing", "acquired", "disbursed", "capacity_change")
        opening, closing, acquired, disbursed, charge = (Fraction(self.body[name]) for name in names)
        self.result(lambda: refrigerant(opening, closing, acquired, disbursed, charge))

    def result(self, balance: Callable[[], Balance]) -> None:
        """Puts the result of a balance in, with its working; a negative one is refused."""
        self.body["quantity"] = "0"
        try:
            found = balance()
        except CalculationError as error:
            for wrong in error.wrongs:
                self.found.wrong(wrong.field, wrong.message, wrong.hint)
        else:
            self.body.update({"quantity": exact_text(found.quantity), "working": found.working})
        self.activity()

    def cems(self) -> None:
        """Masses of a month, to be shown beside the calculated figure."""
        self.source()
        self.period(may_be_to_come=False)
        masses = {gas: self.body.pop(f"{gas.lower()}_kg", None) for gas in ("CO2", "CH4", "N2O")}
        self.body["masses_kg"] = {gas: kg for gas, kg in masses.items() if kg is not None}
        if not self.body["masses_kg"]:
            self.found.wrong("co2_kg", "no mass of any gas is given", "one of co2_kg, ch4_kg, n2o_kg")
        hours, substituted = Decimal(self.body["hours"]), Decimal(self.body["substituted_hours"])
        start, end = (date.fromisoformat(day) for day in self.days())
        if hours > ((end - start).days + 1) * 24 + 1:  # one more in autumn
            self.found.wrong("hours", "more hours than the days have")
        if substituted > hours:
            self.found.wrong("substituted_hours", "more hours are substituted than there were of operation")
        if "oxygen_percent" in self.body and Decimal(self.body["oxygen_percent"]) >= Decimal("20.9"):
            self.found.wrong("oxygen_percent", "is that of air or more", "the reference is for example 6 % for coal")
        if month_of(start) != month_of(end):
            self.found.warnings.append("these are the masses of more than one month")
        self.found.subject = (str(self.body.get("source")), *self.days())

    def denominator(self) -> None:
        """Production, output value, area, employees."""
        self.enterprise()
        self.period(may_be_to_come=True)
        what, unit = self.body["what"], self.body["unit"]
        if what == "production" and not self.body.get("product"):
            self.found.wrong("product", "is needed: production of what?")
        if what == "area":
            self.unit("unit", Dimension.AREA)
        if what in ("output_value", "added_value"):
            self.body["unit"] = _MONEY.get(unit, unit)
            if not _is_money(self.body["unit"]):
                self.found.wrong(
                    "unit", f"`{unit}` is no money", "write `CNY`, `1e4CNY` (万元), or another ISO 4217 code"
                )
        self.found.subject = (self.found.enterprise, what, self.body.get("product", "").casefold(), *self.days())

    def reading(self) -> None:
        """One value of a register."""
        meter = self.meter()
        self.instant("time")
        if meter is not None:
            self.in_register_unit(meter, ("value",))
        self.found.subject = (str(self.body.get("meter")), str(self.body.get("time_ns")))

    def event(self) -> None:
        """An exchange or reset."""
        meter = self.meter()
        self.instant("time")
        if meter is not None and meter.spec.modulus is not None:
            for name in ("final", "initial"):
                if Decimal(self.body.get(name, "0")) >= meter.spec.modulus:
                    self.found.wrong(name, f"the register of `{meter.tag}` goes over at {meter.spec.modulus:f}")
        if "final" not in self.body or "initial" not in self.body:
            self.found.warnings.append("without the final and the initial value the quantity around it will be missing")
        self.found.subject = (str(self.body.get("meter")), str(self.body.get("time_ns")))

    def correction(self) -> None:
        """Another quantity for one interval."""
        meter = self.meter()
        self.instant("time")
        start_ns = self.body.pop("time_ns", None)
        if start_ns is None or meter is None:
            return
        span = Grid(self.zone, self.books.interval_s).span(start_ns)
        if span.start_ns != start_ns:
            begins = datetime.fromtimestamp(span.start_ns // 1_000_000_000, self.zone)
            hint = f"the interval that holds it begins at {begins:%Y-%m-%d %H:%M}"
            self.found.wrong("time", "is not the start of an interval", hint)
        unit = self.body.pop("unit", "") or meter.spec.accounted_unit
        quantity = in_unit(Decimal(self.body["quantity"]), unit, meter.spec.accounted_unit)
        if quantity is None or (quantity * _MICRO).denominator != 1:
            self.found.wrong("unit", f"`{unit}` cannot be given exactly in {meter.spec.accounted_unit}")
            return
        if meter.spec.rated is not None:
            most = Fraction(meter.spec.rated) * (span.end_ns - span.start_ns) / 3_600_000_000_000
            if quantity > most * Fraction(meter.spec.margin):
                hint = f"at most {float(most):g} {meter.spec.accounted_unit} by its rating"
                self.found.wrong("quantity", "more than can flow in one interval", hint)
        self.body.update({"start_ns": span.start_ns, "end_ns": span.end_ns, "unit": meter.spec.accounted_unit})
        self.body["quantity"] = exact_text(quantity)
        self.body["quantity_micro"] = int(quantity * _MICRO)
        self.found.subject = (meter.tag, str(span.start_ns))

    def instrument(self) -> None:
        """A certificate, contract or supplier's rate."""
        self.enterprise()
        self.period(may_be_to_come=True)
        body, what = self.body, self.body["what"]
        body["is_compliant_green"] = body["is_compliant_green"] == "yes"
        if Decimal(body["energy_mwh"]) == 0:
            self.found.wrong("energy_mwh", "must be above 0")
        answers = {number: body[f"criterion_{number}"] for number in range(1, 9)}
        for number, answer in answers.items():
            name = f"criterion_{number}"
            if answer == "disclosed" and number != 8:
                self.found.wrong(name, "only criterion 8 can be disclosed", "`yes` or `no`")
            if answer == "not_applicable" and (number, what in _CONTRACTS, what == "supplier_rate") not in (
                (6, False, False), (6, True, False), (7, False, False), (7, False, True),
            ):  # fmt: skip
                hint = "6 is about suppliers' rates, 7 about direct contracts; all others always apply"
                self.found.wrong(name, f"applies to `{what}`", hint)
        if what in _CERTIFICATES and answers[3] == "yes" and "retired_on" not in body:
            self.found.wrong("retired_on", "is needed where criterion 3 is met: when was it retired or cancelled?")
        today = day_of(self.now_ns, self.zone).isoformat()
        if body.get("retired_on", "") > today:
            self.found.wrong("retired_on", "is still to come", "record the certificate when it is retired")
        if body.get("retired_on", body["from"]) < body["from"]:
            self.found.wrong("retired_on", "lies before the first day of generation")
        if "no" in answers.values():
            self.found.warnings.append("a criterion is not met: this instrument counts nowhere")
        self.found.subject = (body["number"].casefold(),)

    def allocation(self) -> None:
        """A part of an instrument for a source."""
        source = self.source()
        self.period(may_be_to_come=True)
        if Decimal(self.body["energy_mwh"]) == 0:
            self.found.wrong("energy_mwh", "must be above 0")
        if source is not None and source.template.activity is not Activity.ELECTRICITY:
            self.found.wrong("source", "is no purchased electricity", "instruments are for electricity")
        self.found.subject = (self.body["instrument"].casefold(), str(self.body.get("source")), *self.days())

    def factor(self) -> None:
        """A factor of one's own: the catalogue's rules are checked when it is approved into it."""
        if self.body.get("enterprise"):
            self.enterprise()
        elif self.actor.enterprise is not None:
            self.found.enterprise = self.body["enterprise"] = self.actor.enterprise
        days = [self.body[name] for name in ("valid_from", "valid_to") if name in self.body]
        if len(days) == 2 and days[0] >= days[1]:
            self.found.wrong("valid_to", "is not after `valid_from`", "the first day on which it is not valid any more")
        for name in ("unit", "per"):
            if self.body.get(name) not in (None, "percent"):
                self.unit(name)
        self.found.subject = (self.body["id"],)

    def void(self) -> None:
        """Takes another record back: what that is, is looked up where it is stored."""
        self.found.subject = ("void", self.body["supersedes"])

    def source(self) -> EmissionSource | None:
        """The emission source that is named."""
        source_id = str(self.body.get("source", ""))
        known = {key: one for key, one in self.books.sources.items() if self.actor.enterprise in (None, one.enterprise)}
        source = known.get(source_id)
        if source is None:
            hint = nearest(source_id, known) or "`carbon.sources:` in park.yaml has them"
            self.found.wrong("source", f"there is no emission source `{source_id[:60]}`", hint)
            return None
        self.found.enterprise = source.enterprise
        return source

    def meter(self) -> Meter | None:
        """The register that is named."""
        tag = str(self.body.get("meter", ""))
        known = {key: one for key, one in self.books.meters.items() if self.actor.enterprise in (None, one.enterprise)}
        meter = known.get(tag)
        if meter is None:
            hint = nearest(tag, known) or "`park-gateway energy meters` lists them"
            self.found.wrong("meter", f"there is no meter `{tag[:80]}`", hint)
            return None
        self.found.enterprise = meter.enterprise
        return meter

    def enterprise(self) -> None:
        """The enterprise that is named, or the site for the park as a whole."""
        name = self.body["enterprise"]
        known = [one.id for one in self.books.enterprises] + [self.books.site.id]
        if self.actor.enterprise is not None:
            known = [self.actor.enterprise]
        if name not in known:
            self.found.wrong("enterprise", f"there is no enterprise `{name[:60]}`", nearest(name, known))
        self.found.enterprise = name

    def days(self) -> tuple[str, str]:
        """The first and the last day."""
        return self.body["from"], self.body["to"]

    def period(self, *, may_be_to_come: bool) -> None:
        """The days, which cannot lie ahead where something is said to have happened in them."""
        start, end = self.days()
        self.found.period = period_text(date.fromisoformat(start), date.fromisoformat(end))
        today = day_of(self.now_ns, self.zone).isoformat()
        if not may_be_to_come and end > today:
            self.found.wrong("to", f"{end} is still to come", f"today is {today}")

    def instant(self, name: str) -> None:
        """The local time becomes `time_ns`; the text stays as it was written."""
        try:
            time_ns = parse_instant_ns(self.body[name], self.zone)
        except HintedError as error:
            self.found.wrong(name, str(error), error.hint)
            return
        if time_ns > self.now_ns + _LATE_NS:
            self.found.wrong(name, "is still to come", "the clock or the day may be wrong")
        self.body["time_ns"] = time_ns
        self.found.period = month_of(day_of(time_ns, self.zone)).label

    def unit(self, name: str, dimension: Dimension | None = None) -> None:
        """The unit of activity data, by its proper name."""
        try:
            unit = carbon_unit(self.body[name])
            if dimension is not None:
                converted(Fraction(1), unit, carbon_unit("m2"))
            self.body[name] = unit.name
        except UnknownUnit as error:
            self.found.wrong(name, str(error), error.hint)

    def in_register_unit(self, meter: Meter, names: tuple[str, ...]) -> None:
        """Values in the register's own unit, exactly; below the value at which it goes over."""
        unit = self.body.pop("unit", "") or meter.spec.unit
        for name in names:
            exact = in_unit(Decimal(self.body[name]), unit, meter.spec.unit)
            text = None if exact is None else exact_text(exact)
            if text is None:
                self.found.wrong("unit", f"`{unit[:40]}` is not {meter.spec.unit}, the unit of `{meter.tag}`")
            elif meter.spec.modulus is not None and Decimal(text) >= meter.spec.modulus:
                self.found.wrong(name, f"the register goes over at {meter.spec.modulus:f}", "is a digit too many?")
            else:
                self.body[name] = text
        self.body["unit"] = meter.spec.unit


def period_text(first: date, last: date) -> str:
    """`2026-10` for a whole month, else the days."""
    month = month_of(first)
    return month.label if (month.first, month.last) == (first, last) else f"{first}..{last}"


def _is_money(unit: str) -> bool:
    code = unit.removeprefix("1e4").removeprefix("1e6")
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


_CHECKS: Mapping[Form, Callable[[Checker], None]] = {
    **dict.fromkeys(ACTIVITIES, Checker.activity),
    Form.STOCK_BALANCE: Checker.balance,
    Form.REFRIGERANT_BALANCE: Checker.refrigerant,
    Form.CEMS: Checker.cems,
    Form.DENOMINATOR: Checker.denominator,
    Form.READING: Checker.reading,
    Form.METER_EVENT: Checker.event,
    Form.CORRECTION: Checker.correction,
    Form.INSTRUMENT: Checker.instrument,
    Form.ALLOCATION: Checker.allocation,
    Form.FACTOR: Checker.factor,
    Form.VOID: Checker.void,
}
