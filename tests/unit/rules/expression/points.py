"""Points that expressions in these tests can name."""

from collections.abc import Sequence

from gateway.core.point import PointKind, ValueType
from gateway.core.quality import Quality
from rules.expression.program import Evaluation, Expression, compile_expression
from rules.expression.scope import Operand

S = 1_000_000_000
MS = 1_000_000


def _point(name: str, unit: str = "", form: ValueType = ValueType.FLOAT, **more: object) -> Operand:
    return Operand(name if "." in name else f"tx1.{name}", form, unit, **more)  # type: ignore[arg-type]


_POINTS = (
    _point("power_active", "kW", interval_s=1.0, stale_after_s=3.0),
    _point("power_total", "W"),
    _point("voltage_a", "V"),
    _point("voltage_b", "V"),
    _point("voltage_c", "V"),
    _point("temperature", "°C", stale_after_s=60.0),
    _point("temperature_out", "°F"),
    _point("soc", "%"),
    _point("energy_import", "kWh", kind=PointKind.COUNTER),
    _point("energy_reactive", "kvarh", kind=PointKind.COUNTER),
    _point("gas", "m³", kind=PointKind.COUNTER),
    _point("odd", "furlong"),
    _point("state", form=ValueType.INT, kind=PointKind.STATE, words=((0, "stopped"), (1, "running"), (2, "Fault"))),
    _point("door", form=ValueType.BOOL, kind=PointKind.STATE, words=((0, "closed"), (1, "open"))),
    _point("model", form=ValueType.TEXT),
    _point("min", "kW"),
    _point("a", stale_after_s=0.02),
    _point("b", stale_after_s=0.02),
    _point("n", form=ValueType.INT, stale_after_s=0.02),
    _point("on", form=ValueType.BOOL),
    _point("off", form=ValueType.BOOL),
    _point("c", kind=PointKind.COUNTER, stale_after_s=0.02),
    _point("tx2.power_active", "kW"),
    _point("dongyue-main.power_active", "kW"),
    _point("10kv-in.power_active", "kW"),
    _point("2.power_active", "kW"),
)


class Park:
    """A scope with the points above; those of tx1 also by their bare names."""

    def __init__(self) -> None:
        self._by_name = {point.tag: point for point in _POINTS}
        self._by_name |= {tag.removeprefix("tx1."): point for tag, point in self._by_name.items() if "tx1." in tag}

    def resolve(self, name: str) -> Operand | None:
        """The point of this name."""
        return self._by_name.get(name)

    def known(self) -> Sequence[str]:
        """All names."""
        return list(self._by_name)


def compiled(text: str, **more: object) -> Expression:
    """A compiled expression over the points above."""
    return compile_expression(text, Park(), **more)  # type: ignore[arg-type]


class Run:
    """An evaluation whose inputs go by name; time moves by hand, in seconds."""

    def __init__(self, text: str, **more: object) -> None:
        self.expression = compiled(text, **more)
        self.evaluation: Evaluation = self.expression.start()
        self.now_ns = 1000 * S
        self.wall_ns = 1_795_000_000 * S  # UTC minus steady time
        self._slots = {point.tag.removeprefix("tx1."): slot for slot, point in enumerate(self.expression.inputs)}

    def push(self, **values: object) -> "Run":
        """Samples of this moment; quality bad where `None`."""
        for name, value in values.items():
            quality = Quality.BAD_TIMEOUT if value is None else Quality.GOOD
            self.evaluation.push(self._slots[name], value, quality, self.now_ns)  # type: ignore[arg-type]
        return self

    def doubtful(self, **values: object) -> "Run":
        """Uncertain samples of this moment."""
        for name, value in values.items():
            self.evaluation.push(self._slots[name], value, Quality.UNCERTAIN_RANGE, self.now_ns)  # type: ignore[arg-type]
        return self

    def after(self, seconds: float) -> "Run":
        """Let time pass."""
        self.now_ns += round(seconds * S)
        return self

    @property
    def value(self) -> object:
        """The result now."""
        return self.evaluation.evaluate(self.now_ns, self.wall_ns + self.now_ns)

    @property
    def quality(self) -> Quality:
        """Of that result."""
        return self.evaluation.quality()

    @property
    def due_s(self) -> float | None:
        """Seconds from now until the result may change by itself."""
        due_ns = self.evaluation.next_due_ns(self.now_ns, self.wall_ns + self.now_ns)
        return None if due_ns is None else (due_ns - self.now_ns) / S
