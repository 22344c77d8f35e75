"""Heavy work in one child process, so that the loop turns: recalculation, reports, replay.

    run(function, *args) ─▶ queue of a few ─▶ thread that waits ─▶ pipe ─▶ child (low priority), one job at a time

Functions are module-level ones, arguments and results are pickled. A child that dies or takes too long is replaced by
a fresh one for the next job; nothing is tried again by itself. The child ends with the gateway, however that ends.
"""

import asyncio
import os
import pickle
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TypeVar, cast

from gateway.core.errors import Unavailable

T = TypeVar("T")
WAITING = 16  # jobs in the queue: more are refused
TIMEOUT_S = 600.0
BUSY_S = 5.0  # when those that were refused may ask again
NICE = 10
_END_S = 2.0  # for a child to end after it was told so


class Jobs:
    """The child process. It is started by the first job."""

    def __init__(self, *, waiting: int = WAITING, nice: int = NICE) -> None:
        self._most = waiting
        self._nice = nice
        self._count = 0  # jobs in the queue and at work
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        self._child: _Child | None = None
        self._is_closed = False

    async def run(
        self, function: Callable[..., T], *args: object, timeout_s: float = TIMEOUT_S, is_own: bool = False
    ) -> T:
        """What the function gives or raises; its time counts from when it begins. `is_own`: work of the gateway itself,
        which nobody's reports keep out of the queue.

        Raises Unavailable where too many wait, where it takes too long, or where the child died meanwhile. Whoever is
        cancelled takes the job out of the queue where it has not begun; one at work goes on to its end.
        """
        if self._is_closed:
            raise Unavailable("the jobs process takes no more work")
        if self._count > self._most and not is_own:
            hint = "try again when the jobs that wait are done"
            raise Unavailable("the jobs process takes no more work", hint, retry_after_s=BUSY_S)
        self._count += 1
        work = self._thread.submit(self._exchange, function, args, timeout_s)
        answer = asyncio.wrap_future(work)
        answer.add_done_callback(self._done)
        try:
            return cast("T", await asyncio.shield(answer))
        except asyncio.CancelledError:
            work.cancel()
            raise

    def _done(self, work: "asyncio.Future[object]") -> None:
        self._count -= 1
        if not work.cancelled():
            work.exception()  # whoever waited may be gone

    def _exchange(self, function: Callable[..., object], args: tuple[object, ...], timeout_s: float) -> object:
        """In the thread: one job, there and back."""
        if self._has_ended():
            raise Unavailable("the gateway is ending")
        job = pickle.dumps((function, args))
        child = self._child = self._child or _Child(self._nice)
        if self._has_ended():  # between both lines: whoever closed did not see this child
            child.kill()
        try:
            has_worked, result = child.work(job, timeout_s)
        except TimeoutError as error:
            self._child = None
            child.end()
            raise Unavailable(f"the work took more than {timeout_s:g} s and was stopped", "ask for less") from error
        except (EOFError, OSError) as error:
            self._child = None
            child.end()
            raise Unavailable("the jobs process ended in the middle of its work", "try again") from error
        if has_worked:
            return result
        raise cast("Exception", result)

    def _has_ended(self) -> bool:
        return self._is_closed

    async def close(self) -> None:
        """End the child, whatever it does, and wait for it."""
        self._is_closed = True
        if self._child is not None:
            self._child.kill()
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        self._thread.shutdown()  # what waits ends at once
        if self._child is not None:
            self._child.end()


class _Child:
    """The process and the pipe to it."""

    def __init__(self, nice: int) -> None:
        context = get_context("spawn")
        self._pipe, far = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(far, nice), name="jobs", daemon=True)
        old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the child inherits it: Ctrl-C is not for it
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)
            far.close()

    def work(self, job: bytes, timeout_s: float) -> tuple[bool, object]:
        """Whether it worked, and what it gave or raised. Raises EOFError, OSError or TimeoutError."""
        self._pipe.send_bytes(job)
        if not self._pipe.poll(timeout_s):
            raise TimeoutError
        answer: tuple[bool, object] = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - our own process
        return answer

    def kill(self) -> None:
        """At once; whoever waits for an answer sees the pipe's end."""
        with suppress(ValueError):  # closed already
            self._process.kill()

    def end(self) -> None:
        """Until nothing of it is left."""
        self.kill()
        self._pipe.close()
        with suppress(ValueError):
            self._process.join(_END_S)
            self._process.close()


def _serve(pipe: Connection, nice: int) -> None:
    """In the child: jobs until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(nice)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(job: bytes) -> bytes:
    try:
        function, args = pickle.loads(job)  # noqa: S301 - from our own process
        return pickle.dumps((True, function(*args)))
    except Exception as error:  # noqa: BLE001 - it is raised on the other side
        return _failure(error)


def _failure(error: Exception) -> bytes:
    """An error in a form that surely arrives: not every one survives pickling."""
    try:
        data = pickle.dumps((False, error))
        pickle.loads(data)  # noqa: S301 - made in the line above
    except Exception:  # noqa: BLE001 - whatever a foreign error does when it is pickled
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return data


def _end_with_parent() -> None:
    """A gateway that was killed leaves nobody behind, not even at work."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
