"""Connectivity over the API: figures that add up, sentences, and nothing of somebody else."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.core.ports import Fault
from gateway.core.quality import Quality
from rules.connectivity.reason import Reason
from rules.connectivity.silence import Outage
from rules.connectivity.spans import HOUR_NS, day_before_ns, place_of
from rules.connectivity.tally import Tally

BASE = "/api/v1/connectivity"
MISSING = {Reason.TIMEOUT: 20, Reason.NO_REGISTER: 5}


@pytest.fixture
async def kept(park: Any) -> Any:
    """A park with some accounts: two devices today, one of them yesterday too, and two outages."""
    keeper = park.gateway.connectivity
    now_ns = park.gateway.clock.time_ns()
    today = place_of(now_ns, keeper.zone)
    yesterday = place_of(day_before_ns(today.day_ns, keeper.zone) + 13 * HOUR_NS, keeper.zone)
    tally = Tally(good=70, bad=Counter({Reason.NOT_AVAILABLE: 3, Reason.TYPE: 2}))
    tally.missing.update(MISSING)
    keeper.book.add(today, "dongyue-main", tally)
    keeper.book.add(today, "huali-main", Tally(good=100))
    keeper.book.add(yesterday, "dongyue-main", Tally(good=1000))
    keeper.book.add_down(today, 12 * 10**9)
    await keeper.book.write()
    keeper.book.add(today, "grid", Tally(good=50))  # not written yet
    begin_ns = today.day_ns + 10**9
    for device, length_s, reason in (("dongyue-main", 1, "timeout"), ("dongyue-main", 2, "silent")):
        keeper.book.add_outage(Outage(device, begin_ns, begin_ns + length_s * 10**8, Reason(reason), "no answer"))
        begin_ns += 10**9
    return park


async def test_enterprises_add_up_to_the_park_and_samples_to_what_was_expected(kept: Any) -> None:
    found = (await kept.http.get(BASE)).json()
    park, enterprises = found["park"], {one["id"]: one for one in found["enterprises"]}
    assert (park["expected"], park["received"], park["good"]) == (250, 225, 220)
    assert park["rate"] == 220 / 250
    assert park["reasons"] == {"timeout": 20, "no_register": 5, "not_available": 3, "type": 2}
    assert park["expected"] == park["good"] + sum(park["reasons"].values())
    assert park["gateway_down_s"] == 12.0
    assert (park["known"], park["connected"], park["answering"]) == (4, 3, 0)
    assert enterprises["huali"]["rate"] == 1.0
    assert (enterprises["huali"]["known"], enterprises["huali"]["connected"]) == (2, 1)
    for key in ("known", "connected", "answering", "expected", "received", "good"):
        assert sum(one[key] for one in enterprises.values()) == park[key]
    assert enterprises["dongyue"]["name"] == {"en": "Dongyue Dyeing", "zh": "东岳印染"}
    assert found["period"]["name"] == "day"


async def test_a_month_holds_its_days_and_a_range_its_whole_hours(kept: Any) -> None:
    zone, now_ns = kept.gateway.connectivity.zone, kept.gateway.clock.time_ns()
    day_ns = place_of(now_ns, zone).day_ns
    start_ns = day_before_ns(day_ns, zone)
    answer = await kept.http.get(BASE, params={"from": _iso(start_ns), "to": _iso(day_ns)})
    assert answer.json()["park"]["expected"] == 1000
    answer = await kept.http.get(BASE, params={"from": _iso(start_ns + 13 * HOUR_NS + 60 * 10**9), "to": _iso(day_ns)})
    assert answer.json()["park"]["expected"] == 1000
    assert answer.json()["period"]["from_ms"] == (start_ns + 13 * HOUR_NS) // 10**6
    month = (await kept.http.get(BASE, params={"period": "month"})).json()["park"]["expected"]
    assert month in (250, 1250)  # yesterday may be of the month before


def _iso(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat()


async def test_an_enterprise_shows_its_devices_with_sentences_and_its_longest_outages(kept: Any) -> None:
    kept.feed("huali-main", 1.0, 2.0)
    fault = Fault("dongyue-main", 0, Quality.BAD_TIMEOUT, "no answer within 1 s (3 times)")
    kept.gateway._intake.fault("dongyue-main", fault)
    found = (await kept.http.get(f"{BASE}/enterprises/dongyue")).json()
    (device,) = found["devices"]
    assert device["state"] == "silent"
    assert "The line is fine: 1 other device on it answers." in device["sentence"]["en"]
    assert "从未应答" in device["sentence"]["zh"]
    assert len(device["hours"]) == 24
    assert device["hours"][-1]["rate"] == 0.7
    assert device["hours"][-1]["gateway_down_s"] == 12.0
    assert [outage["reason"] for outage in found["longest_outages"]] == ["silent", "timeout"]
    huali = (await kept.http.get(f"{BASE}/enterprises/huali")).json()
    assert {one["id"]: one["sentence"]["en"] for one in huali["devices"]} == {
        "huali-main": "Answers.",
        "oven": "Known, not connected.",
    }


async def test_a_device_that_answers_in_part_says_so(kept: Any) -> None:
    kept.feed("huali-main", 1.0, None)
    message = "exception 2, illegal data address from line, unit 3, for input 2"
    fault = Fault("huali-main", 0, Quality.BAD_NO_REGISTER, message, ("energy_import",))
    kept.gateway._intake.fault("huali-main", fault, ("energy_import",))
    found = (await kept.http.get(f"{BASE}/devices/huali-main")).json()
    assert found["sentence"]["en"] == "Answers, but 1 of 2 values is refused by the device (exception 2)."
    assert found["state"] == "answering"


async def test_a_device_shows_its_days_and_outages_newest_first(kept: Any) -> None:
    found = (await kept.http.get(f"{BASE}/devices/dongyue-main")).json()
    assert [day["expected"] for day in found["days"][-2:]] == [1000, 100]
    assert len(found["days"]) == 31
    assert [outage["reason"] for outage in found["outages"]] == ["silent", "timeout"]
    assert found["outages"][0]["to_ms"] - found["outages"][0]["from_ms"] == 200


async def test_nobody_sees_the_connectivity_of_somebody_else(kept: Any) -> None:
    kept.become("huali")
    found = (await kept.http.get(BASE)).json()
    assert [one["id"] for one in found["enterprises"]] == ["huali"]
    assert (found["park"]["known"], found["park"]["expected"]) == (2, 100)
    assert (await kept.http.get(f"{BASE}/enterprises/dongyue")).status_code == 404
    assert (await kept.http.get(f"{BASE}/enterprises/nobody")).status_code == 404
    assert (await kept.http.get(f"{BASE}/devices/dongyue-main")).status_code == 404
    assert (await kept.http.get(f"{BASE}/devices/huali-main")).status_code == 200
    text = (await kept.http.get(BASE, params={"format": "csv"})).text
    assert "dongyue" not in text
    assert "huali-main" in text


async def test_the_figures_come_as_csv_with_a_row_for_every_device(kept: Any) -> None:
    answer = await kept.http.get(BASE, params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["level"] for row in rows].count("device") == 4
    row = next(row for row in rows if row["id"] == "dongyue-main")
    assert (row["expected"], row["good"], row["rate"], row["missing_timeout"]) == ("100", "70", "0.7", "20")
    assert (row["bad_not_available"], row["bad_type"], row["bad_no_value"]) == ("3", "2", "0")
    assert next(row for row in rows if row["id"] == "oven")["rate"] == ""


@pytest.mark.parametrize("query", ["period=year", "format=xml", "from=yesterday"])
async def test_what_does_not_fit_is_refused(park: Any, query: str) -> None:
    assert (await park.http.get(f"{BASE}?{query}")).status_code == 422


async def test_metrics_have_one_ratio_per_enterprise(kept: Any) -> None:
    keeper = kept.gateway.connectivity
    assert 'availability_ratio{enterprise="huali"}' not in (await kept.http.get("/metrics")).text
    keeper._recent.append({"huali": Tally(good=3, bad=Counter({Reason.TYPE: 1}))})
    text = (await kept.http.get("/metrics")).text
    assert 'park_gateway_device_availability_ratio{enterprise="huali"} 0.75' in text
