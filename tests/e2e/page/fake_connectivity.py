"""Connectivity of the fake park: rates, hours, outages."""

from tests.e2e.page.fake_alarms import HOUR_MS, MINUTE_MS
from tests.e2e.page.fake_park import ENTERPRISES, START_MS, FakePark, Json, name

DOWN_S = 540.0  # the gateway itself, 19 hours ago
ANSWERING = name("It answers at the interval that is expected.", "按预期周期应答。")
SILENT = name(
    "No answer since 14:02:11. The line is fine: 3 other meters on it answer. Check the meter's supply and terminals.",
    "自 14:02:11 起无应答。线路正常：另外 3 块表有应答。请检查电表电源和端子。",
)


def _rate(device: str, park: FakePark) -> float | None:
    state = park.state(device)
    return None if state == "not_connected" else 0.979 if state == "silent" else 0.99996 if device[-1] == "1" else 1.0


def _hours(device: str, park: FakePark) -> list[Json]:
    start = START_MS - START_MS % HOUR_MS - 23 * HOUR_MS
    rate = _rate(device, park)
    hours = []
    for i in range(24):
        part = 0.05 if i == 23 and park.state(device) == "silent" else 1.0
        down_s = DOWN_S if i == 4 else 0.0
        hours.append({"from_ms": start + i * HOUR_MS, "rate": None if rate is None else part, "gateway_down_s": down_s})
    return hours


def _counted(counts: Json, rate: float | None) -> Json:
    expected = counts["connected"] * 86_400
    good = int(expected * (rate or 0))
    return {
        **{key: counts[key] for key in ("known", "connected", "answering")},
        "expected": expected,
        "received": good,
        "good": good,
        "rate": rate,
        "reasons": {"timeout": expected - good} if expected > good else {},
        "gateway_down_s": DOWN_S,
    }


def outage(device: str) -> Json:
    """One that goes on since half an hour."""
    said = {"reason": "timeout", "message": "no answer within 1 s (3 times)"}
    return {"device": device, "from_ms": START_MS - 30 * MINUTE_MS, "to_ms": None, **said}


def overview(park: FakePark) -> Json:
    """The park and every enterprise."""
    rows = [] if park.empty else ENTERPRISES
    enterprises = [
        {"id": e[0], "name": name(e[1], e[2]), **_counted(park.counts(e[0]), 0.979 if e[0] == "huali" else 0.9996)}
        for e in rows
    ]
    period = {"name": "day", "from_ms": START_MS - 14 * HOUR_MS, "to_ms": START_MS}
    return {"park": _counted(park.counts(), 0.9934), "enterprises": enterprises, "period": period}


def of_device(device: str, park: FakePark) -> Json:
    """One device."""
    silent = park.state(device) == "silent"
    counts = {"known": 1, "connected": 1, "answering": 0 if silent else 1}
    over = {**outage(device), "from_ms": START_MS - 9 * HOUR_MS, "to_ms": START_MS - 8 * HOUR_MS}
    return {
        "id": device,
        **_counted(counts, _rate(device, park)),
        "sentence": SILENT if silent else ANSWERING,
        "hours": _hours(device, park),
        "days": [],
        "outages": [outage(device), over] if silent else [],
    }


def of_enterprise(owner: str, park: FakePark) -> Json:
    """One enterprise with its devices."""
    ids = [device for device in park.device_ids() if device.startswith(f"{owner}-")]
    devices = [
        {**of_device(device, park), "name": park.device(device)["name"], **park.live_state(device)} for device in ids
    ]
    silent = [device for device in ids if park.state(device) == "silent"]
    found = next(e for e in ENTERPRISES if e[0] == owner)
    return {
        "id": owner,
        "name": name(found[1], found[2]),
        **_counted(park.counts(owner), 0.979 if silent else 0.9996),
        "devices": devices,
        "longest_outages": [outage(device) for device in silent],
    }
