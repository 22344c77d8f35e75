"""Tariffs as they are written, to those that answer for a moment; every mistake with its place."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.accounts.setup.tariff_sizes import unusual
from gateway.config.accountplan import TariffEntry
from gateway.config.entries import all_written, written
from gateway.config.nodes import Mapping as MappingNode
from gateway.config.nodes import Node
from gateway.config.nodes import Sequence as SequenceNode
from gateway.config.plan import ParkPlan
from gateway.config.problems import Finding, Mark, Report, nearest
from gateway.config.ruleplan import CalendarPlan
from gateway.config.schedulemodels import parse_times
from gateway.config.secrets import Vault
from gateway.config.tariffmodels import PeriodsModel, TariffModel
from gateway.config.validate import Validator
from rules.energy.grid import Grid
from rules.energy.tariff.rates import Rates, check_edges, whole_day
from rules.energy.tariff.tariff import (
    MINOR_DIGITS,
    Band,
    Charge,
    CommonCost,
    DayType,
    Demand,
    DemandBy,
    Tariff,
    Times,
    Vat,
    misfits,
    tariffs_of,
)
from rules.schedule.calendar import Calendar
from rules.schedule.china import site_calendar

_MONTHS = frozenset(range(1, 13))
_MOST = 1000  # versions


def compile_tariffs(plan: ParkPlan, report: Report) -> tuple[Tariff, ...]:
    """The tariffs of a configuration, by day of validity; problems go to the report, what has one is left out."""
    entries = plan.accounts.tariffs
    if len(entries) > _MOST:
        report.error(entries[_MOST].mark, f"more than {_MOST} tariffs", "remove versions that nothing needs any more")
        return ()
    compiler = _Compiler(plan, report)
    found = [(entry, compiler.tariff(entry)) for entry in entries]
    marks = {id(tariff): entry.mark for entry, tariff in found if tariff is not None}
    tariffs = tuple(tariff for _, tariff in found if tariff is not None)
    _check_versions(tariffs, [*(one.id for one in plan.enterprises), plan.site.id], marks, report)
    return tuple(sorted(tariffs, key=lambda tariff: (tariff.valid_from, tariff.id)))


def without_tariff(plan: ParkPlan, tariffs: tuple[Tariff, ...], today: date) -> tuple[Finding, ...]:
    """A finding for each enterprise without a tariff for today, where there are tariffs at all."""
    marks = {entry.id: entry.mark for entry in plan.accounts.tariffs}
    found = []
    for payer in [one.id for one in plan.enterprises] if tariffs else []:
        own = tariffs_of(tariffs, payer)
        if any(tariff.covers(today) for tariff in own):
            continue
        earlier = [tariff for tariff in own if tariff.valid_from <= today] or list(own)
        mark = marks[earlier[-1].id if earlier else tariffs[0].id]
        hint = "add the version that holds now" if own else "add one, or name it in `enterprises` of one"
        found.append(Finding(*mark, f"`{payer}` has no tariff for today, {today}", hint))
    return tuple(found)


def rates_of(tariffs: tuple[Tariff, ...], enterprise: str, interval_s: int, zone: str) -> Rates:
    """The prices of an enterprise, or of the park by the site's id, interval by interval."""
    place = ZoneInfo(zone)
    return Rates(tariffs_of(tariffs, enterprise), Grid(place, interval_s), place)


class _Compiler:
    def __init__(self, plan: ParkPlan, report: Report) -> None:
        self._report = report
        self._validator = Validator(Vault({}, Path(), report))
        self._payers = {*(one.id for one in plan.enterprises), plan.site.id}
        self._calendars = {one.name: _calendar(one) for one in plan.rules.calendars}
        self._interval_s = plan.accounts.energy.interval_s

    def tariff(self, entry: TariffEntry) -> Tariff | None:
        """The version, `None` after a problem."""
        model = self._validator.read(TariffModel, entry.body, of="tariff")
        if model is None:
            self._check_rest(entry)
            return None
        before = len(self._report.problems)
        if model.currency not in MINOR_DIGITS:
            hint = nearest(model.currency, MINOR_DIGITS) or "write an ISO 4217 code like `CNY`"
            self._error(entry, f"currency `{model.currency[:10]}` is not known", hint, "currency")
        self._check_payers(entry, model)
        calendar = self._calendar(entry, model)
        times = self._times(entry, model)
        if len(self._report.problems) > before:
            return None
        tariff = _tariff(model, times, calendar)
        for told in unusual(tariff):
            self._report.warn(_mark(entry, _as_written(entry, told.path)), told.message, told.hint)
        try:
            check_edges(tariff, self._interval_s)
        except ValueError as error:
            hint = "let periods begin where intervals begin, or make `energy.interval` shorter"
            self._error(entry, str(error), hint, "times")
            return None
        return tariff

    def _error(self, entry: TariffEntry, message: str, hint: str, *path: str | int) -> None:
        self._report.error(_mark(entry, path), message, hint)

    def _check_rest(self, entry: TariffEntry) -> None:
        """Names of a tariff whose form is wrong, which is told already."""
        for name in all_written(entry.body, "enterprises"):
            if name.text not in self._payers:
                self._report.error(name.mark, f"no enterprise `{name.text[:64]}`", nearest(name.text, self._payers))
        calendar = written(entry.body, "calendar")
        if calendar is not None and calendar.text not in self._calendars:
            self._no_calendar(entry, calendar.text)

    def _no_calendar(self, entry: TariffEntry, name: str) -> None:
        hint = nearest(name, self._calendars) or "write it under `calendars:`"
        self._error(entry, f"no calendar `{name[:64]}`", hint, "calendar")

    def _check_payers(self, entry: TariffEntry, model: TariffModel) -> None:
        named: list[tuple[str, tuple[str | int, ...]]] = []
        named += [(name, ("enterprises", place)) for place, name in enumerate(model.enterprises or ())]
        named += [
            (name, ("demand", "capacity_kva", name)) for name in (model.demand.capacity_kva if model.demand else ())
        ]
        for place, cost in enumerate(model.common):
            named += [(name, ("common", place, "weights", name)) for name in cost.weights]
        for name, path in named:
            if name not in self._payers:
                self._error(entry, f"no enterprise `{name[:64]}`", nearest(name, self._payers), *path)

    def _calendar(self, entry: TariffEntry, model: TariffModel) -> Calendar:
        if model.calendar is None:
            if any(one.days for one in model.times):
                what = f"tariff `{model.id}` has no calendar: working days are Monday to Friday, without holidays"
                self._report.warn(entry.mark, what, "write `calendar: name`, with `calendars: {name: {country: cn}}`")
            return Calendar()
        calendar = self._calendars.get(model.calendar)
        if calendar is None:
            self._no_calendar(entry, model.calendar)
            return Calendar()
        missing = calendar.missing_year(model.valid_to or model.valid_from)
        if missing is not None and any(one.days for one in model.times):
            what = f"calendar `{model.calendar}`: the holidays of {missing} are not known to this version"
            self._report.warn(entry.mark, what, "update the gateway, or write them under `holidays` and `workdays`")
        return calendar

    def _times(self, entry: TariffEntry, model: TariffModel) -> tuple[Times, ...]:
        """The periods; every month and kind of day must be in exactly one of them."""
        if not model.times:
            return self._without_times(entry, model)
        found: list[Times] = []
        taken: dict[tuple[int, DayType], int] = {}
        for place, one in enumerate(model.times):
            times = self._one(entry, model, place, one)
            for month in sorted(times.months):
                for kind in DayType:
                    if kind not in times.day_types:
                        continue
                    if (first := taken.setdefault((month, kind), place)) != place:
                        what = f"month {month}, {kind}: stands in entry {first + 1} and in entry {place + 1} of `times`"
                        self._error(entry, what, "every kind of day of every month stands in one", "times", place)
            found.append(times)
        lacking = [
            f"month {month}, {kind}" for month in sorted(_MONTHS) for kind in DayType if (month, kind) not in taken
        ]
        if lacking:
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            what = f"no periods for {'; '.join(lacking[:3])}{more}"
            self._error(entry, what, "add an entry under `times`; one without `months` and `days` is for all", "times")
        return tuple(found)

    def _without_times(self, entry: TariffEntry, model: TariffModel) -> tuple[Times, ...]:
        others = [band for band in model.prices if band != "flat"]
        price = model.price if model.price is not None else model.prices.get("flat")
        if others or price is None:
            self._error(entry, "prices of periods, but no `times` that say when they hold", "add `times`", "prices")
            return ()
        return (Times(_MONTHS, frozenset(DayType), whole_day((), Band.FLAT), ((Band.FLAT, price),)),)

    def _one(self, entry: TariffEntry, model: TariffModel, place: int, one: PeriodsModel) -> Times:
        written = [(start, end, Band(name)) for name in Band for start, end in map(parse_times, getattr(one, name))]
        spans: tuple[tuple[int, int, Band], ...] = ()
        try:
            spans = whole_day(written, Band(one.rest))
        except ValueError as error:
            self._error(entry, str(error), "periods do not overlap", "times", place)
        prices: Mapping[str, Decimal] = dict([*model.prices.items(), *one.prices.items()])
        used = [band for band in Band if any(span[2] is band for span in spans)]
        for band in used:
            if band.value not in prices:
                self._error(entry, f"no price for `{band}`", f"write it under `prices`: `{band}: 0.5`", "times", place)
        priced = tuple((band, prices[band.value]) for band in used if band.value in prices)
        kinds = frozenset(map(DayType, one.days)) or frozenset(DayType)
        return Times(frozenset(one.months) or _MONTHS, kinds, spans, priced)


def _tariff(model: TariffModel, times: tuple[Times, ...], calendar: Calendar) -> Tariff:
    demand = model.demand
    return Tariff(
        id=model.id,
        valid_from=model.valid_from,
        valid_to=model.valid_to,
        currency=model.currency,
        enterprises=tuple(model.enterprises or ()),
        times=times,
        calendar=calendar,
        names=model.name.names(),
        source=model.source,
        demand=None if demand is None else Demand(DemandBy(demand.by), demand.price, _weights(demand.capacity_kva)),
        power_factor=model.power_factor,
        funds=tuple(Charge(one.name.names(), one.per_kwh) for one in model.funds),
        fixed=tuple(Charge(one.name.names(), one.per_month) for one in model.fixed),
        common=tuple(
            CommonCost(one.name.names(), one.per_month, one.by, _weights(one.weights)) for one in model.common
        ),
        vat=None if model.vat is None else Vat(model.vat.percent, model.vat.included),
        self_use=model.self_use,
        feed_in=model.feed_in,
    )


def _weights(weights: Mapping[str, Decimal]) -> tuple[tuple[str, Decimal], ...]:
    return tuple(sorted(weights.items()))


def _check_versions(
    tariffs: tuple[Tariff, ...], payers: Iterable[str], marks: Mapping[int, Mark], report: Report
) -> None:
    """Gaps and overlaps of validity, for everybody who pays; each said once."""
    for payer in payers:
        for misfit in misfits(tariffs_of(tariffs, payer)):
            days = _days(misfit.first, misfit.last)
            mark, other = marks[id(misfit.later)], marks[id(misfit.earlier)]
            both = f"`{misfit.earlier.id}` ({other}) and `{misfit.later.id}`"
            if misfit.is_gap:
                report.error(mark, f"no tariff for {payer} on {days}, between {both}", "versions follow each other")
            else:
                what = f"two tariffs for {payer} on {days}: {both}"
                report.error(mark, what, "set `valid_to` of the earlier one to the day before the later one begins")


def _days(first: date, last: date | None) -> str:
    return f"{first}" if first == last else f"{first} to {last or 'further notice'}"


def _calendar(plan: CalendarPlan) -> Calendar:
    return site_calendar(plan.name, plan.weekend, plan.country, plan.holidays, plan.workdays)


def _as_written(entry: TariffEntry, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where the price of a period stands: with the period, or for all of them."""
    if path[0] != "times":
        return path
    marks = [_mark(entry, path[: len(path) - count]) for count in range(3)]
    if len(set(marks)) == len(marks):
        return path
    return ("price",) if "price" in entry.body.items else ("prices", path[-1])


def _mark(entry: TariffEntry, path: tuple[str | int, ...]) -> Mark:
    """The place of a part of an entry, as near as it is written."""
    node: Node = entry.body
    mark = entry.mark
    for part in path:
        if isinstance(node, MappingNode) and str(part) in node.items:
            mark = node.keys[str(part)]
            node = node.items[str(part)]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.entries):
            node = node.entries[part]
            mark = node.mark
    return mark
