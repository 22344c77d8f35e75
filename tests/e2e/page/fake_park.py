"""A park that exists only in numbers: deterministic answers of the API for the page's tests."""

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
START_MS = int(datetime(2026, 11, 19, 6, 32, 7, tzinfo=UTC).timestamp() * 1000)  # 14:32:07 in Shanghai
GAP_MS = (START_MS - 51 * 60_000, START_MS - 44 * 60_000)  # nothing was stored between 13:41 and 13:48

ENTERPRISES = (
    ("dongyue", "Dongyue Dyeing", "东越印染", 1462.3, 64, 30),
    ("jinbo", "Jinbo Castings", "金波铸造", 1318.6, 58, 17),
    ("weike", "Weike Tooling", "维科刀具", 171.9, 22, 3),
    ("ruihe", "Ruihe Plastics", "瑞禾塑料", 846.1, 46, 21),
    ("lantian", "Lantian Cold Chain", "蓝天冷链", 655.0, 28, 19),
    ("xinchen", "Xinchen Electronics", "新辰电子", 602.4, 52, 18),
    ("antu", "Antu Auto Parts", "安途汽配", 527.8, 49, 9),
    ("mingde", "Mingde Pharma", "明德制药", 451.2, 31, 12),
    ("qingyuan", "Qingyuan Food", "清源食品", 301.5, 24, 8),
    ("huali", "Huali Packaging", "华利包装", 248.7, 18, 5),
    ("baishan", "Baishan Furniture", "白杉家具", 124.6, 14, 1),
    ("common", "Park common services", "园区公共设施", 184.7, 6, 3),
)

POINTS = (
    ("power_active", "Active power", "有功功率", "kW", 249.9, 1),
    ("power_reactive", "Reactive power", "无功功率", "kvar", 109.0, 1),
    ("power_factor", "Power factor", "功率因数", "", 0.917, 1),
    ("current_l1", "Current L1", "A 相电流", "A", 436.1, 1),
    ("current_l2", "Current L2", "B 相电流", "A", 402.3, 1),
    ("current_l3", "Current L3", "C 相电流", "A", 344.6, 1),
    ("voltage_l1", "Voltage L1", "A 相电压", "V", 230.4, 1),
    ("frequency", "Frequency", "频率", "Hz", 49.98, 1),
    ("energy_import", "Energy import", "正向电能", "kWh", 1284306.4, 10),
    ("energy_export", "Energy export", "反向电能", "kWh", 0.0, 10),
    ("thd_current_l1", "THD current L1", "A 相电流谐波", "%", 18.7, 10),
    ("cabinet_temperature", "Cabinet temperature", "柜内温度", "°C", 31.5, 60),
)

NO_REGISTER = "The device has no register 3110 (exception 2)."

METERS = (
    "Stenter 1 feeder",
    "Stenter 2 feeder",
    "Jet dyeing A",
    "Jet dyeing B",
    "Boiler house",
    "Compressors",
    "Water treatment",
    "Offices",
)


def name(en: str, zh: str = "") -> Json:
    """A name in both languages."""
    return {"en": en, "zh": zh or en}


@dataclass(slots=True)
class FakePark:
    """What the gateway would say; tests change its fields while the page is open."""

    empty: bool = False
    mute: bool = False  # the stream stays open and says nothing
    refuse_stream: bool = False  # the stream is closed and refused
    failing: set[str] = field(default_factory=set)  # API paths (first segment) that answer 500
    silent: set[str] = field(default_factory=lambda: {"huali-1"})
    storage: str = "ok"
    grid_kw: float = 5794.0
    no_grid_meter: bool = False  # no device has `role: grid`
    broker: str | None = None  # dongyue-1 is behind this MQTT broker
    faultless: bool = False
    sink_changes: Json = field(default_factory=dict)  # of influx-park
    contract_kw: float | None = 6000.0
    demand: Json | None = None  # of the quarter-hour that runs
    cost_today: str | None = "48902.55"  # of the park
    whole_today: bool = False  # every row's energy is known
    by_records: list[str] = field(default_factory=list)  # sources that its running emissions leave out
    no_accounts: bool = False  # the stream says nothing of energy
    no_tariff: bool = False
    account_error: bool = False
    carbon: dict[str, Json] = field(default_factory=dict)  # changes of the carbon summary and trace
    account_asked: list[str] = field(default_factory=list)  # queries for days
    device_name: str | None = None  # of dongyue-1
    hold: set[str] = field(default_factory=set)  # tags whose value grows old
    is_closing: bool = False
    streams: int = 0
    reloads: int = 0  # how often another configuration was taken in
    asked: list[str] = field(default_factory=list)  # queries of the live stream
    begun: float = field(default_factory=time.monotonic)

    def now_ms(self) -> int:
        """The park's time: starts at 14:32:07 with each test."""
        return START_MS + int((time.monotonic() - self.begun) * 1000)

    def device_ids(self) -> list[str]:
        """Devices in the order of configuration: two incomers, PV, then eight per enterprise."""
        if self.empty:
            return []
        return ["tx1", "tx2", "pv1", *(f"{e[0]}-{i}" for e in ENTERPRISES for i in range(8))]

    def state(self, device: str) -> str:
        """State of a device; the last two of every enterprise are not connected."""
        if device[-2:] in ("-6", "-7"):
            return "not_connected"
        return "silent" if device in self.silent else "answering"

    def live_state(self, device: str) -> Json:
        """As in the stream."""
        state, now = self.state(device), self.now_ms()
        last = {"answering": now - 700, "silent": START_MS - 1_800_000}.get(state)
        since = {"answering": START_MS - 7_200_000, "silent": START_MS - 1_790_000}.get(state)
        return {"state": state, "since_ms": since, "last_answer_ms": last}

    def device(self, device: str) -> Json:
        """One device without its points."""
        owner, _, number = device.partition("-")
        en = METERS[int(number)] if number else {"tx1": "Incomer 1", "tx2": "Incomer 2", "pv1": "PV roof"}[device]
        connected = self.state(device) != "not_connected"
        shown = self.device_name if self.device_name and device == "dongyue-1" else en
        return {
            "id": device,
            "name": name(shown),
            "enterprise": owner if number else "common",
            "kind": "meter",
            "role": {"tx1": "grid", "tx2": "grid", "pv1": "pv"}.get(device),
            "driver": ("mqtt" if self._is_published(device) else "modbus") if connected else None,
            "connection": "mbtcp-east" if connected else None,
            "address": self.broker if self._is_published(device) else "10.20.1.21:502, unit 12" if connected else "",
            **self.live_state(device),
            "intervals_s": [1, 10] if connected else [],
            "points": len(POINTS) if connected else 0,
            "faults": self._faults(device),
            "power_kw": 249.9 if self.state(device) == "answering" else None,
        }

    def _is_published(self, device: str) -> bool:
        return self.broker is not None and device == "dongyue-1"

    def _faults(self, device: str) -> list[Json]:
        if self.faultless:
            return []
        if self.state(device) == "silent":
            said = {"quality": "timeout", "message": "No answer for 30 min.", "hint": "Others on the line answer."}
            return [{"points": [], **said, "time_ms": START_MS}]
        if device != "dongyue-1":
            return []
        said = {"quality": "no_register", "message": NO_REGISTER, "hint": "Other points are not affected."}
        return [{"points": ["cabinet_temperature"], **said, "time_ms": START_MS}]

    def live_value(self, tag: str) -> list[Any]:
        """`[value, level, reason, time_ms]` now."""
        device, _, point = tag.rpartition(".")
        entry = next(p for p in POINTS if p[0] == point)
        now = self.now_ms()
        if self.state(device) == "silent":
            return [None, "bad", "timeout", START_MS - 1_790_000]
        if point == "cabinet_temperature":
            return [None, "none", "", None] if device == "dongyue-1" else [entry[4], "good", "", now - 30_000]
        if tag in self.hold:
            return [entry[4], "good", "", START_MS - 1000]
        if point == "energy_export":
            return [entry[4], "good", "", START_MS - 44_000]
        wave = round(entry[4] * (1 + 0.002 * math.sin(now / 3000)), 3)
        level = ("uncertain", "range") if point.startswith("thd") else ("good", "")
        return [wave if entry[4] else 0.0, *level, now - 700]

    def points(self, device: str) -> list[Json]:
        """The points of a device with their latest values."""
        if self.state(device) == "not_connected":
            return []
        return [self._point(device, *entry) for entry in POINTS]

    def _point(self, device: str, point: str, en: str, zh: str, unit: str, _: float, interval: int) -> Json:
        value, level, reason, time_ms = self.live_value(f"{device}.{point}")
        return {
            "tag": f"{device}.{point}",
            "device": device,
            "point": point,
            "name": name(en, zh),
            "unit": unit,
            "kind": "counter" if point.startswith("energy") else "gauge",
            "type": "float",
            "words": {},
            "value": value,
            "level": level,
            "reason": reason,
            "time_ms": time_ms,
            "interval_s": interval,
            "stale_after_s": 3 * interval,
        }

    def counts(self, owner: str | None = None) -> Json:
        """How many machines are known, connected, answering, silent; more than there are devices here."""
        rows = [] if self.empty else [e for e in ENTERPRISES if owner in (None, e[0])]
        silent = len([d for d in self.silent if owner is None or d.startswith(f"{owner}-")]) if rows else 0
        connected = sum(e[5] for e in rows)
        return {
            "known": sum(e[4] for e in rows),
            "connected": connected,
            "answering": connected - silent,
            "silent": silent,
        }

    def park(self) -> Json:
        """The numbers of the Park page."""
        rows = [] if self.empty else ENTERPRISES
        uses = {e[0]: None if e[0] == "baishan" else e[3] for e in rows}
        losses = self.grid_kw + 1236.0 - sum(kw or 0.0 for kw in uses.values())
        enterprises = [
            {
                "id": e[0],
                "name": name(e[1], e[2]),
                "power_kw": uses[e[0]],
                "partial": self._is_partial(e[0]),
                **self.counts(e[0]),
            }
            for e in rows
        ]
        tags = {"grid": ["tx1.power_active", "tx2.power_active"], "pv": ["pv1.power_active"]}
        return {
            "time_ms": self.now_ms(),
            "grid_kw": None if self.empty or self.no_grid_meter else self.grid_kw,
            "grid_partial": False,
            "pv_kw": None if self.empty else 1236.0,
            "pv_partial": False,
            "contract_demand_kw": self.contract_kw,
            "demand": self.demand,
            "enterprises": enterprises,
            "residual_kw": None if self.empty or self.no_grid_meter else round(losses, 3),
            "devices": self.counts(),
            "storage": self.storage,
            "trend": {"grid": [], "pv": []} if self.empty else tags | ({"grid": []} if self.no_grid_meter else {}),
        }

    def _is_partial(self, owner: str) -> bool:
        return any(device.startswith(f"{owner}-") for device in self.silent)

    def history(self, tag: str, from_ms: int, to_ms: int, step_s: int) -> Json:
        """Buckets with the shape of a working day; the gap is absent."""
        rows = []
        step = step_s * 1000
        for at in range(from_ms - from_ms % step, min(to_ms, self.now_ms()), step):
            if GAP_MS[0] < at + step and at < GAP_MS[1] and not tag.startswith(("tx", "pv")):
                continue
            value = self._shape(tag, at)
            rows.append([at, value * 0.98, value, value * 1.02, value, 10])
        return {
            "tag": tag,
            "unit": "kW",
            "from_ms": from_ms,
            "to_ms": to_ms,
            "step_s": step_s,
            "columns": ["time_ms", "min", "mean", "max", "last", "count"],
            "rows": rows,
            "truncated": False,
        }

    def _shape(self, tag: str, at: int) -> float:
        hour = (at / 3_600_000 + 8) % 24
        sun = max(0.0, math.sin((hour - 6.5) / 11 * math.pi)) if 6.5 < hour < 17.5 else 0.0
        if tag.startswith("pv"):
            return round(1500 * sun, 2)
        if tag.startswith("tx"):
            work = 1 / (1 + math.exp(-(hour - 8.5))) - 1 / (1 + math.exp(-(hour - 20)))
            return round(1850 + 1250 * work - 300 * sun * (12 < hour < 13) + 40 * math.sin(hour * 5), 2)
        base = next(p[4] for p in POINTS if tag.endswith(p[0]))
        return round(base * (1 + 0.03 * math.sin(at / 311_000) + 0.02 * math.sin(at / 97_000)), 3)

    def status(self) -> Json:
        """The gateway itself."""
        now = self.now_ms()
        site = name("Qinghe Industrial Park", "清河产业园")
        return {
            "version": "0.1.0",
            "site": {"id": "qinghe", "name": site, "timezone": "Asia/Shanghai", "contract_demand_kw": self.contract_kw},
            "time_ms": now,
            "started_ms": START_MS - 86_400_000,
            "uptime_s": 86_400.0,
            "sources": [_source("mbtcp-east"), {**_source("rtu-line-2"), **REFUSED}],
            "sinks": [
                _sink("history", "history", now),
                {**_sink("influx-park", "influxdb", now), **_late(now), **self.sink_changes},
            ],
            "outbox": {
                "bytes": 3_040_870,
                "rows": 812,
                "max_bytes": 2_147_483_648,
                "oldest_ms": now - 794_000,
                "waited_s": 794.0,
                "commits": 190_233,
                "commit_p99_ms": 8.2,
                "free_bytes": 33_285_996_544,
                "findings": [],
            },
            "devices": self.counts(),
            "findings": ["rtu-line-2 needs 88 % of its time; read every 2 s instead of 1 s."],
        }


REFUSED: Json = {
    "state": "waiting",
    "error": "The connection was refused.",
    "hint": "Check the line's gateway.",
    "retry_in_s": 12.0,
}


def _source(source: str) -> Json:
    return {
        "name": source,
        "driver": "modbus",
        "address": "10.20.1.21:502",
        "state": "running",
        "since_ms": START_MS,
        "error": None,
        "hint": "",
        "retry_in_s": None,
        "devices": 22,
        "counts": {"requests": 90_412, "timeouts": 18},
    }


def _sink(sink: str, driver: str, now: int) -> Json:
    return {
        "name": sink,
        "driver": driver,
        "state": "delivering",
        "since_ms": START_MS,
        "error": None,
        "hint": "",
        "last_success_ms": now,
        "oldest_ms": now - 1000,
        "waited_s": 1.0,
        "accepted": 728_773_117,
        "delivered": 728_772_581,
        "buffered": 536,
        "quarantined": 0,
        "dropped": {},
        "balanced": True,
        "counts": {},
    }


def _late(now: int) -> Json:
    return {
        "state": "waiting",
        "error": "influx.park.local:8086 does not answer.",
        "hint": "The values wait here.",
        "oldest_ms": now - 794_000,
        "waited_s": 794.0,
        "delivered": 728_360_097,
        "buffered": 412_306,
        "quarantined": 500,
        "dropped": {"cap_age": 214},
    }
