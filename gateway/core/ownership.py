"""Whose a device was when: what an enterprise may see of it, in time. Pure.

A device may go from one enterprise to another: a new tenant moves into the workshop, the meter stays. Each sees of the
device what lies in the time in which it was theirs, and who has it now sees nothing of the one before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

EVER_NS = 0
END_NS = 2**63 - 1
Bounds = tuple[int, int]
"""From a time up to before another (UTC, ns)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From here on (UTC, ns; `EVER_NS`: since ever) a device belongs to an enterprise, until the next stretch."""

    from_ns: int
    enterprise: str


Stretches = tuple[Stretch, ...]
"""Of one device, in order of time."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Of all devices. Those that are not in it have always been whose they are."""

    stretches: Mapping[str, Stretches] = field(default_factory=dict)  # by device id

    @property
    def is_plain(self) -> bool:
        """True where no device has ever moved."""
        return not self.stretches

    def since_ns(self, device: str) -> int:
        """Since when a device belongs to whom it belongs to now."""
        known = self.stretches.get(device)
        return known[-1].from_ns if known else EVER_NS

    def spans(self, device: str, enterprise: str, bounds: Bounds) -> list[Bounds]:
        """The parts of a time in which the device was this enterprise's, in order; none of them is empty."""
        known = self.stretches.get(device)
        if known is None:
            return [bounds] if bounds[0] < bounds[1] else []
        ends = [*(stretch.from_ns for stretch in known[1:]), bounds[1]]
        parts: list[Bounds] = []
        for stretch, end_ns in zip(known, ends, strict=True):
            from_ns, to_ns = max(stretch.from_ns, bounds[0]), min(end_ns, bounds[1])
            if stretch.enterprise != enterprise or from_ns >= to_ns:
                continue
            if parts and parts[-1][1] == from_ns:
                from_ns = parts.pop()[0]
            parts.append((from_ns, to_ns))
        return parts

    def moved_spans(self, enterprise: str) -> dict[str, list[Bounds]]:
        """Of every device that has moved, the times in which it was this enterprise's; perhaps none."""
        return {device: self.spans(device, enterprise, (EVER_NS, END_NS)) for device in self.stretches}

    def had(self, device: str, enterprise: str, time_ns: int) -> bool:
        """True where the device was this enterprise's at that time, or has never moved."""
        return bool(self.spans(device, enterprise, (time_ns, time_ns + 1)))


def ownership(rows: Iterable[tuple[str, int, str]]) -> Ownership:
    """Out of (device, from, enterprise), in order of time. What has been one enterprise's since ever is left out."""
    found: dict[str, list[Stretch]] = {}
    for device, from_ns, enterprise in rows:
        found.setdefault(device, []).append(Stretch(from_ns, enterprise))
    return Ownership(
        {device: tuple(known) for device, known in found.items() if len(known) > 1 or known[0].from_ns > EVER_NS}
    )


def moved(known: Stretches, enterprise: str, now_ns: int, written_ns: int | None = None) -> Stretches:
    """The stretches of a device that belongs to `enterprise` by the configuration now.

    `written_ns`: since when, where the configuration says so. It is taken where it lies behind the beginning of the
    stretch before: a line that was left from an earlier move must not give away what came after that one.
    """
    before = known[:-1] if known[-1].enterprise == enterprise else known
    if written_ns is not None and (not before or written_ns > before[-1].from_ns):
        return (*before, Stretch(written_ns, enterprise))
    if before is not known:
        return known
    return (*known, Stretch(max(now_ns, known[-1].from_ns + 1), enterprise))
