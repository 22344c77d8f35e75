"""What people and the pipeline hear when something stops answering or answers again: once per change, in words."""

import logging
from collections.abc import Iterable, Sequence

from drivers.modbus.plan import Field
from drivers.modbus.poll import Poll
from drivers.modbus.unit import Unit
from gateway.core.batch import Batch
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.core.ports import Counts, Fault, Intake
from gateway.core.quality import Quality

logger = logging.getLogger(__name__)


class Report:
    """Speaks for one endpoint to the intake of one run."""

    def __init__(self, name: str, endpoint: str, *, intake: Intake, clock: Clock, counts: Counts) -> None:
        self._name = name  # the connection's
        self._endpoint = endpoint  # as a person reads it
        self._intake = intake
        self._clock = clock
        self._counts = counts

    def hand_in(self, batch: Batch) -> None:
        """Give a batch to the pipeline; one that it has no room for is counted and gone."""
        if self._intake.accept(batch) is None:
            self._counts["refused"] += 1

    def unit_down(self, unit: Unit, quality: Quality, what: str, others: Sequence[Unit]) -> None:
        """A unit has no retry left: its blocks become bad, its devices get a fault."""
        for poll in unit.polls:
            self._all_bad(poll, quality)
        if unit.is_reported:
            return
        unit.is_reported = True
        logger.warning('unit_down connection=%s unit=%d reason="%s"', self._name, unit.id, what)
        message = f"{what} from {self._endpoint}, unit {unit.id}{_others_text(others)}"
        hint = _unit_hint(unit, quality, others)
        if self._counts["late_answers"]:
            hint += "; some answers on this line came late: try a longer timeout"
        self._fault(unit, quality, message, hint)

    def unit_up(self, unit: Unit) -> None:
        """A unit answers (again)."""
        if not unit.is_reported:
            return
        unit.is_reported = False
        logger.info("unit_up connection=%s unit=%d", self._name, unit.id)
        for device in unit.devices:
            self._intake.fault(device.id, None)

    def line_down(self, units: Iterable[Unit], error: Unavailable) -> None:
        """The line is gone or cannot be had: every point is bad, once."""
        for unit in units:
            for poll in unit.polls:
                if poll.is_bad is None:
                    self._all_bad(poll, Quality.BAD_DISCONNECTED)
            unit.needs_care = True
            if not unit.is_reported:
                unit.is_reported = True
                self._fault(unit, Quality.BAD_DISCONNECTED, error.message, error.hint)

    def poll_down(self, poll: Poll, quality: Quality, what: str) -> None:
        """The unit answers, but fails on this block."""
        self._all_bad(poll, quality)
        if poll.is_reported:
            return
        poll.is_reported = True
        block = poll.block
        names = tuple(point.name for point in block.points)
        logger.warning('block_down connection=%s device=%s reason="%s"', self._name, block.device.id, what)
        message = f"{what} from {self._endpoint}, unit {poll.unit.id}, for {poll.layout.read.table} {_span(poll)}"
        fault = Fault(
            block.device.id, self._clock.time_ns(), quality, message, names, "see the device's own diagnostics"
        )
        self._intake.fault(block.device.id, fault, names)

    def poll_up(self, poll: Poll) -> None:
        """The block is read again."""
        if poll.is_bad is not None and poll.learned.absent:
            self._absent_bad(poll, poll.learned.absent)
        poll.is_bad = None
        if poll.is_reported:
            poll.is_reported = False
            names = tuple(point.name for point in poll.block.points)
            self._intake.fault(poll.block.device.id, None, names)

    def points_absent(self, poll: Poll, fields: Sequence[Field], what: str) -> None:
        """The device has no such registers: those points are bad, and only those."""
        block, now_ns = poll.block, self._clock.time_ns()
        self._absent_bad(poll, fields)
        names = tuple(block.points[one].name for field in fields for one in field.points)
        where = ", ".join(f"{poll.layout.read.table} {field.start}" for field in fields)
        logger.warning('register_absent connection=%s device=%s at="%s"', self._name, block.device.id, where)
        message = f"{what} from {self._endpoint}, unit {poll.unit.id}, for {where}: the device has no such register"
        hint = "check table, address (zero-based) and the profile against the device's manual"
        fault = Fault(block.device.id, now_ns, Quality.BAD_NO_REGISTER, message, names, hint)
        self._intake.fault(block.device.id, fault, names)

    def points_back(self, poll: Poll, fields: Sequence[Field]) -> None:
        """Registers that were absent are there now."""
        names = tuple(poll.block.points[one].name for field in fields for one in field.points)
        self._intake.fault(poll.block.device.id, None, names)

    def _absent_bad(self, poll: Poll, fields: Sequence[Field]) -> None:
        positions = {one for field in fields for one in field.points}
        count = len(poll.block.points)
        quality = tuple([Quality.BAD_NO_REGISTER if one in positions else Quality.GOOD for one in range(count)])
        mask = sum(1 << position for position in positions)
        self.hand_in(Batch(poll.block, (None,) * count, self._clock.time_ns(), quality, mask))

    def _all_bad(self, poll: Poll, quality: Quality) -> None:
        poll.needs_care = True
        if poll.is_bad is quality:
            return
        poll.is_bad = quality
        count = len(poll.block.points)
        self.hand_in(Batch(poll.block, (None,) * count, self._clock.time_ns(), (quality,) * count))

    def _fault(self, unit: Unit, quality: Quality, message: str, hint: str) -> None:
        now_ns = self._clock.time_ns()
        for device in unit.devices:
            self._intake.fault(device.id, Fault(device.id, now_ns, quality, message, (), hint))


def _span(poll: Poll) -> str:
    return f"{poll.layout.read.start} to {poll.layout.read.end - 1}"


def _others_text(others: Sequence[Unit]) -> str:
    if not others:
        return ""
    answering = sum(1 for unit in others if unit.has_answered and not unit.is_failing)
    return f"; {answering} of the {len(others)} other units on this line answer"


def _unit_hint(unit: Unit, quality: Quality, others: Sequence[Unit]) -> str:
    if quality is Quality.BAD_GATEWAY_PATH:
        return "the gateway answers in its place: check the unit's power and cable and the gateway's routing"
    if any(one.has_answered and not one.is_failing for one in others):
        return f"the line works: check the unit's power and cable, and that its unit id is {unit.id}"
    if others:
        return "no unit on this line answers: check the line, the gateway's serial settings and its power"
    return f"check the device's power and that its unit id is {unit.id}"
