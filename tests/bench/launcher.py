"""The gateway process of a benchmark: `park-gateway run` on one core, with a watchdog.

    launcher.py --config park.yaml --core 0 --report report.json [--profile out.prof]

SIGUSR1 starts the watchdog, SIGUSR2 stops it and writes the report: the longest time by which the loop was late for
a timer, and the longest that cannot be blamed on other programs, because this process itself was busy so long. The
watchdog costs a few milliseconds of CPU a second, so it runs only in a window of its own.
"""

import argparse
import asyncio
import cProfile
import json
import logging
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import uvloop

import gateway.cli.main  # noqa: F401 - every command is imported, as in the real program
from gateway.cli.console import load_all
from gateway.cli.run import serve
from gateway.pipeline.configuration import Configuration

BEAT_S = 0.002


class Watchdog:
    """A timer that measures how late it is called."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._late: list[float] = []
        self._own: list[float] = []  # of that lateness, what this process itself was busy

    def start(self) -> None:
        """Forget the past and begin."""
        self._late.clear()
        self._own.clear()
        self._set()

    def stop(self) -> None:
        """End, and write the report."""
        if self._timer is not None:
            self._timer.cancel()
        late, own = sorted(self._late) or [0.0], sorted(self._own) or [0.0]
        figures: Mapping[str, float] = {
            "longest_turn_ms": round(late[-1] * 1e3, 1),
            "longest_own_turn_ms": round(own[-1] * 1e3, 1),
            "own_turn_p99_ms": round(own[len(own) * 99 // 100] * 1e3, 1),
            "own_turns_over_5_ms": sum(one > 0.005 for one in own),
        }
        self._report.write_text(json.dumps(figures), encoding="utf-8")

    def _set(self) -> None:
        now = time.monotonic()
        self._timer = self._loop.call_later(BEAT_S, self._beat, now + BEAT_S, time.process_time())

    def _beat(self, due: float, cpu: float) -> None:
        late = time.monotonic() - due
        self._late.append(late)
        self._own.append(min(late, time.process_time() - cpu))
        self._set()


async def run(configuration: Configuration, options: argparse.Namespace) -> None:
    """The gateway until SIGTERM, ready for the two signals."""
    loop = asyncio.get_running_loop()
    watchdog = Watchdog(options.report)
    loop.add_signal_handler(signal.SIGUSR1, watchdog.start)
    loop.add_signal_handler(signal.SIGUSR2, watchdog.stop)
    await serve(configuration)


def main() -> None:
    """Pin to a core and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--profile", type=Path)
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.core})
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    configuration = load_all(options.config)
    profile = cProfile.Profile() if options.profile else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if profile is None:
            runner.run(run(configuration, options))
        else:
            profile.runcall(runner.run, run(configuration, options))
            profile.dump_stats(options.profile)


if __name__ == "__main__":
    main()
