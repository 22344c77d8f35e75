"""What a reload would do, in words: which sources, sinks and channels are begun, ended or begun anew."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.config.difference import Change, Part
from gateway.config.plan import ChannelPlan, ConnectionPlan, ParkPlan, SinkPlan

Json = dict[str, Any]

FIXED = ("id", "timezone")  # of the site: whatever is stored is stored under them
_WORDS = {
    "source_starts": "source {name} starts ({count} devices)",
    "source_restarts": "source {name} restarts ({count} devices)",
    "source_stops": "source {name} stops ({count} devices)",
    "sink_opens": "sink {name} is opened",
    "sink_reopens": "sink {name} is closed and opened again; what it has not got waits in the outbox",
    "sink_closes": "sink {name} is closed; samples that it has not got and will not get: {count}",
    "channel_opens": "channel {name} is opened",
    "channel_reopens": "channel {name} is closed and opened again; what it has not sent waits",
    "channel_closes": "channel {name} is closed; what it has not sent is given up",
    "rules": "rules are compiled again; alarms that are the same keep their states",
    "accounts": "energy and carbon accounts go on with the changed configuration",
    "restart_needed": "needs a restart of the gateway: {name}",
    "refused": "refused: {name} cannot change while the gateway runs; restart it",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that happens. `count`: devices, or samples that are given up."""

    kind: str
    name: str = ""
    count: int | None = None

    def as_json(self) -> Json:
        """For the API; `text` is for people who read English."""
        text = _WORDS[self.kind].format(name=self.name, count=0 if self.count is None else self.count)
        return {"kind": self.kind, "name": self.name, "count": self.count, "text": text}


def effects_of(
    changes: Sequence[Change],
    lines: tuple[Mapping[str, ConnectionPlan], Mapping[str, ConnectionPlan]],
    plans: tuple[ParkPlan, ParkPlan],
    buffered: Callable[[str], int],
    *,
    has_other_books: bool,
) -> list[Effect]:
    """What happens with these changes. `lines` and `plans`: what runs, what is to run; `buffered`: samples that a sink
    has not got."""
    if refused := list(refusals(changes)):
        return [Effect("refused", name) for name in refused]
    old, new = plans
    return [
        *_of_lines(*lines),
        *_of_sinks(old.sinks, new.sinks, buffered),
        *_of_channels(old.channels, new.channels),
        *([Effect("rules")] if any(change.part is Part.RULES for change in changes) else []),
        *([Effect("accounts")] if has_other_books else []),
        *(Effect("restart_needed", name) for name in needing_restart(changes)),
    ]


def needing_restart(changes: Iterable[Change]) -> Iterator[str]:
    """What only a restart takes in: `store.directory`, `api.host`."""
    for change in changes:
        if change.part in (Part.STORE, Part.API):
            yield from (f"{change.part.value}.{one.path}" for one in change.fields)


def refusals(changes: Iterable[Change]) -> Iterator[str]:
    """Changes with which nothing at all is taken in: `site.timezone`."""
    for change in changes:
        if change.part is Part.SITE:
            yield from (f"site.{one.path}" for one in change.fields if one.path in FIXED)


def _of_lines(old: Mapping[str, ConnectionPlan], new: Mapping[str, ConnectionPlan]) -> Iterator[Effect]:
    for name, plan in old.items():
        if name not in new:
            yield Effect("source_stops", name, len(plan.devices))
    for name, plan in new.items():
        if name not in old:
            yield Effect("source_starts", name, len(plan.devices))
        elif old[name] is not plan:
            yield Effect("source_restarts", name, len(plan.devices))


def _of_sinks(old: Iterable[SinkPlan], new: Iterable[SinkPlan], buffered: Callable[[str], int]) -> Iterator[Effect]:
    for kind, name in _come_and_gone({one.name: one for one in old}, {one.name: one for one in new}):
        yield Effect(f"sink_{kind}", name, buffered(name) if kind == "closes" else None)


def _of_channels(old: Iterable[ChannelPlan], new: Iterable[ChannelPlan]) -> Iterator[Effect]:
    for kind, name in _come_and_gone({one.name: one for one in old}, {one.name: one for one in new}):
        yield Effect(f"channel_{kind}", name)


def _come_and_gone(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    yield from (("closes", name) for name in old if name not in new)
    yield from (("opens", name) for name in new if name not in old)
    yield from (("reopens", name) for name in new if name in old and new[name] != old[name])
