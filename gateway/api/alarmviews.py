"""What the API says about alarms: dictionaries made from views and events, filtered by what the principal may see."""

from collections import Counter
from dataclasses import replace
from typing import Any

from gateway.api.access import Principal
from gateway.api.views import names
from gateway.core.alarm import STANDING, WAITING, AlarmEvent, AlarmState, Priority
from gateway.core.ownership import EVER_NS, Bounds
from gateway.core.point import Names
from gateway.pipeline.alarms import AlarmKeeper
from gateway.pipeline.engine import Gateway
from gateway.pipeline.report import ms
from rules.alarms.engine import AlarmView
from rules.alarms.metrics import DAY_S
from rules.alarms.spec import Alarm

Json = dict[str, Any]
ACCEPTABLE, MANAGEABLE = 144, 300  # alarms a day for one operator (EEMUA 191)
_SHOWN = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)  # active, and on the operator's list
_ASIDE = {
    "shelved": AlarmState.SHELVED,
    "suppressed": AlarmState.SUPPRESSED,
    "out_of_service": AlarmState.OUT_OF_SERVICE,
}


class AlarmViews:
    """Answers about the alarms of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._keeper: AlarmKeeper = gateway.alarms
        self._follow()
        gateway.on_reload(self._follow)
        self._summaries: dict[str | None, Json] = {}  # by the enterprise that the reader is limited to
        self._summary_revision = -1

    def _follow(self) -> None:
        """Go by the configuration in force."""
        self._enterprises = {enterprise.id: enterprise for enterprise in self._gateway.plan.enterprises}

    @property
    def revision(self) -> int:
        """Changes with everything that happens to an alarm."""
        return self._keeper.revision

    def may_see(self, principal: Principal, enterprise: str | None) -> bool:
        """True where alarms of this enterprise (`None`: of the park) are theirs to see."""
        return principal.enterprise is None or principal.enterprise == enterprise

    def views(self, principal: Principal) -> list[AlarmView]:
        """Every alarm that is not plainly normal, the most urgent first."""
        found = (
            self._owned(principal, view)
            for view in self._keeper.views()
            if self.may_see(principal, view.spec.enterprise)
        )
        return sorted((view for view in found if view is not None), key=urgency)

    def _owned(self, principal: Principal, view: AlarmView) -> AlarmView | None:
        """The alarm as far as it is theirs to see; `None` where all of it was before they had the device."""
        device = view.spec.device
        if principal.enterprise is None or device is None:
            return view
        return owned_view(view, self._gateway.owners.present.since_ns(device.id))

    def within(self, principal: Principal) -> dict[str, list[Bounds]]:
        """Of devices that have moved, the times of which the journal is theirs to see; empty: of all devices all."""
        if principal.enterprise is None:
            return {}
        return self._gateway.owners.present.moved_spans(principal.enterprise)

    def view(self, principal: Principal, alarm: str) -> AlarmView:
        """One alarm. Raises KeyError where there is none, or it is not theirs: the two look alike."""
        view = self._keeper.view(alarm)
        found = self._owned(principal, view) if self.may_see(principal, view.spec.enterprise) else None
        if found is None:
            raise KeyError(alarm)
        return found

    def alarm(self, view: AlarmView) -> Json:
        """One alarm in full."""
        spec = view.spec
        return {
            **self.brief(view),
            "rule": spec.rule,
            "enterprise": spec.enterprise,
            "enterprise_name": self._enterprise_name(spec.enterprise),
            "area": spec.area,
            "guidance": _names(spec.guidance),
            "value": view.value,
            "limit": view.limit,
            "unit": view.unit,
            "returned_ms": ms(view.returned_ns),
            "acknowledged_by": view.acknowledged_by,
            "acknowledged_ms": ms(view.acknowledged_ns),
            "comment": view.comment,
            "until_ms": ms(view.until_ns),
            "reason": _names(view.reason),
            "first_out": view.first_out,
            "latches": spec.latch,
            "accumulates": view.accumulates,
            "labels": dict(spec.labels),
            "tags": tags_of(view),
            "max_shelve_s": spec.max_shelve_ns / 1e9,
        }

    def brief(self, view: AlarmView) -> Json:
        """What the line under the bar needs."""
        spec = view.spec
        return {
            "id": spec.id,
            "rule_name": names(spec.names, spec.rule),
            "device": None if spec.device is None else spec.device.id,
            "device_name": None if spec.device is None else names(spec.device.names, spec.device.id),
            "priority": int(view.priority),
            "state": view.state.value,
            "condition": view.condition.value,
            "message": _names(view.message),
            "since_ms": ms(view.raised_ns),
            "occurrence": view.occurrence,
        }

    def summary(self, principal: Principal) -> Json:
        """Counts and the most urgent alarm, for the live stream; made once per revision and enterprise."""
        if self._summary_revision != self._keeper.revision:
            self._summaries.clear()
            self._summary_revision = self._keeper.revision
        known = self._summaries.get(principal.enterprise)
        if known is None:
            views = self.views(principal)
            waiting = [view for view in views if view.state in WAITING]
            known = self._summaries[principal.enterprise] = {
                "revision": self._keeper.revision,
                "counts": counts(views),
                "top": self.brief(waiting[0]) if waiting else None,
            }
        return known

    def event(self, event: AlarmEvent) -> Json:
        """One line of the journal."""
        return {
            "seq": event.seq,
            "time_ms": ms(event.time_ns),
            "alarm": event.alarm,
            "device": event.device,
            "enterprise": event.enterprise,
            "transition": event.transition.value,
            "state": event.state.value,
            "priority": int(event.priority),
            "value": event.value,
            "limit": event.limit,
            "unit": event.unit,
            "message": _names(event.message),
            "by": event.actor.name,
            "comment": event.comment,
            "until_ms": ms(event.until_ns),
            "first_out": event.first_out,
            "occurrence": event.occurrence,
        }

    def metrics(self, principal: Principal) -> Json:
        """EEMUA 191 / ISA-18.2 figures of the last 24 hours."""
        now_ns, operators = self._gateway.clock.time_ns(), self._gateway.plan.site.operators
        report = self._keeper.metrics.report(now_ns, principal.enterprise)
        return {
            "window_h": 24,
            "total": report.total,
            "operators": operators,
            "per_day_acceptable": ACCEPTABLE * operators,
            "per_day_manageable": MANAGEABLE * operators,
            "max_10min": report.max_10min,
            "flood": {
                "now": report.flood.now,
                "since_ms": ms(report.flood.since_ns),
                "share": report.flood.share,
                "count": report.flood.count,
            },
            "chattering": [{**self._named(c.alarm), "max_60s": c.max_60s} for c in report.chattering],
            "standing_24h": report.standing_24h if principal.enterprise is None else self._standing(principal),
            "priorities": {str(int(priority)): report.priorities.get(priority, 0) for priority in Priority},
            "top": [{**self._named(t.alarm), "count": t.count} for t in report.top],
            "top_share": report.top_share,
        }

    def _standing(self, principal: Principal) -> int:
        """How many of an enterprise's alarms have been active for more than 24 h, since it has their devices."""
        since_ns = self._gateway.clock.time_ns() - DAY_S * 1_000_000_000
        return sum(view.state in _SHOWN and (view.raised_ns or since_ns) < since_ns for view in self.views(principal))

    def _named(self, alarm: str) -> Json:
        try:
            spec = self._keeper.view(alarm).spec
        except KeyError:  # of a rule that is no longer there
            rule, _, device = alarm.partition(":")
            return {"alarm": alarm, "rule_name": names(Names(), rule), "device_name": names(Names(), device)}
        return {
            "alarm": alarm,
            "rule_name": names(spec.names, spec.rule),
            "device_name": _device_or_line(spec),
        }

    def _enterprise_name(self, enterprise: str | None) -> dict[str, str] | None:
        known = self._enterprises.get(enterprise or "")
        return None if known is None else names(known.names, known.id)


def owned_view(view: AlarmView, since_ns: int) -> AlarmView | None:
    """What of an alarm was since a time; `None` where all of it lies before.

    One that was raised before and goes on is told as from then on, without what was measured and written about it.
    """
    if since_ns == EVER_NS or (view.raised_ns is not None and view.raised_ns >= since_ns):
        return view
    if view.state in STANDING and view.returned_ns is not None and view.returned_ns < since_ns:
        return None
    is_acknowledged = view.acknowledged_ns is not None and view.acknowledged_ns >= since_ns
    return replace(
        view,
        raised_ns=None if view.raised_ns is None else since_ns,
        acknowledged_by=view.acknowledged_by if is_acknowledged else "",
        acknowledged_ns=view.acknowledged_ns if is_acknowledged else None,
        value=None,
        message=Names(),
        comment="",
        reason=Names(),
        first_out=False,
    )


def urgency(view: AlarmView) -> tuple[bool, int, int, str]:
    """Sorts alarms: waiting first, then by priority, then the newest."""
    return view.state not in WAITING, int(view.priority), -(view.raised_ns or 0), view.spec.id


def counts(views: list[AlarmView]) -> dict[str, int]:
    """How many alarms are in which list."""
    states = Counter(view.state for view in views)
    return {
        "active": sum(states[state] for state in STANDING),
        "unacknowledged": sum(states[state] for state in WAITING),
        **{name: states[state] for name, state in _ASIDE.items()},
    }


def is_in_list(view: AlarmView, name: str) -> bool:
    """True where the alarm belongs in this list: `active`, `shelved`, `suppressed`, `out_of_service`, `all`."""
    if name == "active":
        return view.state in STANDING
    return name == "all" or view.state is _ASIDE[name]


def oldest_waiting_ns(views: list[AlarmView]) -> int | None:
    """Since when (UTC, ns) the alarm waits that has waited longest."""
    return min((view.raised_ns for view in views if view.state in WAITING and view.raised_ns), default=None)


def tags_of(view: AlarmView) -> list[str]:
    """The points that decide, in the order in which the rule names them."""
    tags = (operand.tag for level in view.spec.levels for operand in level.when.inputs)
    return list(dict.fromkeys(tags))


def _names(given: Names) -> dict[str, str]:
    return names(given, "")


def _device_or_line(spec: Alarm) -> dict[str, str] | None:
    """The name of the device or connection that an alarm is about; `None` for one of the park or an enterprise."""
    if spec.device is not None:
        return names(spec.device.names, spec.device.id)
    connection = dict(spec.labels).get("connection")
    return None if connection is None else names(Names(), connection)
