"""The notation of promtool for series of values: `700x5 850x20 _x3 700+10x4 bad`.

5         one sample
5x3       four samples: the value, and three more of it (as promtool counts)
5+2x3     5 7 9 11
5-2x3     5 3 1 -1
_  _x3    no sample; three times none
bad  badx3, stale, stalex3   samples that came and are bad (no answer, sensor fault)
true, false, "running"       switches and texts, also with x3
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from gateway.core.point import Value

MAX_SAMPLES = 100_000
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_TERM = re.compile(
    rf"""(?:(?P<number>{_NUMBER})(?:(?P<sign>[-+])(?P<step>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)))?
        |(?P<none>_)|(?P<bad>bad|stale)|(?P<switch>true|false)|"(?P<text>[^"]*)")(?:x(?P<times>[0-9]{{1,6}}))?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One place of a series: `value` is `None` where nothing came (`is_bad` false) or something bad did."""

    value: Value | None
    is_bad: bool = False

    @property
    def has_come(self) -> bool:
        """True where the place holds a sample, good or bad."""
        return self.value is not None or self.is_bad


class SeriesError(ValueError):
    """A series that cannot be read; `column` counts from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


def parse_series(text: str) -> list[Sample]:
    """The samples of a series. Raises SeriesError."""
    found: list[Sample] = []
    for match in re.finditer(r'(?:"[^"]*"|\S)+', text):
        term = _TERM.fullmatch(match[0])
        if term is None:
            raise SeriesError(f"`{match[0][:40]}` is no value of a series", match.start() + 1)
        times = int(term["times"] or 0)
        if len(found) + times + 1 > MAX_SAMPLES:
            raise SeriesError(f"more than {MAX_SAMPLES} samples", match.start() + 1)
        found += _samples(term, times)
    return found


def _samples(term: re.Match[str], times: int) -> Iterator[Sample]:
    if term["number"] is not None:
        yield from _numbers(term["number"], term["sign"], term["step"], times)
        return
    if term["none"] is not None:
        one = Sample(None)
        times = max(1, times) - 1 if term["times"] else 0
    elif term["bad"] is not None:
        one = Sample(None, is_bad=True)
    elif term["switch"] is not None:
        one = Sample(term["switch"] == "true")
    else:
        one = Sample(term["text"])
    for _ in range(times + 1):
        yield one


def _numbers(first: str, sign: str | None, step: str | None, times: int) -> Iterator[Sample]:
    """Decimal steps, so that 0.1+0.1x9 ends at 1 and not beside it; whole numbers stay whole."""
    start = Decimal(first)
    by = Decimal(step or 0) * (-1 if sign == "-" else 1)
    is_whole = re.fullmatch(r"[-+]?[0-9]+", first) is not None and (step is None or step.isdigit())
    for number in range(times + 1):
        value = start + by * number
        yield Sample(int(value) if is_whole else float(value))
