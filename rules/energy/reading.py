"""What a meter's account is made of: readings of its register, and what an operator says about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

_EVIDENCE = "evidence: "  # in the canonical form


class Origin(StrEnum):
    """Where a register value comes from."""

    METER = "meter"
    FINAL = "final"  # an operator's event: the last value of the old register
    INITIAL = "initial"  # an operator's event: the first value of the new register


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a register, exact, as its shortest text says."""

    time_ns: int  # UTC
    value: Decimal  # in the register's unit, without CT/PT multiplier
    is_uncertain: bool = False
    is_conflicting: bool = False  # another value was given for the same instant
    origin: Origin = Origin.METER
    evidence: str = ""  # of an operator's event

    def __post_init__(self) -> None:
        if not self.value.is_finite():
            raise ValueError(f"a register value is a finite number, not {self.value}")

    @property
    def row(self) -> list[int | str]:
        """The canonical form: time, exact value, and what is special about it."""
        evidence = f"{_EVIDENCE}{self.evidence}" if self.evidence else ""
        marks = ("uncertain" * self.is_uncertain, "conflicting" * self.is_conflicting, evidence)
        return [self.time_ns, plain_text(self.value), self.origin.value, *filter(None, marks)]

    @classmethod
    def of_row(cls, row: Sequence[int | str]) -> "Reading":
        """The reading of a canonical form."""
        time_ns, value, origin, *marks = row
        is_uncertain, is_conflicting = "uncertain" in marks, "conflicting" in marks
        texts = [str(mark).removeprefix(_EVIDENCE) for mark in marks if str(mark).startswith(_EVIDENCE)]
        number = Decimal(str(value))
        return cls(int(time_ns), number, is_uncertain, is_conflicting, Origin(str(origin)), "".join(texts))


class EventKind(StrEnum):
    """What happened to a register."""

    EXCHANGE = "exchange"  # another meter
    RESET = "reset"  # the same meter, another register value


@dataclass(frozen=True, slots=True)
class Event:
    """An operator's statement: at this instant the register was exchanged or reset.

    `final` is the old register's last value, `initial` the new one's first; `None` where nobody wrote it down: the
    quantity between the readings around it is then missing.
    """

    time_ns: int  # UTC; a reading at this very instant is the new register's
    kind: EventKind
    final: Decimal | None = None
    initial: Decimal | None = None
    evidence: str = ""  # for people: number of the work order, name of the photo

    def __post_init__(self) -> None:
        for value in (self.final, self.initial):
            if value is not None and not value.is_finite():
                raise ValueError(f"a register value is a finite number, not {value}")

    @property
    def row(self) -> list[int | str | None]:
        """The canonical form; its place in order: an event comes before the reading of its instant."""
        final, initial = (None if value is None else plain_text(value) for value in (self.final, self.initial))
        return [self.time_ns, self.kind.value, final, initial, self.evidence]

    @classmethod
    def of_row(cls, row: Sequence[int | str | None]) -> "Event":
        """The event of a canonical form."""
        time_ns, kind, final, initial, evidence = row
        old, new = (None if value is None else Decimal(str(value)) for value in (final, initial))
        return cls(int(time_ns or 0), EventKind(str(kind)), old, new, str(evidence))


def plain_text(value: Decimal) -> str:
    """The one text of a number: no exponent, no trailing zeros, no negative zero."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def merge(one: Reading, other: Reading) -> Reading:
    """Two readings of one instant: the lower value, so that a doubt never makes a quantity larger by itself.

    The same in whatever order three or more are merged.
    """
    if one.value == other.value:
        is_conflicting = one.is_conflicting or other.is_conflicting
        return replace(one, is_uncertain=one.is_uncertain and other.is_uncertain, is_conflicting=is_conflicting)
    return replace(min(one, other, key=lambda reading: reading.value), is_conflicting=True)
