"""An interval whose quantity people set, with their reason on record: a statement, so all of its time is estimated."""

from dataclasses import replace

from rules.energy.allocation import from_micro
from rules.energy.quantity import CANON, IntervalQuantity, Method, digest_of


def corrected(interval: IntervalQuantity, micro: int, record: str) -> IntervalQuantity:
    """The interval with another quantity, micro-units; the readings that decided the first one stay with it."""
    quantity = from_micro(micro)
    document = {"canon": CANON, "corrects": interval.hash, "quantity": str(quantity), "record": record}
    return replace(
        interval,
        quantity=quantity,
        known=quantity,
        method=Method.CORRECTED,
        measured_ns=0,
        estimated_ns=interval.span.end_ns - interval.span.start_ns,
        hash=digest_of(document),
    )
