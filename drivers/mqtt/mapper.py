"""From payload bytes to batches: the compiled extraction plan of each block. Pure: time is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from drivers.mqtt.path import ABSENT
from drivers.mqtt.times import TimeRule
from drivers.mqtt.values import Find, Read, ReadAll
from gateway.core.batch import Batch, Block
from gateway.core.ports import Reading
from gateway.core.quality import Quality

MAX_RECORDS = 1000  # of one payload: more would hold the loop for longer than 5 ms
_VALUES = frozenset({float, int, bool, str})


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How one block is read from a document; `finds[i]` and `reads[i]` belong to `block.points[i]`."""

    block: Block
    finds: tuple[Find, ...]
    reads: tuple[Read, ...]
    read_all: ReadAll  # what all `reads` give where every value is simply good
    time: TimeRule
    takes_scalar: bool  # a point is the whole payload, which then may be bare text
    takes_array: bool  # a path starts with a position: an array is one record, not many

    def record(self, record: Any, received_ns: int, *, is_retained: bool) -> Batch | None:
        """The batch of one record; `None` where it holds none of the points."""
        time_ns, has_time = self.time.read(record, received_ns)
        if time_ns is not None and (good := self.read_all(record)) is not None:
            return Batch(self.block, good, time_ns)
        values = [read(record) for read in self.reads]
        marked = [i for i, value in enumerate(values) if type(value) not in _VALUES]
        if not marked and time_ns is not None:
            return Batch(self.block, tuple(values), time_ns)
        flag = Quality.GOOD if time_ns is not None else _without_time(has_time=has_time, is_retained=is_retained)
        return self._marked(values, marked, received_ns if time_ns is None else time_ns, flag)

    def _marked(self, values: list[Any], marked: list[int], time_ns: int, flag: Quality) -> Batch | None:
        """The batch of a record in which something is absent, bad or uncertain."""
        quality = [flag] * len(values)
        present = (1 << len(values)) - 1
        for i in marked:
            value = values[i]
            if value is ABSENT:
                present &= ~(1 << i)
                values[i], quality[i] = None, Quality.GOOD
            else:
                values[i], quality[i] = value[0], max(flag, value[1])
        if not present:
            return None
        is_good = not any(quality)
        is_whole = present == (1 << len(values)) - 1
        return Batch(
            self.block, tuple(values), time_ns, None if is_good else tuple(quality), None if is_whole else present
        )


def _without_time(*, has_time: bool, is_retained: bool) -> Quality:
    if is_retained:
        return Quality.UNCERTAIN_RETAINED
    return Quality.UNCERTAIN_TIME if has_time else Quality.GOOD


def read_payload(
    plans: Sequence[Plan], payload: bytes, received_ns: int, *, is_retained: bool = False
) -> tuple[list[Batch], str]:
    """All batches that a message holds for these plans, and what was wrong with it (empty: nothing). Never raises."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        document = _bare_text(plans, payload)
        if document is None:
            return [], f"not JSON: {error}" if payload else "empty payload"
        plans = [plan for plan in plans if plan.takes_scalar]
    if type(document) is list:
        return _from_array(plans, document, received_ns, is_retained=is_retained)
    if len(plans) == 1:
        batch = plans[0].record(document, received_ns, is_retained=is_retained)
        return ([], _NOTHING) if batch is None else ([batch], "")
    found = [plan.record(document, received_ns, is_retained=is_retained) for plan in plans]
    batches = [batch for batch in found if batch is not None]
    return batches, "" if batches else _NOTHING


_NOTHING = "it holds none of the configured points"


def _bare_text(plans: Sequence[Plan], payload: bytes) -> str | None:
    """A payload like `on` or `21.5 ` as text, where a plan takes such; JSON numbers never get here."""
    if not payload or not any(plan.takes_scalar for plan in plans):
        return None
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def _from_array(
    plans: Sequence[Plan], documents: list[Any], received_ns: int, *, is_retained: bool
) -> tuple[list[Batch], str]:
    """An array of records, each with its own time: `[{"ts": ..., "values": {...}}, ...]`."""
    batches: list[Batch] = []
    for plan in plans:
        for record in [documents] if plan.takes_array else documents[:MAX_RECORDS]:
            batch = plan.record(record, received_ns, is_retained=is_retained)
            if batch is not None:
                batches.append(batch)
    if len(documents) > MAX_RECORDS and not all(plan.takes_array for plan in plans):
        return batches, f"{len(documents):,} records in one payload: only the first {MAX_RECORDS:,} were taken"
    return batches, "" if batches else _NOTHING


def readings(plan: Plan, payload: bytes, names: frozenset[str]) -> tuple[Reading, ...]:
    """The points of a message as a person reads them (all: `names` empty), those that it holds."""
    try:
        document: Any = orjson.loads(payload)
    except orjson.JSONDecodeError:
        document = _bare_text([plan], payload)
    if type(document) is list and document and not plan.takes_array:
        document = document[-1]
    found = [
        _reading(point.name, find(document), read(document))
        for point, find, read in zip(plan.block.points, plan.finds, plan.reads, strict=True)
        if not names or point.name in names
    ]
    return tuple(reading for reading in found if reading is not None)


def _reading(name: str, raw: Any, value: Any) -> Reading | None:
    if value is ABSENT:
        return None
    typed, quality = value if type(value) is tuple else (value, Quality.GOOD)
    return Reading(name, orjson.dumps(raw).decode(), typed, quality)
