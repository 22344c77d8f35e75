"""`park-gateway notify`: the channels of a running gateway, what was sent, and a test message."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    errors_for_people,
    load_config,
    print_json,
    print_line,
    print_table,
    say,
)
from gateway.cli.peer import ask

TIMEOUT_S = 60.0  # a message may be on its way already, and each has 20 s
TARGET = "/api/v1/notifications"
_SHOWN = 20

app = typer.Typer(name="notify", help="Notifications: channels, messages, and a test.", no_args_is_help=True)


@app.command("list")
def list_(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show the channels of the running gateway and the newest messages."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        found = ask(plan.api.socket, "GET", TARGET, timeout_s=TIMEOUT_S)
    if as_json:
        print_json(found)
        return
    if not found["channels"]:
        say("no channels are configured; `notify.channels:` in park.yaml has them")
        return
    zone = ZoneInfo(plan.site.timezone)
    print_table(
        ["channel", "driver", "state", "queued", "sent", "failed", "last sent", "last answer or error"],
        [_channel(channel, zone) for channel in found["channels"]],
    )
    print_line("")
    print_table(
        ["time", "channel", "state", "title", "answer"], [_item(item, zone) for item in found["items"][:_SHOWN]]
    )


@app.command("test")
def send_test(
    channel: Annotated[str, typer.Argument(help="The channel's name.", show_default=False)],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Send a test message through a channel of the running gateway, and show the provider's own answer."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        found = ask(plan.api.socket, "POST", f"{TARGET}/{quote(channel, safe='')}/test", timeout_s=TIMEOUT_S)
    if as_json:
        print_json(found)
        return
    print_line(f"channel `{channel}` took the test message; the provider says: {found['answer'] or 'nothing'}")


def _channel(channel: dict[str, Any], zone: ZoneInfo) -> list[object]:
    hint = f" ({channel['hint']})" if channel["hint"] else ""
    words = channel["error"] + hint if channel["error"] else channel["last_answer"]
    numbers = [channel["queued"], channel["sent"], channel["failed"]]
    return [channel["name"], channel["driver"], channel["state"], *numbers, _time(channel["last_sent_ms"], zone), words]


def _item(item: dict[str, Any], zone: ZoneInfo) -> list[object]:
    title = item["title"]["en"] or item["title"]["zh"]
    return [_time(item["sent_ms"] or item["queued_ms"], zone), item["channel"], item["state"], title, item["answer"]]


def _time(time_ms: int | None, zone: ZoneInfo) -> str:
    return "" if time_ms is None else f"{datetime.fromtimestamp(time_ms / 1000, zone):%Y-%m-%d %H:%M:%S}"
