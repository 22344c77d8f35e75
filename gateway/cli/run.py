"""`park-gateway run`: the gateway itself, until SIGTERM; `run --once` reads everything once and stores nothing."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_FAILED,
    EXIT_USAGE,
    ConfigPath,
    errors_for_people,
    fail,
    load_all,
    say,
)
from gateway.cli.once import read_and_print
from gateway.core.errors import GatewayError

if TYPE_CHECKING:
    import asyncio

    from gateway.accounts.books import Books
    from gateway.config import Loaded
    from gateway.pipeline.engine import Gateway
    from gateway.pipeline.intake import Observer
    from gateway.rulebook import Rulebook

NAME = "run"
log = logging.getLogger("gateway.run")
STOP_LIMIT_S = 9.0  # SIGTERM to exit in under 10 s, whatever hangs


def command(
    config: ConfigPath = DEFAULT_CONFIG,
    once: Annotated[bool, typer.Option("--once", help="Read every device once, print, store nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print JSON for programs.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log debug messages.")] = False,
    exit_with_stdin: Annotated[bool, typer.Option("--exit-with-stdin", hidden=True)] = False,
) -> None:
    """Run the gateway until SIGTERM or Ctrl-C. It logs to stderr."""
    if as_json and not once:
        fail("--json goes with --once", "a running gateway is asked with `park-gateway status --json`", EXIT_USAGE)
    _log(logging.DEBUG if verbose else logging.WARNING if once else logging.INFO)
    found = load_all(config)
    loaded, rulebook, books = found.loaded, found.rulebook, found.books
    with errors_for_people():
        if once:
            read_and_print(loaded.plan, as_json=as_json)
        else:
            import asyncio

            import uvloop

            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(loaded, rulebook, books=books, config=config, exit_with_stdin=exit_with_stdin))


async def serve(
    loaded: "Loaded",
    rulebook: "Rulebook | None" = None,
    *,
    books: "Books | None" = None,
    config: Path | None = None,
    observers: "Sequence[Observer]" = (),
    exit_with_stdin: bool = False,
) -> None:
    """The gateway and its API, until SIGTERM, SIGINT or the end of standard input. `observers` see every batch.

    With `config` the rules are read again when the API asks for it, or on SIGHUP.
    """
    import asyncio

    from gateway.api.serve import ApiServer, listening
    from gateway.pipeline.engine import Gateway
    from gateway.web import assets

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, stop)
    if exit_with_stdin:  # nobody writes there: it becomes readable when the other end is closed
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _stop_for_good, stop)
    gateway = await Gateway.open(
        loaded.plan,
        [str(finding) for finding in (*loaded.findings, *(books.findings if books else ()))],
        observers=observers,
        rulebook=rulebook,
        load_rules=None if config is None else partial(_load_rules, config),
        books=books,
    )
    try:
        with listening(loaded.plan.api) as (page, command_line):
            server = ApiServer(gateway, page, command_line, await asyncio.to_thread(assets))
            host, port = page.getsockname()[:2]
            say(f"page: http://{f'[{host}]' if ':' in host else host}:{port}/")
            async with asyncio.TaskGroup() as group:
                group.create_task(server.run())
                group.create_task(gateway.run(stop))
                reloading = group.create_task(_reload_on_hangup(gateway))
                await stop.wait()
                reloading.cancel()
                server.stop()
    finally:
        await gateway.close()


def _load_rules(config: Path) -> "tuple[Loaded, Rulebook]":
    from gateway.plugins import known_drivers
    from gateway.rulebook import load_park

    return load_park(config, known_drivers())


async def _reload_on_hangup(gateway: "Gateway") -> None:
    """SIGHUP, as `systemctl reload` sends it: read the rules again. Until cancelled."""
    import asyncio

    wanted = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, wanted.set)
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            await gateway.audit("operating system", "administrator", "signal", "reload rules", "rules")
            await gateway.reload_rules()
        except GatewayError as error:
            log.error("rules_not_reloaded the present ones stay: %s", error)


def _stop(stop: "asyncio.Event") -> None:
    """The time for it counts from the signal, which may come while the databases are still being opened."""
    if not stop.is_set():
        _limit_the_stop()
    stop.set()


def _stop_for_good(stop: "asyncio.Event") -> None:
    import asyncio

    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    _stop(stop)


def _limit_the_stop() -> None:
    """End the process when the ordinary stop hangs: a disk or a name server that does not answer holds its thread."""

    def end() -> None:
        say(f"not stopped within {STOP_LIMIT_S:g} s (is the disk answering?): ended; what was committed is safe")
        os._exit(EXIT_FAILED)

    timer = threading.Timer(STOP_LIMIT_S, end)
    timer.daemon = True  # an ordinary end does not wait for it
    timer.start()


def _log(level: int) -> None:
    """Ours at this level; what libraries say from INFO on, so that debugging shows no payload of theirs."""
    logging.basicConfig(level=max(level, logging.INFO), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("gateway", "drivers"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it greets once per socket


def run_arguments(config: Path) -> list[str]:
    """The command that runs the gateway as another process."""
    return [sys.executable, "-m", "gateway.cli", NAME, "--config", str(config)]
