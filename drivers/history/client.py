"""DuckDB on one thread of its own. The only file that imports duckdb.

A file is attached for one piece of work and detached after it. That costs a few milliseconds a minute, gives DuckDB's
buffers and row-group directory back at once, and leaves every file complete between two pieces of work.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from drivers.history.arrow import ColumnStream
from gateway.core.errors import GatewayError, Unavailable

T = TypeVar("T")
Row = tuple[Any, ...]

_FETCH_ROWS = 500  # rows turned into Python objects while the interpreter lock is held
_DAMAGE = ("not a valid DuckDB database", "Could not read enough bytes", "Corrupt database file", "checksum")


class Damaged(GatewayError):
    """A file cannot be read as what it should be."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name} is damaged: {reason}")
        self.path = path


@dataclass(slots=True, eq=False)
class _Ticket:
    """One piece of work in the queue."""

    is_given_up: bool = False


class Session:
    """What one piece of work may do with DuckDB, on its thread."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", ticket: _Ticket) -> None:
        self._connection = connection
        self._ticket = ticket
        self.is_broken = False  # the connection must be replaced

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement; the rows it gives."""
        if self._ticket.is_given_up:
            raise Unavailable("the history's answer is no longer waited for")
        cursor = self._connection.execute(sql, list(parameters))
        rows: list[Row] = []
        while part := cursor.fetchmany(_FETCH_ROWS):
            rows += part
        return rows

    @contextmanager
    def attached(self, path: Path, alias: str, *, read_only: bool) -> Iterator[None]:
        """A file under a name. Raises `Damaged` where it, or what is read from it inside the block, is not whole, and
        `Unavailable` for every other trouble of DuckDB's."""
        name = str(path).replace("'", "''")
        options = " (READ_ONLY)" if read_only else ""
        try:
            self._connection.execute(f"ATTACH '{name}' AS {alias}{options}")
            try:
                yield
            finally:
                self._detach(alias)
        except duckdb.Error as error:
            if not is_damage(error):
                raise self.unavailable(error) from error
            raise Damaged(path, first_line(error)) from error

    def _detach(self, alias: str) -> None:
        try:
            self._connection.execute(f"DETACH {alias}")
        except duckdb.Error as error:  # e.g. the checkpoint found no space: what was committed is in the WAL
            self.is_broken = True
            if is_damage(error):
                raise
            raise Unavailable(f"the history could not close a file: {first_line(error)}", hint_for(error)) from error

    def unavailable(self, error: "duckdb.Error") -> Unavailable:
        """What to raise for an error that is no damage. The connection is used no more: nothing of it may linger."""
        self.is_broken |= not isinstance(error, duckdb.InterruptException)
        return Unavailable(f"the history is not available: {first_line(error)}", hint_for(error))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block's statements or none."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._rollback()
            raise
        self._connection.execute("COMMIT")

    def _rollback(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.Error:  # the failed statement has ended the transaction
            return

    @contextmanager
    def columns(self, name: str, stream: ColumnStream) -> Iterator[None]:
        """Arrays under a table's name, read in place."""
        self._connection.register(name, stream)
        try:
            yield
        finally:
            self._connection.unregister(name)


class Duck:
    """The thread, its DuckDB instance, and the order of work on it."""

    def __init__(self, directory: Path, memory_limit: int) -> None:
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "threads": "1",
            "memory_limit": f"{memory_limit // 2**20}MiB",
            "temp_directory": str(directory / "tmp"),
            "max_temp_directory_size": "1GiB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()  # around `_running` and interrupts, microseconds each
        self._running: _Ticket | None = None
        self._is_closed = False

    def submit(self, work: Callable[[Session], T]) -> "asyncio.Future[T]":
        """Put work in the queue; it runs to its end even if nobody waits for it any more."""
        return self._submit(_Ticket(), work)

    async def run(self, work: Callable[[Session], T], *, timeout_s: float) -> T:
        """Do the work in its turn. Interrupts it and raises `Unavailable` when it takes longer than this."""
        ticket = _Ticket()
        future = self._submit(ticket, work)
        try:
            done, _ = await asyncio.wait({future}, timeout=timeout_s)
        except asyncio.CancelledError:
            self._give_up(ticket, future)
            raise
        if done:
            return future.result()
        self._give_up(ticket, future)
        raise Unavailable(
            f"the history did not answer within {timeout_s:g} s", "ask for a shorter range or fewer points"
        )

    async def close(self) -> None:
        """Finish what is in the queue and let go of the thread."""
        if self._is_closed:
            return
        self._is_closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._disconnect)
        self._executor.shutdown(wait=False)

    def _submit(self, ticket: _Ticket, work: Callable[[Session], T]) -> "asyncio.Future[T]":
        if self._is_closed:
            raise Unavailable("the history is closed", "the gateway is stopping")
        return asyncio.get_running_loop().run_in_executor(self._executor, self._do, ticket, work)

    def _give_up(self, ticket: _Ticket, future: "asyncio.Future[Any]") -> None:
        future.add_done_callback(_forget)
        ticket.is_given_up = True
        with self._lock:
            if self._running is ticket and self._connection is not None:
                self._connection.interrupt()

    def _do(self, ticket: _Ticket, work: Callable[[Session], T]) -> T:
        session = Session(self._connect(), ticket)
        with self._lock:
            self._running = ticket
        try:
            return work(session)
        except duckdb.Error as error:
            raise session.unavailable(error) from error
        except OSError as error:
            raise Unavailable(f"the history cannot use its folder: {error}", hint_for(error)) from error
        finally:
            with self._lock:
                self._running = None
            if session.is_broken:
                self._disconnect()

    def _connect(self) -> "duckdb.DuckDBPyConnection":
        if self._connection is None:
            self._connection = duckdb.connect(":memory:", config=self._config)
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _forget(future: "asyncio.Future[Any]") -> None:
    """Nobody waits for this any more: its error has been told as a time-out."""
    if not future.cancelled():
        future.exception()


def is_damage(error: BaseException) -> bool:
    """True where a DuckDB error says that a file is not what it should be (and not: no space, no right, locked)."""
    return isinstance(error, duckdb.SerializationException) or any(sign in str(error) for sign in _DAMAGE)


def first_line(error: BaseException) -> str:
    """DuckDB's messages go on with stack traces and advice for SQL writers."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def hint_for(error: BaseException) -> str:
    """What a person does about a DuckDB error."""
    text = str(error)
    if "Could not set lock" in text:
        return "another program has the file open: close it; a running gateway is asked through its API"
    if "No space left" in text:
        return "free disk space, or lower `max_size` of the history"
    if "ermission denied" in text:
        return "give the gateway's user the right to write the history folder"
    return "samples stay in the outbox and are tried again"
