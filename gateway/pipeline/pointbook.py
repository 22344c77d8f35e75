"""Which points each device has: those of its source, those that rules compute, and those of the energy account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.config.plan import ParkPlan
from gateway.core.point import Point


@dataclass(frozen=True, slots=True)
class PointBook:
    """Of one configuration."""

    points: dict[str, dict[str, Point]] = field(default_factory=dict)  # by device and name
    tags: dict[str, dict[str, None]] = field(default_factory=dict)  # by device, in order
    former: dict[str, str] = field(default_factory=dict)  # tags of sources: former -> present

    def add(self, computed: Mapping[str, Mapping[str, Point]]) -> None:
        """Let devices have these points, too."""
        for device, points in computed.items():
            self.points[device] = {**self.points.get(device, {}), **points}
            self.tags.setdefault(device, {}).update(dict.fromkeys(f"{device}.{name}" for name in points))

    def wanted(self, others: Iterable[str]) -> dict[str, str | None]:
        """Every tag that needs an integer id, with the tag that had it before; `others` have no device here."""
        before = {present: former for former, present in self.former.items()}
        own = [tag for tags in self.tags.values() for tag in tags]
        return {tag: before.get(tag) for tag in dict.fromkeys([*others, *own])}


def point_book(plan: ParkPlan, *computed: Mapping[str, Mapping[str, Point]]) -> PointBook:
    """The points of all connected devices, and of any device the computed ones."""
    book = PointBook()
    former_ids = {new: old for old, new in plan.renamed_devices}
    for device in (one for connection in plan.connections for one in connection.devices):
        name = device.device.id
        points = {point.name: point for point in device.points}
        book.points[name] = points
        book.tags[name] = dict.fromkeys(f"{name}.{point}" for point in points)
        for point in points.values():
            former = f"{former_ids.get(name, name)}.{point.renamed_from or point.name}"
            if former != f"{name}.{point.name}":
                book.former[former] = f"{name}.{point.name}"
    for points_by_device in computed:
        book.add(points_by_device)
    return book
