"""What rules say, in short, for a comparison of before and after: by rule, without what differs per device."""

from typing import Any

from gateway.rulebook.book import Rulebook
from rules.alarms.spec import Alarm


def definitions(rulebook: Rulebook) -> dict[str, dict[str, Any]]:
    """Every rule: conditions and limits of its first alarm as written, times, how many alarms, whether it is on."""
    first: dict[str, Alarm] = {}
    for alarm in rulebook.alarms:
        first.setdefault(alarm.rule, alarm)
    found: dict[str, dict[str, Any]] = {}
    for info in rulebook.rules:
        said = _said(first[info.rule]) if info.rule in first else {}
        found[info.rule] = {"alarms": info.alarms, "enabled": info.is_enabled, **said}
    return found


def _said(alarm: Alarm) -> dict[str, Any]:
    return {
        "levels": [
            {
                "priority": int(level.priority),
                "when": level.when.text,
                "keep": None if level.keep is None else level.keep.text,
                "limit": None if level.limit is None else level.limit.text,
            }
            for level in alarm.levels
        ],
        "on_delay_s": alarm.on_delay_ns / 1e9,
        "off_delay_s": alarm.off_delay_ns / 1e9,
        "latch": alarm.latch,
        "suppress": None if alarm.suppress is None else alarm.suppress.text,
        "fingerprint": alarm.fingerprint,
    }
