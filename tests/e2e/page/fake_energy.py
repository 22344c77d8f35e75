"""Energy, cost and emissions of the fake park: running figures in the stream, and what an enterprise's page asks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.e2e.page.fake_park import ENTERPRISES, FakePark, Json, name

TODAY = date(2026, 11, 19)
_NOW = "2026-11-19T14:30:00+08:00"
_KWH_PER_KW = 11.0  # of today, for the rows
_LESS = 10.8  # where something is left for losses


def _flow(direction: str, quantity: str | None, **more: Any) -> Json:
    return {
        "medium": "electricity",
        "direction": direction,
        "quantity": quantity,
        "unit": "kWh",
        "is_lower_bound": False,
        "measured_percent": "100",
        "estimated_percent": "0",
        "missing_percent": "0",
        **more,
    }


def _figures(energy: list[Json], cost: str | None, scope1: str, scope2: str) -> Json:
    total = format(float(scope1) + float(scope2), "f")
    return {
        "energy": energy,
        "cost": None if cost is None else {"amount": cost, "currency": "CNY", "is_lower_bound": False},
        "emissions": {
            "basis": "location",
            "scope1_kg": scope1,
            "scope2_kg": scope2,
            "total_kg": total,
            "is_lower_bound": False,
            "scope1_is_lower_bound": False,
            "scope2_is_lower_bound": False,
            "sources_not_in_it": [],
        },
    }


def running(park: FakePark) -> list[Json]:
    """What the stream says of today: the park, and each enterprise; Huali has a gap, Baishan nothing."""
    whole = [_flow("import", "66373.4"), _flow("generation", "8313.6", estimated_percent="0.4")]
    today = _figures(whole, park.cost_today, "9010", "35690.5")
    lacks = bool(park.by_records)
    today["emissions"] |= {
        "is_lower_bound": lacks, "scope1_is_lower_bound": lacks, "sources_not_in_it": park.by_records,
    }  # fmt: skip
    found = [{"id": "qinghe", "kind": "park", "today": today}]
    for owner, _, _, kw, _, _ in ENTERPRISES:
        flow = _flow(
            "import",
            f"{kw * (_LESS if park.whole_today else _KWH_PER_KW):.1f}",
            is_lower_bound=owner == "huali" and not park.whole_today,
        )
        if owner == "baishan" and not park.whole_today:
            flow |= {"quantity": None, "is_lower_bound": True}
        figures = _figures([] if owner == "common" else [flow], None, "0", "100")
        figures["shared"] = flow if owner == "common" else None
        found.append({"id": owner, "kind": "enterprise", "today": figures})
    return found


def hours(park: FakePark) -> Json:
    """Emissions by the hour until 14:32; the hour in which nothing was stored is a lower bound."""
    midnight_ms = int(datetime(2026, 11, 18, 16, tzinfo=UTC).timestamp() * 1000)
    found = []
    for hour in range(0 if park.no_accounts or park.empty else 15):
        scope2 = 1900 + 60 * hour
        found.append({
            "start_ms": midnight_ms + hour * 3_600_000, "basis": "location", "scope1_kg": "600.5",
            "scope2_kg": str(scope2), "total_kg": str(scope2 + 600.5), "is_lower_bound": hour == 13,
            "scope1_is_lower_bound": hour == 13, "scope2_is_lower_bound": False, "sources_not_in_it": [],
        })  # fmt: skip
    return {"entity": {"id": "qinghe", "kind": "park"}, "basis": "location", "hours": found}


def _window(start: str, end: str, *, is_running: bool = False) -> Json:
    return {"label": "month", "from": start, "to": end, "zone": "Asia/Shanghai", "is_running": is_running}


def _usage(period: str) -> Json:
    is_running = period in ("month", "today")
    start = "2026-11-19" if period == "today" else "2026-11-01" if period == "month" else "2026-10-01"
    window = _window(f"{start}T00:00:00+08:00", _NOW if is_running else "2026-11-01T00:00:00+08:00")
    before = _figures([_flow("import", "149000")], "100000", "4500", "68000")
    gas = {**_flow("import", "2140"), "medium": "gas", "unit": "Nm3"}
    flow = _flow("import", "153124.7", estimated_percent="0.2")
    missing = _figures([_flow("import", "80000", is_lower_bound=True)], None, "0", "0")
    missing["emissions"] |= {"is_lower_bound": True, "scope1_is_lower_bound": True, "scope2_is_lower_bound": True}
    return {
        "entity": {"id": "huali", "kind": "enterprise", "name": name("Huali Packaging", "华利包装")},
        "period": {**window, "is_running": is_running},
        **_figures([flow, gas], "102246.58", "4630", "68240"),
        "comparison": {
            "previous_period": {"period": _window("2026-10-01T00:00:00+08:00", "2026-10-19T14:30:00+08:00"), **before},
            "previous_year": {"period": _window("2025-11-01T00:00:00+08:00", "2025-11-19T14:30:00+08:00"), **missing},
        },
        "electricity": {
            "maximum_demand": {"kw": "412.3", "time": "2026-11-18T10:15:00+08:00", "interval_s": 900},
            "load_factor": "0.62",
            "base_load": {"kw": "38.2", "nights": 18},
            "off_hours": {"quantity": "21404.5", "unit": "kWh", "percent": "13.98"},
            "known_intervals": 1700,
            "supply": {"self_consumption": None, "autarky": None},
            "chargers": None,
        },
        "shared_meters_not_in_it": ["virtual.common"],
    }


def _days() -> Json:
    items = []
    for step in range(19):
        day = date(2026, 11, 1) + timedelta(days=step)
        kwh = 5_200.0 if day.weekday() > 4 else 9_450.0 + 60 * (step % 4)
        flow = _flow("import", f"{2501.7 if day == TODAY else kwh:.1f}")
        if day == TODAY:
            flow |= {"measured_percent": "93.5", "estimated_percent": "6.5"}
        if step == 7:
            flow |= {"is_lower_bound": True, "quantity": "3100", "missing_percent": "40", "measured_percent": "60"}
        if step == 10:
            flow |= {"is_lower_bound": True, "quantity": None, "missing_percent": "100", "measured_percent": "0"}
        items.append({"day": day.isoformat(), **flow})
    return {"entity": {}, "period": {}, "items": items}


_BANDS = (
    ("Super-peak", "尖峰", "14087.5", "1.2154", "17121.95"),
    ("Peak", "高峰", "43487.4", "0.9487", "41256.50"),
    ("Flat", "平段", "48693.7", "0.6102", "29712.90"),
    ("Valley", "低谷", "46856.1", "0.3021", "14155.23"),
)


def _statement() -> Json:
    lines = [
        {"kind": "energy", "name": name(en, zh), "quantity": kwh, "unit": "kWh", "price": price, "amount": amount}
        for en, zh, kwh, price, amount in _BANDS
    ]
    return {
        "period": _window("2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00", is_running=True),
        "currency": "CNY",
        "tariffs": [{"id": "zj-2026-11", "name": name("Zhejiang 10 kV, two-part", "浙江 10 kV 两部制")}],
        "lines": lines,
        "total": "102246.58",
        "energy": {"quantity": "153124.7", "unit": "kWh"},
        "is_complete": False,
        "is_lower_bound": True,
        "missing": [
            name("the month is not over: 2026-11-19T14:30:00+08:00", "该月尚未结束：2026-11-19T14:30:00+08:00")
        ],
    }


def _basis(basis: str, kg: str, *, is_default: bool = False) -> Json:
    line = {"label": "purchased", "source": "grid", "quantity": "137199.7", "unit": "kWh", "kg": kg, "entries": ["e2"]}
    total = format(float(kg) + 4630, "f")
    return {
        "basis": basis,
        "is_default": is_default,
        "scope1": {"kg": "4630", "gas": "CO2e"},
        "scope2": {"kg": kg, "gas": "CO2e"},
        "total": {"kg": total},
        "lines": [line],
        "notes": [],
        "refusals": [],
    }


def summary() -> Json:
    """Of Huali: what its page shows, beside what the Carbon page wants."""
    gas = {"source": "boiler", "name": name("Boiler, gas", "锅炉燃气"), "quantity": "2140", "unit": "Nm3", "kg": "4630"}
    return {
        "status": "open",
        "is_complete": False,
        "bases": [_basis("location", "68240", is_default=True), _basis("market", "83630")],
        "scope1": {"kg": "4630", "by_source": [{**gas, "entries": ["e1"], "gases": []}]},
        "trust": {"waiting": 2},
    }


METERS = (
    ("huali-1.energy", "Meter 1, printing", "1 号表（印刷）", "huali", "kWh", False),
    ("huali-water.volume", "Water meter, yard", "院内水表", "huali", "m3", True),
)


def meters(enterprise: str = "") -> Json:
    """Registers; one is read by people."""
    items = [
        {
            "tag": tag,
            "name": name(en, zh),
            "enterprise": owner,
            "medium": "water" if is_manual else "electricity",
            "direction": "import",
            "unit": unit,
            "is_manual": is_manual,
            "is_virtual": False,
        }
        for tag, en, zh, owner, unit, is_manual in METERS
        if enterprise in ("", owner)
    ]
    return {"items": items, "total": len(items)}


def routes(app: FastAPI, world: Any) -> None:
    """What the page asks about energy."""

    @app.get("/api/v1/energy/usage")
    async def usage(period: str) -> Any:
        if world.park.account_error:
            return _problem(503, "ledger.db does not answer.")
        found = _usage(period)
        return found | {"cost": None} if world.park.no_tariff else found

    @app.get("/api/v1/carbon/hours")
    async def of_hours() -> Json:
        return hours(world.park)

    @app.get("/api/v1/energy/days")
    async def days(request: Request) -> Any:
        world.park.account_asked.append(request.url.query)
        if request.query_params.get("format") == "csv":
            return Response("day,quantity\r\n", media_type="text/csv")
        return _days()

    @app.get("/api/v1/energy/statement")
    async def statement() -> Any:
        refusal = "no tariff for `huali` in 2026-11"
        return _problem(422, refusal, "write it under `tariffs:`") if world.park.no_tariff else _statement()

    @app.get("/api/v1/energy/meters")
    async def listed(enterprise: str = "") -> Json:
        return meters(enterprise)


def _problem(status: int, detail: str, hint: str = "", **more: Any) -> JSONResponse:
    body = {"title": "Refused", "status": status, "detail": detail, "hint": hint, **more}
    return JSONResponse(body, status, media_type="application/problem+json")
