"""How `park-gateway energy intervals` shows its result: a table for people, JSON, CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from gateway.api.csvlines import line
from gateway.cli import energy_check
from gateway.cli.console import print_line, print_table
from gateway.cli.energy import Request, Samples
from rules.energy.account import recount
from rules.energy.crosscheck import Deviation
from rules.energy.grid import Span
from rules.energy.marks import REFUSALS, Finding, Mark
from rules.energy.quantity import IntervalQuantity, Method, Shares
from rules.energy.reading import plain_text
from rules.energy.totals import Total, total_of

LONGEST_BLANK = 4  # longer runs of missing intervals are shown in one row
_NS = 1_000_000_000
COLUMNS = ("from", "to", "quantity", "measured", "estimated", "missing", "method", "flags")
CSV_COLUMNS = (
    "tag", "from", "to", "quantity", "known", "unit", "measured", "estimated", "missing", "method", "flags",
    "provisional", "hash",
)  # fmt: skip
_SAYS = {
    Mark.FIRST_READING: "the first reading: nothing is known before it",
    Mark.GAP: "no readings in between: the quantity is measured, its distribution is estimated",
    Mark.ROLLOVER: "the register went over its end",
    Mark.TRANSIENT: "lower than before, and the level came back",
    Mark.IMPLAUSIBLE: "more than the rated flow allows",
    Mark.SPIKE: "the readings fell back to the level before",
    Mark.RESET: "the register began again at a lower level: what flowed in between is missing",
    Mark.JUMP: "the register leapt to a level that no flow explains: what flowed in between is missing",
    Mark.EXCHANGE: "the meter was exchanged",
    Mark.OPERATOR_RESET: "the register was reset",
    Mark.FINAL_UNFIT: "the last value of the old register does not follow its readings: not taken",
    Mark.MULTIPLIER: "another multiplier holds",
}
_WAITS = "does not follow: counts nothing until the old level comes back, or three rising readings make it a new one"


@dataclass(frozen=True, slots=True)
class Account:
    """One counter over the range."""

    tag: str
    unit: str
    intervals: list[IntervalQuantity]
    total: Total
    doubts: list[Finding]  # readings at the end that do not follow those before
    ignored: int  # samples that say nothing
    is_checked: bool
    deviation: Deviation | None  # of the integral of power


def account_of(asked: Request, tag: str, samples: dict[str, Samples]) -> Account:
    """Its intervals and their total."""
    spec, meter = asked.specs[tag], asked.meters.get(tag)
    events = meter.happened(asked.zone) if meter else []
    found = recount(spec, asked.grid, [*samples[tag].readings, *events], asked.span)
    doubts = [doubt for doubt in found.doubts.listed if doubt.time_ns < asked.span.end_ns]
    power = asked.powers.get(tag)
    checked = energy_check.check(found.intervals, samples[power.tag].readings, power) if power else None
    total, ignored = total_of(found.intervals), samples[tag].ignored
    return Account(tag, spec.accounted_unit, found.intervals, total, doubts, ignored, power is not None, checked)


def show(accounts: list[Account], asked: Request) -> None:
    """A table for each counter, its total and its findings."""
    for account in accounts:
        print_line(f"{account.tag}, {account.unit or 'no unit'}, {asked.zone.key}")
        rows = _rows(account.intervals, asked.zone)
        total = account.total
        end = ["total", "", amount(total.quantity, total.known), *_percents(total.shares), "", ""]
        print_table(COLUMNS, [*rows, end])
        for interval in account.intervals:
            for finding in interval.findings:
                print_line(told(finding, asked.zone))
            if interval.more_findings:
                print_line(f"{local(interval.span.start_ns, asked.zone)}: {interval.more_findings} more findings")
        for doubt in account.doubts:
            print_line(f"waiting: register {_course(doubt, asked.zone)}; {_WAITS}")
        if account.ignored:
            print_line(f"samples without a value, ignored: {account.ignored}")
        if account.is_checked:
            print_line(energy_check.told(account.deviation, account.unit))
        print_line("")


def _rows(intervals: list[IntervalQuantity], zone: ZoneInfo) -> list[list[str]]:
    """A row for each interval; one for a run of intervals about which nothing is known and nothing is to be said."""
    rows: list[list[str]] = []
    for is_blank, run in groupby(intervals, key=lambda one: one.method is Method.MISSING and not one.marks):
        together = list(run)
        if is_blank and len(together) > LONGEST_BLANK:
            begin, end = local(together[0].span.start_ns, zone), local(together[-1].span.end_ns, zone)
            rows.append([begin, end, "-", "0 %", "0 %", "100 %", Method.MISSING, f"{len(together)} intervals"])
        else:
            rows += [_row(interval, zone) for interval in together]
    return rows


def _row(interval: IntervalQuantity, zone: ZoneInfo) -> list[str]:
    flags = " ".join((*interval.marks, *(["provisional"] if interval.is_provisional else [])))
    begin, end = (local(moment, zone) for moment in (interval.span.start_ns, interval.span.end_ns))
    return [
        begin,
        end,
        amount(interval.quantity, interval.known),
        *_percents(interval.shares),
        interval.method,
        flags,
    ]


def amount(quantity: Decimal | None, known: Decimal | None) -> str:
    """A quantity, else what is known of it, else a dash; never a zero for what is missing."""
    if quantity is not None:
        return plain_text(quantity)
    return "-" if known is None else f"at least {plain_text(known)}"


def _percents(shares: Shares) -> list[str]:
    return [f"{plain_text(share * 100)} %" for share in shares]


def local(time_ns: int, zone: ZoneInfo) -> str:
    """Local time with its offset: an hour that comes twice can be told apart."""
    return datetime.fromtimestamp(time_ns // _NS, zone).isoformat(sep=" ", timespec="minutes")


def told(finding: Finding, zone: ZoneInfo) -> str:
    """A finding as a line, with the raw values that it is about."""
    kind = "refused" if finding.mark in REFUSALS else "finding"
    evidence = finding.readings[-1].evidence
    text = _SAYS.get(finding.mark, finding.mark.value) + (f" ({evidence})" if evidence else "")
    return f"{kind} {finding.mark}: register {_course(finding, zone)}; {text}"


def _course(finding: Finding, zone: ZoneInfo) -> str:
    moments = (datetime.fromtimestamp(reading.time_ns // _NS, zone) for reading in finding.readings)
    values = (plain_text(reading.value) for reading in finding.readings)
    return " -> ".join(
        f"{value} at {moment.isoformat(sep=' ', timespec='seconds')}"
        for value, moment in zip(values, moments, strict=True)
    )


def as_document(account: Account, asked: Request) -> dict[str, Any]:
    """JSON: numbers of the account as texts, times with their offset, the deciding readings, the hash."""
    total = account.total
    return {
        "tag": account.tag,
        "unit": account.unit,
        "timezone": asked.zone.key,
        "step_s": asked.grid.step_s,
        **_span(asked.span, asked.zone),
        "total": {"quantity": _text(total.quantity), "known": _text(total.known), **_shares(total.shares)},
        "doubts": [doubt.row for doubt in account.doubts],
        "ignored_samples": account.ignored,
        "check": energy_check.as_document(account.deviation),
        "declaration": asked.specs[account.tag].canonical,
        "intervals": [as_interval(interval, asked.zone) for interval in account.intervals],
    }


def as_interval(interval: IntervalQuantity, zone: ZoneInfo) -> dict[str, Any]:
    """One interval: numbers as texts."""
    return {
        **_span(interval.span, zone),
        "quantity": _text(interval.quantity),
        "known": _text(interval.known),
        **_shares(interval.shares),
        "method": interval.method,
        "flags": list(interval.marks),
        "provisional": interval.is_provisional,
        "findings": [finding.row for finding in interval.findings],
        "more_findings": interval.more_findings,
        "readings": [reading.row for reading in interval.readings],
        "multipliers": [list(version) for version in interval.multipliers],
        "hash": interval.hash,
    }


def _span(span: Span, zone: ZoneInfo) -> dict[str, str]:
    begin, end = (datetime.fromtimestamp(moment // _NS, zone).isoformat() for moment in (span.start_ns, span.end_ns))
    return {"from": begin, "to": end}


def _text(quantity: Decimal | None) -> str | None:
    return None if quantity is None else str(quantity)


def _shares(shares: Shares) -> dict[str, str]:
    return {name: str(share) for name, share in zip(Shares._fields, shares, strict=True)}


def csv_lines(accounts: list[Account], asked: Request) -> Iterator[bytes]:
    """CSV, one line per interval; text that a spreadsheet would take for a formula is disarmed."""
    yield line(CSV_COLUMNS)
    for account in accounts:
        for interval in account.intervals:
            begin, end = _span(interval.span, asked.zone).values()
            yield line(
                [
                    account.tag,
                    begin,
                    end,
                    interval.quantity,
                    interval.known,
                    account.unit,
                    *interval.shares,
                    interval.method.value,
                    " ".join(interval.marks),
                    "yes" if interval.is_provisional else "no",
                    interval.hash,
                ]
            )
