"""One block of points that is read together: its requests, and what refusals taught about them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from drivers.modbus.config import PointAddress
from drivers.modbus.decode import Decoder
from drivers.modbus.plan import Field, Learned, Limits, Read, Refusal, merge
from drivers.modbus.request import Request
from drivers.modbus.unit import Unit
from gateway.core.batch import Block
from gateway.core.point import Point, Value
from gateway.core.quality import Quality

TRIED_AT_ONCE = 4  # pieces of a refused read tried in one cycle: a bad block never fills the line
REPROBE_S = 6 * 3600.0  # a register that was not there is tried again after this time


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What devices of one profile share about a block: points, where they are, how to read and decode them."""

    points: tuple[Point, ...]  # by address
    places: tuple[PointAddress, ...]
    read: Read  # positions are those of `points`
    limits: Limits
    decoder: Decoder

    @classmethod
    def of(cls, points: Sequence[Point], places: Sequence[PointAddress], read: Read, limits: Limits) -> "Layout":
        """The layout of a planned read, whose positions are those of `points` and `places`."""
        order = read.points
        position = {old: new for new, old in enumerate(order)}
        fields = tuple(replace(one, points=tuple(position[old] for old in one.points)) for one in read.fields)
        own_places = tuple(places[old] for old in order)
        decoder = Decoder(own_places, read.start)
        return cls(tuple(points[old] for old in order), own_places, Read(read.table, fields), limits, decoder)


class PollRead(Request):
    """A request of a poll; `positions` are the points it reads, `None` where it reads the whole block."""

    __slots__ = ("busy_tries", "decoder", "mask", "poll", "positions")

    def __init__(self, poll: "Poll", read: Read) -> None:
        super().__init__(poll.block.device.id, poll.unit.id, read)
        layout = poll.layout
        self.poll = poll
        self.busy_tries = 0
        self.positions: tuple[int, ...] | None = None
        self.mask: int | None = None
        self.decoder = layout.decoder
        if read.fields != layout.read.fields:
            self.positions = read.points
            self.mask = sum(1 << position for position in self.positions)
            self.decoder = Decoder([layout.places[one] for one in self.positions], read.start)

    def spread(
        self, values: tuple[Value | None, ...], quality: tuple[Quality, ...] | None
    ) -> tuple[tuple[Value | None, ...], tuple[Quality, ...] | None]:
        """Values of a part of the block at their positions in the whole block, `None` elsewhere."""
        assert self.positions is not None
        count = len(self.poll.block.points)
        all_values: list[Value | None] = [None] * count
        for position, value in zip(self.positions, values, strict=True):
            all_values[position] = value
        if quality is None:
            return tuple(all_values), None
        all_quality = [Quality.GOOD] * count
        for position, one in zip(self.positions, quality, strict=True):
            all_quality[position] = one
        return tuple(all_values), tuple(all_quality)


class Poll:
    """A block with its state: requests that work, pieces not tried yet, and what stands against it."""

    __slots__ = (
        "block", "failures", "is_bad", "is_reported", "layout", "learned", "needs_care", "outstanding", "proven",
        "reprobe_at", "retry_at", "unit", "untested",
    )  # fmt: skip

    def __init__(self, block: Block, layout: Layout, unit: Unit) -> None:
        self.block = block
        self.layout = layout
        self.unit = unit
        self.outstanding = 0  # requests of the cycle that are queued or under way
        self.needs_care = True  # its next answer, or its next turn, changes something
        self.is_bad: Quality | None = None  # handed in as bad as a whole, and nothing good since
        self.is_reported = False  # a fault of its points stands
        self.failures = 0  # refused with a device failure, in a row
        self.retry_at = 0.0  # monotonic: not before
        self.learned = Learned()
        self.reprobe_at = 0.0  # monotonic; 0: nothing is absent
        self.proven: list[PollRead] = [PollRead(self, layout.read)]
        self.untested: deque[PollRead] = deque()

    def turn(self, now: float) -> list[PollRead]:
        """The requests of this cycle."""
        if now < self.retry_at:
            return []
        if self.reprobe_at and now >= self.reprobe_at:
            self._try_absent_again()
        return [*self.proven, *list(self.untested)[:TRIED_AT_ONCE]]

    def settle(self) -> None:
        """After an answer: nothing needs care any more where everything was tried and nothing is absent."""
        self.failures = 0
        self.retry_at = 0.0
        self.needs_care = bool(self.untested or self.reprobe_at or self.is_bad is not None or self.is_reported)

    def prove(self, request: PollRead) -> tuple[Field, ...]:
        """A piece that was not tried yet works. When the last one does, the pieces are put together again.

        Returns the fields that were absent and are back.
        """
        if request not in self.untested:
            return ()
        self.untested.remove(request)
        self.proven.append(request)
        back = tuple(one for one in self.learned.absent if one in request.read.fields)
        if back:
            self.learned = self.learned.without(back)
            self.reprobe_at = self.reprobe_at if self.learned.absent else 0.0
        if not self.untested:
            self._plan_again()
        return back

    def refuse(self, request: PollRead, is_quantity: bool) -> tuple[Field, ...]:
        """The device has not (all of) these registers: cut the request in two, or give its only field up.

        Returns the fields that are given up by this: newly absent ones.
        """
        self.needs_care = True
        is_known = self._discard(request)
        fields = request.read.fields
        if not is_known:
            return ()
        if len(fields) > 1:
            refusal = Refusal(request.read.start, request.read.end, is_quantity)
            self.learned = replace(self.learned, refusals=(*self.learned.refusals, refusal))
            self.untested.extend(PollRead(self, half) for half in request.read.halves())
            return ()
        is_new = fields[0] not in self.learned.absent
        if is_new:
            self.learned = replace(self.learned, absent=(*self.learned.absent, fields[0]))
        if not self.untested:
            self._plan_again()
        return fields if is_new else ()

    def postpone_absent(self, now: float) -> None:
        """Set when absent fields are tried again."""
        self.reprobe_at = now + REPROBE_S if self.learned.absent else 0.0

    def _discard(self, request: PollRead) -> bool:
        """Take a request out of the plan; False where it is of an older one."""
        if request in self.untested:
            self.untested.remove(request)
            return True
        if request in self.proven:
            self.proven.remove(request)
            return True
        return False

    def _plan_again(self) -> None:
        """As few requests as possible with what was learned; those that are new are tried before they count."""
        wanted = [one for one in self.layout.read.fields if one not in self.learned.absent]
        reads = list(merge(self.layout.read.table, wanted, self.layout.limits, self.learned))
        known = {one.read: one for one in self.proven}
        if len(reads) >= len(known):
            return
        self.proven = [known[read] for read in reads if read in known]
        self.untested.extend(PollRead(self, read) for read in reads if read not in known)

    def _try_absent_again(self) -> None:
        self.reprobe_at = 0.0
        queued = {one.read.fields for one in self.untested}
        for absent in self.learned.absent:
            if (absent,) not in queued:
                self.untested.append(PollRead(self, Read(self.layout.read.table, (absent,))))
