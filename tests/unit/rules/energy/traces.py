"""Traces with everything that a meter can do wrong, drawn by hypothesis."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from tests.unit.rules.energy.oracle import Trace

START_S = 1_700_000_000
MODULUS = Fraction(2**32, 1000)
steps = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 900)), min_size=5, max_size=8)
MISHAPS = (
    "none",
    "zero",
    "zeros",
    "low",
    "spike",
    "spikes",
    "gap",
    "reset",
    "exchange",
    "unnoted exchange",
    "still",
    "rollover",
    "garbage",
)


def _mishap(draw: st.DrawFn, trace: Trace, kind: str) -> None:
    if kind == "gap":
        trace.pass_time(draw(st.integers(1000, 8000)), draw(st.integers(0, 5000)))
    elif kind == "reset":
        trace.start_again(int(trace.register) // 2)
    elif kind.endswith("exchange"):
        trace.pass_time(60, 11)
        trace.exchange(draw(st.integers(100_000, 2_000_000)), is_noted=kind == "exchange")
    elif kind == "rollover":
        trace.pass_time(60, 11)
        trace.exchange(4_294_967)
        trace.count([(draw(st.integers(1, 900)), 200) for _ in range(6)])  # over the end with the second of them
        trace.exchange(500_000)  # so that what comes is far from the register's start
    elif kind == "still":
        trace.count([(draw(st.integers(1, 3000)), 0) for _ in range(3)])
    elif kind != "none":
        values = {
            "zero": [0],
            "zeros": [0] * draw(st.integers(2, 12)),
            "low": [5, 7],
            "spike": [2**31],
            "garbage": [Decimal("4294967.295")],  # all bits set
            "spikes": [2**31, 2**31 + 1, 2**31 + 1],
        }[kind]
        for value in values:
            trace.pass_time(7, 3)
            trace.lie(Decimal(value))


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """A register that mostly counts; after every mishap it counts on for five readings at the least."""
    trace = Trace(modulus=MODULUS, time_ns=(START_S + draw(st.integers(0, 900))) * 1_000_000_000)
    trace.offset = Fraction(-100_000 - draw(st.integers(0, 999)))
    trace.read()
    trace.count(draw(steps))
    for kind in draw(st.lists(st.sampled_from(MISHAPS), max_size=3)):
        _mishap(draw, trace, kind)
        trace.count(draw(steps))
    return trace
