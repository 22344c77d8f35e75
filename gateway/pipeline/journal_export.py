"""The journal's way into the outbox: a cursor over its events, of which a kill may send the last ones again."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from gateway.core.alarm import AlarmEvent
from gateway.core.batch import Batch
from gateway.pipeline.alarm_export import EventBatches
from gateway.store.journal import JournalQuery

AT_ONCE = 100  # events in one turn of the loop

Read = Callable[[JournalQuery, int], Awaitable[list[AlarmEvent]]]


class JournalExport:
    """Copies what the journal has and the outbox has not."""

    def __init__(self, events: EventBatches, read: Read) -> None:
        self.safe_seq = 0  # everything up to this event is committed in the outbox
        self._events = events
        self._read = read
        self._store: Callable[[Batch], int | None] = lambda batch: None
        self._copied = 0  # seq: in the outbox, committed or not
        self._marks: deque[tuple[int, int]] = deque()  # position in the outbox, seq
        self._newest = 0  # seq of the last event that was stored in this run
        self._is_behind = True  # there may be events that the outbox has not got

    def connect(self, store: Callable[[Batch], int | None]) -> None:
        """`store` puts a batch into the outbox and says at which position (`None`: there is no room)."""
        self._store = store

    def resume(self, seq: int) -> None:
        """Go on behind this event."""
        self._copied = self.safe_seq = seq

    def noted(self, stored: Sequence[AlarmEvent]) -> bool:
        """These events are in the journal now. True where their numbers were given before: the file was replaced by
        its copy, which is older."""
        if not stored:
            return False
        is_older = stored[0].seq <= self._newest
        if is_older:
            self._marks.clear()
            self.resume(stored[0].seq - 1)
        self._newest = stored[-1].seq
        self._is_behind = True
        return is_older

    async def copy(self) -> None:
        """Copy what is missing. Raises Unavailable; what the outbox has no room for waits for the next time."""
        while self._is_behind:
            events = await self._read(JournalQuery(after=self._copied, oldest_first=True), AT_ONCE)
            for event in events:
                position = self._store(self._events.batch(event))
                if position is None:
                    return
                self._copied = event.seq
                self._marks.append((position, event.seq))
            self._is_behind = len(events) == AT_ONCE

    def on_durable(self, position: int) -> None:
        """The outbox has committed everything up to this position."""
        while self._marks and self._marks[0][0] <= position:
            self.safe_seq = self._marks.popleft()[1]
