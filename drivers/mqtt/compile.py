"""From a connection's plan to what runs: blocks, extraction plans, the router of topics, the subscriptions."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from typing import cast
from zoneinfo import ZoneInfo

from drivers.mqtt.config import Connection, DeviceAddress, PointAddress, Time
from drivers.mqtt.mapper import Plan
from drivers.mqtt.path import compile_path, parse_path
from drivers.mqtt.times import TimeFormat, TimeRule
from drivers.mqtt.topics import Router, fewest, fill, subscription
from drivers.mqtt.values import all_at_once, reader
from gateway.config.plan import ConnectionPlan, DevicePlan
from gateway.core.batch import Block
from gateway.core.device import Device
from gateway.core.point import Point


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything that a source looks up while it runs."""

    plans: tuple[Plan, ...]
    router: Router[Plan]
    filters: tuple[str, ...]  # to subscribe to
    topics: dict[Device, tuple[str, ...]]  # topics or filters that each device publishes on


def compile_connection(plan: ConnectionPlan) -> Compiled:
    """Compile all devices of a connection. Points that share their topics are one block."""
    options = cast("Connection", plan.options)
    listeners: dict[str, list[Plan]] = defaultdict(list)
    filters: list[str] = []
    for device in plan.devices:
        for templates, found in _blocks(options, device):
            words = _words(device)
            for template in templates:
                listeners[fill(template, **words)].append(found)
                filters.append(_filter(template, options, words))
    plans = tuple(dict.fromkeys(found for group in listeners.values() for found in group))
    topics: dict[Device, list[str]] = defaultdict(list)
    for topic, group in listeners.items():
        for found in group:
            topics[found.block.device].append(topic)
    return Compiled(
        plans,
        Router({topic: tuple(group) for topic, group in listeners.items()}),
        fewest(filters),
        {device: tuple(dict.fromkeys(group)) for device, group in topics.items()},
    )


def _words(device: DevicePlan) -> dict[str, str]:
    address = cast("DeviceAddress", device.address)
    return {"device": address.topic_id or device.device.id, "enterprise": device.device.enterprise}


def _filter(template: str, options: Connection, words: dict[str, str]) -> str:
    """One subscription for all devices of a connection's template; a device's own topic stays its own."""
    return subscription(template) if template in options.topics else fill(template, **words)


def _blocks(options: Connection, device: DevicePlan) -> list[tuple[tuple[str, ...], Plan]]:
    address = cast("DeviceAddress", device.address)
    usual = (address.topic,) if address.topic else options.topics
    groups: dict[tuple[str, ...], list[tuple[Point, PointAddress]]] = defaultdict(list)
    for group in device.groups:
        for point, where in zip(group.points, group.addresses, strict=True):
            place = cast("PointAddress", where)
            groups[(place.topic,) if place.topic else usual].append((point, place))
    rule = address.time or options.time
    return [(topics, _plan(device.device, address.expect, rule, points)) for topics, points in groups.items()]


def _plan(device: Device, expect_s: float, rule: Time, points: list[tuple[Point, PointAddress]]) -> Plan:
    steps = [parse_path(place.path or ("$" if place.topic else _quoted(point.name))) for point, place in points]
    finds = tuple(compile_path(path) for path in steps)
    has_words = any(place.values for _, place in points)
    return Plan(
        block=Block(device, tuple(point for point, _ in points), interval_s=expect_s),
        finds=finds,
        reads=tuple(reader(find, place.type, place.values) for find, (_, place) in zip(finds, points, strict=True)),
        read_all=all_at_once([] if has_words else steps, [place.type for _, place in points]),
        time=_time_rule(rule),
        takes_scalar=any(not path for path in steps),
        takes_array=any(path and isinstance(path[0], int) for path in steps),
    )


def _quoted(name: str) -> str:
    return f'"{name}"'


def _time_rule(rule: Time) -> TimeRule:
    return TimeRule(
        find=None if rule.format is TimeFormat.NONE else compile_path(parse_path(rule.path)),
        format=rule.format,
        zone=UTC if rule.zone == "UTC" else ZoneInfo(rule.zone),  # UTC needs no file
        past_ns=round(rule.past * 1e9),
        future_ns=round(rule.future * 1e9),
    )
