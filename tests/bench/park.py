"""The configurations of the benchmark: one profile, a hundred devices, the sinks of the workload."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.publisher import POINTS as MQTT_POINTS

DEVICES = 100
POINTS = 60
TENANTS = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a workload switches on; `block_s` is the length of a history block, 0: no history."""

    interval_ms: float = 1000.0
    has_counters: bool = False  # the last point of each device counts energy
    block_s: float = 0.0
    quiet_rules: int = 0  # thresholds per device that nothing crosses
    crossed_rules: int = 0  # thresholds per device that are crossed in one poll of ten, and back in the next


def modbus_park(folder: Path, wanted: Wanted, ports: Sequence[int], sink_port: int, api_port: int) -> Path:
    """One device of 60 float32 on each port; the path of its park.yaml."""
    lines = [f"  line-{i}: {{driver: modbus, host: 127.0.0.1, port: {port}}}" for i, port in enumerate(ports)]
    floats = POINTS - wanted.has_counters
    points = [f"      value_{i}: {{unit: V, address: {2 * i}, type: float32}}" for i in range(floats)]
    if wanted.has_counters:
        scale = "unit: kWh, kind: counter, scale: 0.001"
        points.append(f"      value_{floats}: {{address: {2 * floats}, type: uint32, {scale}}}")
    groups = f"    groups: {{fast: {wanted.interval_ms:g} ms}}"
    profile = ["    driver: modbus", "    kind: meter", groups, "    points:"]
    devices = [
        f"  - {{id: meter-{i}, enterprise: tenant-{i % TENANTS}, profile: meter, connection: line-{i}, unit: 1}}"
        for i in range(len(ports))
    ]
    rules = _rules(wanted)
    return _write(folder, lines, [*profile, *points], devices, _sinks(sink_port, wanted), api_port, rules)


def _rules(wanted: Wanted) -> list[str]:
    """One alarm of each for every device. The simulated value i swings by 5 around 200 + i."""
    limits = [f"{200 + i + 4.75:g} V" for i in range(wanted.crossed_rules)] + ["10000 V"] * wanted.quiet_rules
    each = "for_each: {profile: meter}, priority: low"
    rules = [f"  limit-{i}: {{{each}, when: value_{i} > {limit}}}" for i, limit in enumerate(limits)]
    return ["alarms:", *rules] if rules else []


def mqtt_park(folder: Path, qos: int, broker_port: int, sink_port: int, api_port: int) -> Path:
    """A hundred devices behind a broker, six values a message; the path of its park.yaml."""
    options = f"driver: mqtt, host: 127.0.0.1, port: {broker_port}, qos: {qos}"
    line = f'  broker: {{{options}, topics: ["park/{{enterprise}}/{{device}}/telemetry"]}}'
    points = [f"      {name}: {{unit: kW}}" for name in MQTT_POINTS]
    devices = [
        f"  - {{id: meter-{i}, enterprise: tenant-{i % TENANTS}, profile: meter, connection: broker}}"
        for i in range(DEVICES)
    ]
    profile = ["    driver: mqtt", "    kind: meter", "    points:", *points]
    return _write(folder, [line], profile, devices, _sinks(sink_port, Wanted()), api_port)


def _sinks(port: int, wanted: Wanted) -> list[str]:
    history = f"{{driver: history, block: {wanted.block_s:g} s}}" if wanted.block_s else "none"
    server = f"url: 'http://127.0.0.1:{port}', org: bench, bucket: bench, token: '${{BENCH}}'"
    return [f"  history: {history}", f"  influx: {{driver: influxdb, {server}}}"]


def _write(
    folder: Path,
    lines: list[str],
    profile: list[str],
    devices: list[str],
    sinks: list[str],
    api_port: int,
    rules: Sequence[str] = (),
) -> Path:
    text = [
        "site: {id: bench, name: Bench, timezone: Asia/Shanghai}",
        "enterprises:",
        *(f"  - {{id: tenant-{i}, name: Tenant {i}}}" for i in range(TENANTS)),
        "connections:",
        *lines,
        "profiles:",
        "  meter:",
        *profile,
        "devices:",
        *devices,
        "sinks:",
        *sinks,
        f"store: {{directory: {folder / 'data'}}}",
        f"api: {{port: {api_port}}}",
        *rules,
    ]
    path = folder / "park.yaml"
    path.write_text("\n".join(text), encoding="utf-8")
    return path
