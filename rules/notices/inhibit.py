"""Which alarms are not told of because another one is active."""

from collections.abc import Callable, Iterable, Mapping

from gateway.core.alarm import AlarmState
from gateway.core.notice_queue import Standing
from rules.notices.match import FactsOf, label_of, matches
from rules.notices.spec import Inhibition

_SOURCES = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})

Labels = tuple[str, ...]


class Inhibitor:
    """The alarms that are active sources at one moment, by the labels that a target must share.

    An alarm that is source and target of an inhibition is not inhibited by one that is both, itself included
    (Alertmanager, `inhibit.go`).
    """

    def __init__(self, inhibitions: Iterable[Inhibition], standings: Mapping[str, Standing], facts_of: FactsOf) -> None:
        self._standings = standings
        self._facts_of = facts_of
        self._sources = [(one, self._active(one)) for one in inhibitions]

    def _active(self, inhibition: Inhibition) -> dict[Labels, list[tuple[str, bool]]]:
        """Sources by their equal labels: id, and whether it is a target too."""
        found: dict[Labels, list[tuple[str, bool]]] = {}
        for alarm, standing in self._standings.items():
            if standing.state not in _SOURCES:
                continue
            facts = self._facts_of(alarm)
            if matches(inhibition.source, standing, facts):
                labels = tuple(label_of(name, standing, facts) for name in inhibition.equal)
                found.setdefault(labels, []).append((alarm, matches(inhibition.target, standing, facts)))
        return found

    def source_of(self, alarm: str) -> str:
        """The id of an active alarm that inhibits this one; empty: none does."""
        standing = self._standings.get(alarm)
        if standing is None or not any(sources for _, sources in self._sources):
            return ""
        facts = self._facts_of(alarm)
        for inhibition, sources in self._sources:
            if sources and matches(inhibition.target, standing, facts):
                labels = tuple(label_of(name, standing, facts) for name in inhibition.equal)
                is_source = matches(inhibition.source, standing, facts)
                for source, is_target in sources.get(labels, ()):
                    if source != alarm and not (is_source and is_target):
                        return source
        return ""


InhibitedBy = Callable[[str], str]
"""The id of the alarm that inhibits this one, or nothing."""
