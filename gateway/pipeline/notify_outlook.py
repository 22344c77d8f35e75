"""The moment that groups are judged at: which routes are muted, which alarms are inhibited."""

from collections.abc import Mapping

from gateway.core.notice_queue import Standing
from gateway.pipeline.notify_compose import Setting
from rules.notices.inhibit import Inhibitor
from rules.notices.judge import Outlook
from rules.notices.spec import SECOND, Route

MUTE_CHECK_NS = 60 * SECOND  # at most; schedules follow the wall clock, which may be set
HELD_CHECK_NS = 15 * SECOND  # how soon it is seen that an inhibition is over


class Outlooks:
    """One moment, by route."""

    def __init__(
        self,
        setting: Setting,
        standings: Mapping[str, Standing],
        now_ns: int,
        utc_ns: int,
        underway: frozenset[str] = frozenset(),
    ) -> None:
        self._underway = underway
        self._now_ns = now_ns
        self._utc_ns = utc_ns
        self._standings = standings
        self._inhibited_by = Inhibitor(setting.plan.inhibitions, standings, setting.facts_of).source_of
        self._made: dict[str, Outlook] = {}

    def of(self, route: Route) -> Outlook:
        """The outlook for a group of this route."""
        found = self._made.get(route.name)
        if found is None:
            found = self._made[route.name] = self._make(route)
        return found

    def _make(self, route: Route) -> Outlook:
        muting = next((schedule for schedule in route.mute if schedule.is_active(self._utc_ns)), None)
        if muting is None:
            return self._outlook(HELD_CHECK_NS)
        change_ns = muting.next_change_ns(self._utc_ns)
        left_ns = MUTE_CHECK_NS if change_ns is None else min(max(change_ns - self._utc_ns, SECOND), MUTE_CHECK_NS)
        return self._outlook(left_ns, muting.name)

    def _outlook(self, left_ns: int, muted: str = "") -> Outlook:
        recheck_ns = self._now_ns + left_ns
        return Outlook(self._now_ns, self._standings, self._inhibited_by, recheck_ns, muted, self._underway)
