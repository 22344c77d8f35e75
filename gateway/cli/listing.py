"""What a list of accounts, keys or sessions looks like in a terminal."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.cli.console import print_json, print_table, say

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan

Json = dict[str, Any]


def print_items(
    plan: "ParkPlan",
    found: Json,
    columns: Sequence[str],
    row: Callable[[Json, ZoneInfo], list[object]],
    *,
    as_json: bool,
    if_none: str = "",
) -> None:
    """The answer of a list: as it is, as a row for each item with its times in the site's zone, or `if_none`."""
    if as_json:
        print_json(found)
        return
    if if_none and not found["items"]:
        say(if_none)
        return
    zone = ZoneInfo(plan.site.timezone)
    print_table(columns, [row(one, zone) for one in found["items"]])


def moment(time_ms: int | None, zone: ZoneInfo) -> str:
    """A time in a zone, to the minute; nothing for `None`."""
    return "" if time_ms is None else f"{datetime.fromtimestamp(time_ms / 1000, zone):%Y-%m-%d %H:%M}"
