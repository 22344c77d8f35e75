"""One unit behind an endpoint: whether it answers, and when it may be tried again. Pure: it is told the time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.core.device import Device

if TYPE_CHECKING:
    from drivers.modbus.poll import Poll


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something that fails is left alone."""

    retries: int  # failures that are forgiven
    backoff_s: float  # times the failures beyond them
    backoff_max_s: float

    def wait_s(self, failures: int) -> float:
        """Seconds until the next try: none while retries are left, then 2 s, 4 s, ... up to the longest."""
        return min(self.backoff_max_s, self.backoff_s * max(0, failures - self.retries))


@dataclass(slots=True, eq=False)
class Unit:
    """The state of one unit id at one endpoint. The same id at another endpoint is another unit."""

    id: int
    devices: list[Device] = field(default_factory=list)  # usually one
    polls: list["Poll"] = field(default_factory=list)
    needs_care: bool = True  # its next answer changes something: not heard yet, or failing
    has_answered: bool = False  # since the connection was made
    failures: int = 0  # in a row
    retry_at: float = 0.0  # monotonic
    is_reported: bool = False  # a fault of it stands
    waiting: dict["Poll", None] = field(default_factory=dict)  # became due while it failed; in order

    @property
    def is_failing(self) -> bool:
        """True where it is not polled but probed, one request at a time."""
        return self.failures > 0

    def fail(self, now: float, patience: Patience) -> bool:
        """One more failure; True where it now counts as down (no retry is left)."""
        self.failures += 1
        self.needs_care = True
        wait_s = patience.wait_s(self.failures)
        self.retry_at = now + wait_s
        return wait_s > 0

    def answer(self) -> None:
        """It answered: everything is forgiven."""
        self.failures = 0
        self.retry_at = 0.0
        self.has_answered = True
        self.needs_care = False


def next_probe(units: Iterable[Unit], now: float) -> Unit | None:
    """The failing unit whose turn it is: due, with something to read, the longest due first."""
    due = [unit for unit in units if unit.is_failing and unit.retry_at <= now and unit.waiting]
    return min(due, key=lambda unit: unit.retry_at, default=None)
