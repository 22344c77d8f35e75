"""One type per field and measurement over the whole park: InfluxDB refuses the second type that it sees."""

from dataclasses import dataclass, field

from gateway.config.points import PointSet
from gateway.config.problems import Mark, Report
from gateway.core.point import ValueType


@dataclass(slots=True)
class FieldTypes:
    """The type of every field (point name) of every measurement (device kind), and where it was first written."""

    _types: dict[tuple[str, str], tuple[ValueType, Mark]] = field(default_factory=dict)
    _checked: set[tuple[str, int]] = field(default_factory=set)  # (kind, identity of a point set that lives on)
    _kept: list[PointSet] = field(default_factory=list)

    def check(self, kind: str, points: PointSet, report: Report) -> None:
        """Compare the points of a device with all before it; a contradiction is a problem that names both places."""
        if (kind, id(points)) in self._checked:
            return
        self._checked.add((kind, id(points)))
        self._kept.append(points)
        for group in points.groups:
            for point in group.points:
                mark = points.marks[point.name]
                first_type, first_mark = self._types.setdefault((kind, point.name), (point.type, mark))
                if first_type is not point.type:
                    what = (
                        f"field `{point.name}` of kind `{kind}` is {point.type} here and {first_type} at {first_mark}"
                    )
                    report.error(mark, what, "give one of them another name or kind, or both the same type")
