"""The local history as a sink: chunks into memory, a block to disk every minute, its query side as `reader`."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterable
from functools import partial
from math import ceil
from pathlib import Path

from drivers.history.client import Duck, Session
from drivers.history.config import DAY_S, SinkOptions
from drivers.history.files import Folder
from drivers.history.intake import only_rolled
from drivers.history.memory import Memory
from drivers.history.query import HistoryReader
from drivers.history.segment import DAY_NS
from drivers.history.store import Known, Limits, Store
from gateway.config.plan import SinkPlan
from gateway.core.batch import Chunk, Stream
from gateway.core.clock import Clock
from gateway.core.errors import ConfigError, Unavailable
from gateway.core.ports import Written

FOLDER = "history"  # below the directory that the gateway gives
_SKIPPED_CHUNKS = 1000  # of the newest chunks with samples that were not taken
_SLICE = 20_000  # samples taken in before the loop has its turn: about a millisecond
_MAX_BLOCK_BYTES = 12 * 2**20  # about 600,000 samples; a backlog is written in blocks of this size
_READ_TIMEOUT_S = 30.0
_WRITE_TIMEOUT_S = 120.0  # a worn SD card; the block is not given up, only the waiting


def build(plan: SinkPlan, directory: Path, clock: Clock) -> "HistorySink":
    """The history sink of a plan; its files are in `directory/history`."""
    if not isinstance(plan.options, SinkOptions):
        raise ConfigError(f"sink {plan.name}: these are not the options of a history")
    return HistorySink(plan.name, plan.options, directory / FOLDER, clock)


class HistorySink:
    """Keeps the newest block in memory until it is written; `durable_seq` follows the blocks.

    When a block cannot be written it stays in memory and no further chunk is taken, so memory is bounded and the rest
    waits in the outbox.
    """

    def __init__(self, name: str, options: SinkOptions, path: Path, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        self._memory = Memory()
        self._store = Store(Folder(path), self._memory)
        self.counts = self._store.counts
        self._duck = Duck(path, options.memory_limit)
        self.reader = HistoryReader(self._duck, self._store)
        self._limits = Limits(ceil(options.keep / DAY_S), ceil(options.keep_rollup / DAY_S / 30.4), options.max_size)
        self._lock = asyncio.Lock()
        self._writing: asyncio.Future[None] | None = None
        self._has_failed = False
        self._begun: float | None = None  # monotonic time of the block's first chunk
        self._before: dict[Stream, int] = {}  # what was delivered before this process took its first chunk
        self._stored: dict[tuple[int, Stream], Known] = {}  # by earlier processes, by day
        self._skipped: dict[tuple[Stream, int], Counter[str]] = {}  # said again when a chunk is sent again

    @property
    def findings(self) -> list[str]:
        """What a person should know: damaged files, roll-ups put off."""
        return list(self._store.findings)

    async def write(self, chunk: Chunk) -> Written:
        """Take a chunk into memory; writes the block before that when it is due. Raises `Unavailable`: not taken."""
        async with self._lock:
            if self._is_due():
                await self._write_block()
            self._before.setdefault(chunk.stream, chunk.seq - 1)
            if not self._memory.has_taken(chunk):
                await self._take(chunk)
            durable = self._durable(chunk.stream)
            skipped = self._skipped.get((chunk.stream, chunk.seq), Counter[str]())
            return Written(durable, skipped=skipped.copy())

    async def flush(self) -> dict[str, int]:
        """Write the block now; the durable seq per stream."""
        async with self._lock:
            if self._memory.spans or self._writing is not None:
                await self._write_block()
            return {stream.value: self._durable(stream) for stream in self._before}

    async def save(self, target: Path) -> None:
        """Copy every file to the new folder `target`, each whole, what is in memory included. Raises `Unavailable`."""
        await self.flush()
        await asyncio.to_thread(target.mkdir)
        for file in sorted(await asyncio.to_thread(self._store.folder.files)):
            await self._duck.run(partial(_copy, file, target / file.name), timeout_s=_WRITE_TIMEOUT_S)

    async def close(self) -> None:
        """Finish what is on the DuckDB thread and let go of the files. Does not flush."""
        await self._duck.close()
        self._store.folder.unlock()

    def _durable(self, stream: Stream) -> int:
        return self._store.durable.get(stream.value, self._before[stream])

    def _is_due(self) -> bool:
        if self._has_failed or self._writing is not None or self._memory.size >= _MAX_BLOCK_BYTES:
            return True
        return self._begun is not None and self._clock.monotonic() - self._begun >= self._options.block

    async def _take(self, chunk: Chunk) -> None:
        oldest_ns = self._clock.time_ns() - int(self._options.max_lateness * 1e9)
        stored, removed = await self._look_up(chunk, oldest_ns)
        intake = self._memory.intake()
        turn = 0
        for batch in chunk.batches:
            day = batch.time_ns // DAY_NS
            if batch.time_ns < oldest_ns:
                intake.skipped["late"] += batch.count
            elif day in removed:
                rolled = only_rolled(batch)
                if left := batch.count - rolled.count:
                    intake.skipped["late"] += left
                if rolled.count and day not in stored:
                    intake.append(rolled)
            elif day not in stored:
                intake.append(batch)
            turn += batch.count
            if turn >= _SLICE:
                turn = 0
                await asyncio.sleep(0)
        self._memory.adopt(chunk, intake, removed)
        self._begun = self._clock.monotonic() if self._begun is None else self._begun
        if intake.skipped:
            self._skipped[chunk.stream, chunk.seq] = intake.skipped
            if len(self._skipped) > _SKIPPED_CHUNKS:
                del self._skipped[next(iter(self._skipped))]

    async def _look_up(self, chunk: Chunk, oldest_ns: int) -> tuple[set[int], set[int]]:
        """The days of which this chunk's rows are on disk (it is sent again after a crash), and removed days."""
        days = [day for day in _days(chunk) if day >= oldest_ns // DAY_NS]
        unknown = [day for day in days if (day, chunk.stream) not in self._stored]
        if unknown:
            ask = partial(_known, self._store, unknown, chunk)
            found = await self._duck.run(ask, timeout_s=_READ_TIMEOUT_S)
            self._stored.update({(day, chunk.stream): one for day, one in found.items()})
        known = {day: self._stored[day, chunk.stream] for day in days}
        stored = {day for day, one in known.items() if any(span.holds(chunk) for span in one.spans)}
        return stored, {day for day, one in known.items() if one.is_removed}

    async def _write_block(self) -> None:
        """Raises `Unavailable` where the block is not on disk; it stays in memory and is tried with the next chunk."""
        self._has_failed = True
        if self._writing is None:
            self._writing = self._duck.submit(partial(_write, self._store, self._limits, self._clock.time_ns()))
        done, _ = await asyncio.wait({self._writing}, timeout=_WRITE_TIMEOUT_S)
        if not done:
            raise Unavailable(f"the history's disk took more than {_WRITE_TIMEOUT_S:g} s for a block", "check the disk")
        writing, self._writing = self._writing, None
        writing.result()
        self._has_failed = False
        self._begun = None
        newest = max((day for day, _ in self._stored), default=0)  # never removed; others are asked anew
        self._stored = {key: spans for key, spans in self._stored.items() if key[0] == newest}


def _days(chunk: Chunk) -> Iterable[int]:
    first, last = chunk.t_first_ns // DAY_NS, chunk.t_last_ns // DAY_NS
    return (first,) if first == last else sorted({batch.time_ns // DAY_NS for batch in chunk.batches})


def _known(store: Store, days: list[int], chunk: Chunk, session: Session) -> dict[int, Known]:
    return store.known(session, days, chunk.stream, chunk.seq)


def _write(store: Store, limits: Limits, now_ns: int, session: Session) -> None:
    store.write_block(session, limits, now_ns)


def _copy(file: Path, target: Path, _: Session) -> None:
    """On the DuckDB thread: between two pieces of work a file is complete, or its log is beside it."""
    try:
        for one in (file, file.with_name(f"{file.name}.wal")):
            if one.exists():
                shutil.copyfile(one, target.with_name(one.name))
    except FileNotFoundError:
        return  # its time was over meanwhile
    except OSError as error:
        raise Unavailable(f"{file} cannot be copied: {error.strerror or error}", "check the disk") from error
