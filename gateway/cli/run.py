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
from gateway.cli.loglines import OneLine
from gateway.cli.once import read_and_print
from gateway.core.errors import GatewayError

if TYPE_CHECKING:
    import asyncio

    from gateway.api.certificates import CertificateKeeper
    from gateway.pipeline.configuration import Configuration
    from gateway.pipeline.engine import Gateway
    from gateway.pipeline.intake import Observer

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
    if not once:
        _finish_restoration(config)
    found = load_all(config)
    with errors_for_people():
        if once:
            read_and_print(found.plan, as_json=as_json)
        else:
            import asyncio

            import uvloop

            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(found, config=config, exit_with_stdin=exit_with_stdin))


async def serve(
    configuration: "Configuration",
    *,
    config: Path | None = None,
    observers: "Sequence[Observer]" = (),
    exit_with_stdin: bool = False,
) -> None:
    """The gateway and its API, until SIGTERM, SIGINT or the end of standard input. `observers` see every batch.

    With `config` it is read again when the API asks for it, or on SIGHUP.
    """
    import asyncio

    from gateway.api.serve import ApiServer, listening
    from gateway.cli.greeting import greeting
    from gateway.pipeline.configuration import load_configuration
    from gateway.pipeline.engine import Gateway
    from gateway.web import assets

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, stop)
    if exit_with_stdin:  # nobody writes there: it becomes readable when the other end is closed
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _stop_for_good, stop)
    read = None if config is None else partial(load_configuration, config)
    gateway = await Gateway.open_configuration(configuration, observers=observers, read=read)
    gateway.config_path = config
    try:
        with listening(gateway.plan.api) as (page, command_line):
            keeper = await _certificates(gateway)
            server = ApiServer(gateway, page, command_line, await asyncio.to_thread(assets), keeper)
            for line in greeting(gateway, *page.getsockname()[:2]):
                say(line)
            async with asyncio.TaskGroup() as group:
                group.create_task(server.run())
                group.create_task(gateway.run(stop))
                reloading = group.create_task(_reload_on_hangup(gateway))
                await stop.wait()
                reloading.cancel()
                server.stop()
    finally:
        await gateway.close()


async def _certificates(gateway: "Gateway") -> "CertificateKeeper | None":
    """Who looks after the page's certificate, `None` without TLS. Raises ConfigError."""
    plan = gateway.plan
    if not plan.api.has_tls:
        return None
    from gateway.api.certificates import CertificateKeeper

    return await CertificateKeeper.open(plan.api, plan.store.directory, gateway.clock, gateway.certify)


def _finish_restoration(config: Path) -> None:
    """What an interrupted `park-gateway restore` began, before its configuration is read."""
    from gateway.backup.switch import finish_interrupted

    with errors_for_people():
        if finish_interrupted(config):
            say("an interrupted restoration was finished")


async def _reload_on_hangup(gateway: "Gateway") -> None:
    """SIGHUP, as `systemctl reload` sends it: read the configuration again. Until cancelled."""
    import asyncio

    from gateway.pipeline.reload import summary
    from gateway.store.audit import SIGNAL

    wanted = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, wanted.set)
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            async with gateway.audit.act(SIGNAL, "configuration reload", "configuration") as entry:
                answer = await gateway.reloader.reload()
                entry.after = summary(answer)
        except GatewayError as error:
            log.error("configuration_not_reloaded the one before stays: %s", error)
        else:
            for effect in answer["effects"]:
                log.info("reload_effect %s", effect["text"])


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
    logging.basicConfig(level=max(level, logging.INFO))
    for handler in logging.getLogger().handlers:
        handler.setFormatter(OneLine())
    for name in ("gateway", "drivers"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it greets once per socket


def run_arguments(config: Path) -> list[str]:
    """The command that runs the gateway as another process."""
    return [sys.executable, "-m", "gateway.cli", NAME, "--config", str(config)]
