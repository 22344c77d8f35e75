"""Nodes to routes, inhibitions and heartbeats: `notify:` without its channels."""

from gateway.config.drivermodels import field_names
from gateway.config.entries import all_written, check_name, keys_of, written
from gateway.config.models import checked_id
from gateway.config.nodes import Mapping, Node, Sequence
from gateway.config.noticemodels import MatchModel, NotifyModel, RouteModel
from gateway.config.problems import Mark
from gateway.config.ruleplan import (
    EscalationPlan,
    HeartbeatPlan,
    InhibitionPlan,
    MatchPlan,
    NotifyPlan,
    RoutePlan,
    Written,
)
from gateway.config.validate import Validator
from gateway.core.alarm import Priority

CHANNELS = "channels"
ROUTES = "routes"
NOTIFY_MAPS = (CHANNELS, ROUTES)
NOTIFY_LISTS = ("inhibit", "heartbeat")
NOTIFY_KEYS = field_names(NotifyModel) | set(NOTIFY_MAPS)

_PRIORITIES = {"high": Priority.HIGH, "medium": Priority.MEDIUM, "low": Priority.LOW}


class NoticeReader:
    """Reads the merged `notify:`."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator

    def read(self, node: Mapping | None) -> NotifyPlan:
        """The plan; entries with problems are left out."""
        if node is None:
            return NotifyPlan()
        model = self._validator.read(NotifyModel, node.without(frozenset(NOTIFY_MAPS)), frozenset(NOTIFY_MAPS))
        routes = node.items.get(ROUTES)
        found = self._routes(routes) if isinstance(routes, Mapping) else ()
        if model is None:
            return NotifyPlan(found)
        heartbeats = zip(_entries(node, "heartbeat"), model.heartbeat, strict=True)
        inhibitions = zip(_entries(node, "inhibit"), model.inhibit, strict=True)
        return NotifyPlan(
            routes=found,
            inhibitions=tuple(
                InhibitionPlan(_part(one, "source", m.source), _part(one, "target", m.target), tuple(m.equal))
                for one, m in inhibitions
            ),
            heartbeats=tuple(HeartbeatPlan(_text(one, "channel"), m.every) for one, m in heartbeats),
            page_url=(model.url or "").rstrip("/"),
            digest_above=model.digest_above,
        )

    def _routes(self, node: Mapping) -> tuple[RoutePlan, ...]:
        found = (self._route(name, node.keys[name], entry) for name, entry in node.items.items())
        return tuple(route for route in found if route is not None)

    def _route(self, name: str, mark: Mark, node: Node) -> RoutePlan | None:
        check_name(name, mark, checked_id, self._validator.report)
        model = self._validator.read(RouteModel, node, of=f"route `{name}`")
        if model is None or not isinstance(node, Mapping):
            return None
        steps = zip(_entries(node, "escalate"), model.escalate, strict=True)
        return RoutePlan(
            name=name,
            mark=mark,
            match=_match(node, model),
            channels=all_written(node, CHANNELS),
            group_by=tuple(model.group_by),
            group_wait_s=model.group_wait,
            group_interval_s=model.group_interval,
            repeat_interval_s=model.repeat_interval,
            sends_returned=model.send_returned,
            mute=all_written(node, "mute"),
            escalation=tuple(EscalationPlan(step.after, all_written(one, CHANNELS)) for one, step in steps),
        )


def _entries(node: Mapping, key: str) -> list[Mapping]:
    found = node.items.get(key)
    return [one for one in found.entries if isinstance(one, Mapping)] if isinstance(found, Sequence) else []


def _part(node: Mapping, key: str, model: MatchModel) -> MatchPlan:
    inner = node.items[key]
    assert isinstance(inner, Mapping)
    return _match(inner, model)


def _match(node: Mapping, model: MatchModel) -> MatchPlan:
    marks = keys_of(node, "labels")
    return MatchPlan(
        at_least=_PRIORITIES[model.at_least] if model.at_least else None,
        rules=all_written(node, "rules"),
        enterprises=all_written(node, "enterprises"),
        devices=all_written(node, "devices"),
        areas=all_written(node, "areas"),
        labels=tuple((name, Written(text, marks[name])) for name, text in sorted(model.labels.items())),
    )


def _text(node: Mapping, key: str) -> Written:
    found = written(node, key)
    assert found is not None
    return found
