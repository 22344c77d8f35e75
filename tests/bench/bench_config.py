"""How long loading the configuration of a big park takes: 5,000 devices x 20 points, by profile and by CSV.

    taskset -c 0 python tests/bench/bench_config.py [--devices 5000] [--points 20]

Prints one JSON line per workload: seconds of the fastest and of the slowest of three loads.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from gateway.config import load
from gateway.plugins import DRIVERS

_ENTERPRISES = 40
_UNITS = 200  # behind one connection


def write_park(folder: Path, *, devices: int, points: int, by_table: bool) -> Path:
    """Write the `park.yaml` of a big park into a folder; its path."""
    lines = ["site: {id: big, name: {en: Big park, zh: 大园区}, timezone: Asia/Shanghai}", "enterprises:"]
    lines += [f"  - {{id: e{number}, name: Enterprise {number}}}" for number in range(_ENTERPRISES)]
    lines += ["connections:"]
    lines += [
        f"  line-{number}: {{driver: modbus, host: 127.0.0.1, port: {15_000 + number}, timeout: 1 s}}"
        for number in range((devices - 1) // _UNITS + 1)
    ]
    lines += ["profiles:", "  meter:", "    driver: modbus", "    kind: meter", "    groups: {fast: 1 s, slow: 10 s}"]
    lines += ["    points:"]
    lines += [
        f"      value_{number}: {{unit: kW, address: {2 * number}, table: input, type: float32, scale: 0.001,"
        f" group: {'slow' if number % 4 else 'fast'}, name: {{en: Value {number}, zh: 数值 {number}}}}}"
        for number in range(points)
    ]
    if by_table:
        rows = ["id,name.en,name.zh,enterprise,profile,connection,unit", *(",".join(_row(n)) for n in range(devices))]
        (folder / "meters.csv").write_text("\n".join(rows), encoding="utf-8")
        lines += ["devices: {csv: meters.csv}"]
    else:
        lines += ["devices:", *(_entry(number) for number in range(devices))]
    path = folder / "park.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _row(number: int) -> tuple[str, ...]:
    line, unit = divmod(number, _UNITS)
    return (
        f"meter-{number}",
        f"Meter {number}",
        f"电表 {number}",
        f"e{number % _ENTERPRISES}",
        "meter",
        f"line-{line}",
        str(unit + 1),
    )


def _entry(number: int) -> str:
    device, en, zh, enterprise, profile, line, unit = _row(number)
    return (
        f"  - {{id: {device}, name: {{en: {en}, zh: {zh}}}, enterprise: {enterprise}, profile: {profile},"
        f" connection: {line}, unit: {unit}}}"
    )


def measure(*, devices: int, points: int, by_table: bool) -> dict[str, object]:
    """Load three times; the result as the JSON line has it."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_park(Path(folder), devices=devices, points=points, by_table=by_table)
        taken_s: list[float] = []
        for _ in range(3):
            start = time.perf_counter()
            plan = load(path, DRIVERS).plan
            taken_s.append(time.perf_counter() - start)
    count = sum(len(group.points) for line in plan.connections for device in line.devices for group in device.groups)
    workload = f"load {devices} devices x {points} points by {'csv' if by_table else 'profile'}"
    return {"workload": workload, "points": count, "seconds": round(min(taken_s), 3), "worst_s": round(max(taken_s), 3)}


def main() -> None:
    """Measure both ways of writing the devices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=5000)
    parser.add_argument("--points", type=int, default=20)
    asked = parser.parse_args()
    for by_table in (False, True):
        print(json.dumps(measure(devices=asked.devices, points=asked.points, by_table=by_table)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
