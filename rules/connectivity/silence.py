"""When a device fell silent, and from when on that is an outage."""

from dataclasses import dataclass, replace

from rules.connectivity.reason import Reason


@dataclass(frozen=True, slots=True)
class Outage:
    """A silence longer than the device's values stay fresh."""

    device: str  # id
    from_ns: int  # UTC: its last answer, or the start of the gateway
    to_ns: int | None  # UTC; None: it goes on. By the steady clock: a step of the clock makes no outage longer
    reason: Reason
    message: str = ""  # what the driver said, in English
    down_ns: int = 0  # of this time the gateway itself did not run


class Silence:
    """Of one device. It is told steady time (never steps) for lengths and UTC for what people read."""

    __slots__ = ("_device", "_from_ns", "_limit_ns", "_since_ns", "open")

    def __init__(self, device: str) -> None:
        self._device = device
        self._limit_ns = 0
        self._from_ns = 0
        self._since_ns: int | None = None  # steady
        self.open: Outage | None = None

    @property
    def is_quiet(self) -> bool:
        """True since the device was last noticed to say nothing."""
        return self._since_ns is not None

    def limit(self, stale_after_ns: int) -> None:
        """A block goes stale after this time: the shortest of them is the device's."""
        self._limit_ns = min(self._limit_ns or stale_after_ns, stale_after_ns)

    def resume(self, outage: Outage, now_ns: int, steady_ns: int) -> None:
        """Go on with an outage of before the gateway's start."""
        self.open = outage
        self._from_ns = outage.from_ns
        self._since_ns = steady_ns - max(0, now_ns - outage.from_ns)

    def begin(self, now_ns: int, steady_ns: int, age_ns: int) -> None:
        """It says nothing since `age_ns`; nothing changes where that is known."""
        if self._since_ns is None:
            self._from_ns = now_ns - age_ns
            self._since_ns = steady_ns - age_ns

    def check(self, steady_ns: int, reason: Reason, message: str) -> Outage | None:
        """The outage that this silence has become just now, or whose reason is known only now."""
        if self._since_ns is None:
            return None
        if self.open is None:
            if steady_ns - self._since_ns > self._limit_ns:
                self.open = Outage(self._device, self._from_ns, None, reason, message)
                return self.open
        elif message and not self.open.message:
            self.open = replace(self.open, reason=reason, message=message)
            return self.open
        return None

    def end(self, steady_ns: int, reason: Reason, message: str) -> Outage | None:
        """It is heard; returns the outage that ended by this, `None` where the silence was none."""
        if self._since_ns is None:
            return None
        self.check(steady_ns, reason, message)
        ended, self.open = self.open, None
        length_ns = steady_ns - self._since_ns
        self._since_ns = None
        return None if ended is None else replace(ended, to_ns=ended.from_ns + length_ns)
