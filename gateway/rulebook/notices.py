"""`notify:` to the plan of who is told; whatever a route names must be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.config.plan import ParkPlan
from gateway.config.problems import nearest
from gateway.config.ruleplan import AlarmPlan, MatchPlan, NotifyPlan, RoutePlan, Written
from gateway.rulebook.issues import Issues
from gateway.rulebook.messages import CONNECTION
from gateway.rulebook.packs import pack_of
from gateway.rulebook.select import listed
from rules.alarms.spec import SECOND
from rules.notices.spec import Escalation, Heartbeat, Inhibition, Matcher, NoticePlan, Route
from rules.schedule.schedule import Schedule

_GROUPS = ("rule", "enterprise", "device", "area", "priority")


@dataclass(frozen=True, slots=True)
class NoticeCompiler:
    """Compiles routes, inhibitions and heartbeats."""

    plan: ParkPlan
    rules: Sequence[AlarmPlan]
    uses: frozenset[str]  # packs
    schedules: dict[str, Schedule | None]
    issues: Issues

    def compile(self, notify: NotifyPlan) -> NoticePlan:
        """The plan; what is not there is a problem, a channel that nobody uses a finding."""
        routes = tuple(self._route(route) for route in notify.routes)
        inhibitions = tuple(
            Inhibition(self._matcher(one.source), self._matcher(one.target), one.equal) for one in notify.inhibitions
        )
        for one in notify.heartbeats:
            self._channels([one.channel])
        self._tell_unused(notify)
        heartbeats = tuple(Heartbeat(one.channel.text, round(one.every_s * SECOND)) for one in notify.heartbeats)
        return NoticePlan(routes, inhibitions, heartbeats, notify.page_url, notify.digest_above)

    def _route(self, route: RoutePlan) -> Route:
        for step in route.escalation:
            self._channels(step.channels)
        for mute in route.mute:
            self._known("schedule", mute, self.schedules)
        mutes = (self.schedules.get(mute.text) for mute in route.mute)
        return Route(
            name=route.name,
            match=self._matcher(route.match),
            channels=self._channels(route.channels),
            group_by=route.group_by,
            group_wait_ns=round(route.group_wait_s * SECOND),
            group_interval_ns=round(route.group_interval_s * SECOND),
            repeat_interval_ns=round(route.repeat_interval_s * SECOND),
            sends_returned=route.sends_returned,
            mute=tuple(mute for mute in mutes if mute is not None),
            escalation=tuple(
                Escalation(round(step.after_s * SECOND), tuple(one.text for one in step.channels))
                for step in route.escalation
            ),
        )

    def _matcher(self, match: MatchPlan) -> Matcher:
        return Matcher(
            at_least=match.at_least,
            rules=self._rules(match.rules),
            enterprises=self._all_known("enterprise", match.enterprises, {one.id for one in self.plan.enterprises}),
            devices=self._all_known("device", match.devices, {one.id for one in self.plan.devices}),
            areas=self._areas(match.areas),
            labels=self._matched_labels(match.labels),
        )

    def _channels(self, channels: Iterable[Written]) -> tuple[str, ...]:
        known = {channel.name for channel in self.plan.channels}
        for channel in channels:
            self._known("channel", channel, known)
        return tuple(dict.fromkeys(channel.text for channel in channels))

    def _all_known(self, what: str, names: tuple[Written, ...], known: Iterable[str]) -> frozenset[str]:
        for name in names:
            self._known(what, name, known)
        return frozenset(name.text for name in names)

    def _known(self, what: str, name: Written, known: Iterable[str]) -> None:
        if name.text not in known:
            self.issues.error(name.mark, f"no {what} `{name.text}`", nearest_of(what, name.text, list(known)))

    def _rules(self, names: tuple[Written, ...]) -> frozenset[str]:
        """Names of rules, those of packs included; not judged where a pack could not be read."""
        known = [rule.name for rule in self.rules]
        for name in names:
            if name.text not in known and not self.issues.lacks_packs:
                pack = pack_of(name.text)
                is_unused = pack and pack not in self.uses
                hint = f"it is of pack `{pack}`: write `use: {{{pack}: {{}}}}`" if is_unused else ""
                hint = hint or nearest_of("rule", name.text, known)
                self.issues.error(name.mark, f"no rule `{name.text}`", hint)
        return frozenset(name.text for name in names)

    def _areas(self, areas: tuple[Written, ...]) -> frozenset[str]:
        known = {rule.area for rule in self.rules if rule.area}
        for area in areas:
            if area.text not in known and not self.issues.lacks_packs:
                self.issues.warn(area.mark, f"no rule has the area `{area.text}`", nearest(area.text, known))
        return frozenset(area.text for area in areas)

    def _matched_labels(self, labels: tuple[tuple[str, Written], ...]) -> tuple[tuple[str, str], ...]:
        known = self._labels()
        for name, value in labels:
            if self.issues.lacks_packs or value.text in known.get(name, ()):
                continue
            if name not in known:
                self.issues.warn(value.mark, f"no rule has a label `{name}`", nearest(name, known))
            else:
                what = f"no rule has the label `{name}: {value.text}`"
                self.issues.warn(value.mark, what, nearest(value.text, known[name]))
        return tuple((name, value.text) for name, value in labels)

    def _labels(self) -> dict[str, set[str]]:
        """The labels of all rules, with every value that one has; connections label the alarms of their own."""
        found: dict[str, set[str]] = {}
        for rule in self.rules:
            for name, value in rule.labels:
                found.setdefault(name, set()).add(value)
            if rule.for_each is not None and rule.for_each.each == "connection":
                found.setdefault(CONNECTION, set()).update(line.name for line in self.plan.connections)
        return found

    def _tell_unused(self, notify: NotifyPlan) -> None:
        """Channels that no route leads to, and group keys that no alarm has."""
        used = {one.text for route in notify.routes for one in route.channels}
        used |= {one.text for route in notify.routes for step in route.escalation for one in step.channels}
        used |= {one.channel.text for one in notify.heartbeats}
        for channel in self.plan.channels:
            if channel.name not in used and channel.mark is not None:
                self.issues.warn(channel.mark, f"no route leads to channel `{channel.name}`", "nobody is told by it")
        labels = self._labels()
        for route in notify.routes:
            for key in route.group_by:
                if key not in _GROUPS and key not in labels:
                    hint = nearest(key, [*_GROUPS, *labels])
                    self.issues.error(route.mark, f"route `{route.name}` groups by `{key}`, which no alarm has", hint)


def nearest_of(what: str, name: str, known: list[str]) -> str:
    """A hint: the known name that comes nearest, else the first of them, else that there is none."""
    if not known:
        return f"there is no {what} yet"
    return nearest(name, known) or f"there are {listed(sorted(known))}"
