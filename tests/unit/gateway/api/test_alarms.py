"""The alarm routes: what an operator sees and does, what an enterprise may see, what is refused and why."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.api.access import Principal, Role
from gateway.api.live import LiveStream, Shared
from gateway.core.errors import Unavailable
from gateway.store import audit
from gateway.store.journal import JournalQuery


@pytest.fixture
def park(park_with_rules: Any) -> Any:
    park_with_rules.become(None, Role.ENGINEER)
    return park_with_rules


async def raised(park: Any, device: str = "dongyue-main", power: float = 861.2) -> None:
    park.feed(device, power, 1.0)
    park.gateway.alarms.advance()
    await park.gateway.alarms.flush()


async def rewrite(folder: Path, change: tuple[str, str]) -> None:
    def write() -> None:
        rules = folder / "rules.d" / "park.yaml"
        rules.write_text(rules.read_text(encoding="utf-8").replace(*change), encoding="utf-8")

    await asyncio.to_thread(write)


async def get(park: Any, path: str, status: int = 200, **query: Any) -> Any:
    answer = await park.http.get(f"/api/v1{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def post(park: Any, path: str, body: Any, status: int = 200) -> Any:
    answer = await park.http.post(f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_alarm_is_on_the_list_with_everything_that_a_person_needs(park: Any) -> None:
    await raised(park)
    found = await get(park, "/alarms")
    assert found["counts"] == {"active": 1, "unacknowledged": 1, "shelved": 0, "suppressed": 0, "out_of_service": 0}
    (alarm,) = found["items"]
    assert found["oldest_waiting_ms"] == alarm["since_ms"]
    assert alarm["id"] == "overload:dongyue-main"
    assert alarm["state"] == "unacknowledged"
    assert alarm["condition"] == "active"
    assert alarm["priority"] == 1
    assert (alarm["value"], alarm["limit"], alarm["unit"]) == (861.2, 800.0, "kW")
    assert alarm["message"] == {"en": "Power 861.2 kW, limit 800 kW", "zh": "功率 861.2 kW，限值 800 kW"}
    assert alarm["guidance"]["en"] == "Shed load."
    assert alarm["enterprise_name"] == {"en": "Dongyue Dyeing", "zh": "东岳印染"}
    assert alarm["tags"] == ["dongyue-main.power_active"]


async def test_acknowledging_is_in_the_journal_and_the_audit_before_the_answer(park: Any) -> None:
    await raised(park)
    done = await post(park, "/alarms/overload:dongyue-main/acknowledge", {"comment": "called the shift leader"})
    assert done["state"] == "acknowledged"
    assert done["acknowledged_by"] == "test"
    one = await get(park, "/alarms/overload:dongyue-main")
    assert [event["transition"] for event in one["events"]] == ["acknowledged", "raised"]
    assert one["events"][0]["comment"] == "called the shift leader"
    assert one["events"][0]["by"] == "test"
    asked, put_down = await park.gateway.audit.state.do(lambda db: audit.following(db, 0, 10))
    assert (asked.action, asked.target, asked.result) == ("alarm acknowledge", "overload:dongyue-main", "asked")
    assert (put_down.result, put_down.request_id) == ("done", asked.request_id)
    assert json.loads(put_down.before or "")["state"] == "unacknowledged"
    assert json.loads(put_down.after or "")["comment"] == "called the shift leader"


async def test_what_the_state_does_not_take_is_refused_in_words(park: Any) -> None:
    await raised(park)
    await post(park, "/alarms/overload:dongyue-main/acknowledge", {})
    problem = await post(park, "/alarms/overload:dongyue-main/acknowledge", {}, 409)
    assert "acknowledged" in problem["detail"]
    await post(park, "/alarms/overload:dongyue-main/reset", {}, 409)
    await post(park, "/alarms/overload:dongyue-main/out-of-service", {"reason": "  "}, 422)
    await post(park, "/alarms/overload:dongyue-main/shelve", {"duration_s": -1}, 422)
    await post(park, "/alarms/overload:dongyue-main/shelve", {"comment": "how long?"}, 422)
    await post(park, "/alarms/overload:dongyue-main/comment", {"text": "x", "more": 1}, 422)
    await post(park, "/alarms/overload:nobody/acknowledge", {}, 404)


async def test_an_acknowledgement_meant_for_another_occurrence_is_refused(park: Any) -> None:
    await raised(park)
    problem = await post(park, "/alarms/overload:dongyue-main/acknowledge", {"occurrence": 7}, 409)
    assert "7" in problem["detail"] or "occurrence" in problem["detail"]


async def test_a_shelved_alarm_moves_to_its_own_list_and_back(park: Any) -> None:
    await raised(park)
    shelved = await post(park, "/alarms/overload:dongyue-main/shelve", {"duration_s": 900, "comment": "known"})
    assert shelved["state"] == "shelved"
    assert shelved["until_ms"] is not None
    assert (await get(park, "/alarms"))["items"] == []
    assert len((await get(park, "/alarms", state="shelved"))["items"]) == 1
    back = await post(park, "/alarms/overload:dongyue-main/unshelve", {})
    assert back["state"] == "unacknowledged"
    assert back["occurrence"] == 2


async def test_out_of_service_needs_a_reason_and_ends_by_hand(park: Any) -> None:
    await raised(park)
    away = await post(park, "/alarms/overload:dongyue-main/out-of-service", {"reason": "meter is exchanged"})
    assert away["state"] == "out_of_service"
    assert "meter is exchanged" in away["reason"]["en"]
    again = await post(park, "/alarms/overload:dongyue-main/in-service", {"comment": "done"})
    assert again["state"] == "unacknowledged"


async def test_a_latched_alarm_stays_until_it_is_reset(park: Any) -> None:
    await raised(park, "grid", 5500.0)
    await raised(park, "grid", 100.0)
    assert (await get(park, "/alarms"))["items"][0]["state"] == "latched_unacknowledged"
    await post(park, "/alarms/grid-high:grid/acknowledge", {})
    assert (await post(park, "/alarms/grid-high:grid/reset", {"comment": "checked"}))["state"] == "normal"


async def test_an_enterprise_sees_its_own_alarms_and_nothing_of_others(park: Any) -> None:
    await raised(park)
    await raised(park, "grid", 5500.0)
    park.become("huali")
    assert (await get(park, "/alarms", state="all"))["items"] == []
    assert (await get(park, "/alarms"))["counts"]["active"] == 0
    await get(park, "/alarms/overload:dongyue-main", 404)
    await post(park, "/alarms/overload:dongyue-main/acknowledge", {}, 404)
    assert (await get(park, "/alarms/journal"))["items"] == []
    await get(park, "/alarms/journal", 404, enterprise="dongyue")
    assert (await get(park, "/alarms/journal", alarm="overload:dongyue-main"))["items"] == []
    assert (await get(park, "/alarms/metrics"))["total"] == 0
    await get(park, "/rules", 403)
    park.become("dongyue")
    assert [alarm["id"] for alarm in (await get(park, "/alarms"))["items"]] == ["overload:dongyue-main"]
    assert {event["alarm"] for event in (await get(park, "/alarms/journal"))["items"]} == {"overload:dongyue-main"}


async def test_the_journal_comes_in_pages_and_as_csv_without_formulas(park: Any) -> None:
    await raised(park)
    await post(park, "/alarms/overload:dongyue-main/comment", {"text": "=cmd|' /C calc'!A0"})
    first = await get(park, "/alarms/journal", limit=1)
    assert first["items"][0]["transition"] == "commented"
    rest = await get(park, "/alarms/journal", limit=5, before=first["next_before"])
    assert [event["transition"] for event in rest["items"]] == ["raised"]
    assert rest["next_before"] is None
    answer = await park.http.get("/api/v1/alarms/journal", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["transition"] for row in rows] == ["raised", "commented"]
    assert rows[1]["comment"].startswith("'=")


async def test_a_journal_is_asked_for_a_time(park: Any) -> None:
    await raised(park)
    assert (await get(park, "/alarms/journal", **{"from": "2001-01-01", "to": "2001-02-01"}))["items"] == []
    await get(park, "/alarms/journal", 422, **{"from": "yesterday"})
    await get(park, "/alarms/journal", 422, **{"from": "2002-01-01", "to": "2001-02-01"})


async def test_the_figures_count_raises(park: Any) -> None:
    await raised(park)
    found = await get(park, "/alarms/metrics")
    assert found["total"] == 1
    assert found["priorities"] == {"1": 1, "2": 0, "3": 0}
    assert found["top"][0]["alarm"] == "overload:dongyue-main"
    assert found["top"][0]["rule_name"] == {"en": "Overload", "zh": "过载"}


async def test_the_live_stream_tells_of_a_change_once(park: Any) -> None:
    context = park.app.state.context
    principal = Principal("test", Role.OPERATOR, "127.0.0.1")
    stream = LiveStream(context.views, park.gateway.clock, principal, [], [], park=False, alarms=context.alarms)
    assert b'"active":0' in stream.message("snapshot", Shared())
    assert b'"alarms"' not in stream.message("delta", Shared())
    await raised(park)
    message = stream.message("delta", Shared())
    assert b'"unacknowledged":1' in message
    assert b"overload:dongyue-main" in message
    other = LiveStream(
        context.views,
        park.gateway.clock,
        replace(principal, enterprise="huali"),
        [],
        [],
        park=False,
        alarms=context.alarms,
    )
    assert b"overload" not in other.message("snapshot", Shared())


async def test_the_list_of_rules_says_where_each_stands(park: Any) -> None:
    await raised(park)
    items = {item["rule"]: item for item in (await get(park, "/rules"))["items"]}
    assert items["overload"]["alarms"] == 2
    assert items["overload"]["active"] == 1
    assert items["overload"]["file"] == "rules.d/park.yaml"
    assert items["grid-high"]["active"] == 0


async def test_other_rules_are_read_without_losing_states(park: Any, tmp_path: Path) -> None:
    await raised(park)
    await post(park, "/alarms/overload:dongyue-main/acknowledge", {})
    await rewrite(tmp_path, ("5000 kW", "4000 kW"))
    changed = await post(park, "/rules/reload", None)
    assert {key: changed[key] for key in ("added", "changed", "removed", "kept")} == {
        "added": 0,
        "changed": 1,
        "removed": 0,
        "kept": 2,
    }
    assert (await get(park, "/alarms/overload:dongyue-main"))["state"] == "acknowledged"


async def test_a_new_rule_sees_the_values_that_are_there(park: Any, tmp_path: Path) -> None:
    park.feed("dongyue-main", 700.0, 1.0)
    await rewrite(tmp_path, ("power_active > 800 kW", "power_active > 600 kW"))
    await post(park, "/rules/reload", None)
    (alarm,) = (await get(park, "/alarms"))["items"]
    assert alarm["message"]["en"] == "Power 700 kW, limit 600 kW"
    share = (await get(park, "/devices/dongyue-main"))["items"][-1]  # what is computed is computed at once, too
    assert (share["tag"], share["value"], share["level"]) == ("dongyue-main.load_share", 70.0, "good")


async def test_running_hours_start_anew_in_any_state_and_the_journal_says_who_did_it(park: Any, tmp_path: Path) -> None:
    await rewrite(
        tmp_path,
        ("when: power_active > 800 kW\n    hysteresis: 40 kW", "when: running_hours(power_active > 800 kW) > 500 h"),
    )
    await post(park, "/rules/reload", None)
    await raised(park)
    done = await post(park, "/alarms/overload:dongyue-main/reset", {"comment": "oil changed"})
    assert (done["state"], done["accumulates"], done["comment"]) == ("normal", True, "oil changed")
    (event,) = (await get(park, "/alarms/overload:dongyue-main"))["events"]
    assert (event["transition"], event["by"], event["comment"]) == ("reset", "test", "oil changed")
    grid = next(alarm.id for alarm in park.gateway.alarms.rulebook.alarms if alarm.rule == "grid-high")
    assert not (await get(park, f"/alarms/{grid}"))["accumulates"]
    await post(park, f"/alarms/{grid}/reset", {}, 409)


async def test_wrong_rules_are_refused_with_every_mistake_and_the_old_ones_stay(park: Any, tmp_path: Path) -> None:
    await rewrite(tmp_path, ("power_active > 800 kW", "power_aktive > 800 kW"))
    problem = await post(park, "/rules/reload", None, 400)
    assert problem["errors"]
    assert all(error["file"].endswith("park.yaml") and error["line"] for error in problem["errors"])
    await raised(park)
    assert len((await get(park, "/alarms"))["items"]) == 1


async def test_what_was_not_stored_is_said_and_tried_again(park: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await raised(park)
    do, asked = park.gateway._state.do, []

    async def broken(operation: Any) -> Any:
        asked.append(operation)
        if len(asked) == 1:  # who does what is put down first
            return await do(operation)
        raise Unavailable("state.db cannot be used: disk I/O error", "check the gateway's disk")

    monkeypatch.setattr(park.gateway._state, "do", broken)
    answer = await park.http.post("/api/v1/alarms/overload:dongyue-main/acknowledge", json={})
    assert answer.status_code == 503
    assert any("cannot be stored" in finding for finding in park.gateway.findings())
    monkeypatch.setattr(park.gateway._state, "do", do)
    await park.gateway.alarms.flush()
    events = (await get(park, "/alarms/journal"))["items"]
    assert [event["transition"] for event in events] == ["acknowledged", "raised"]
    assert not any("cannot be stored" in finding for finding in park.gateway.findings())


async def test_prometheus_sees_alarms_and_the_load_on_the_operator(park: Any) -> None:
    await raised(park)
    text = (await park.http.get("/metrics")).text
    assert 'park_gateway_alarms{priority="high",state="unacknowledged"} 1.0' in text
    assert 'park_gateway_alarm_events_total{transition="raised"} 1.0' in text
    assert "park_gateway_alarm_raised_24h 1.0" in text
    assert "park_gateway_alarm_flood 0.0" in text


async def test_a_device_that_changed_hands_takes_no_remark_of_its_former_owner_along(park: Any) -> None:
    await raised(park)
    await post(park, "/alarms/overload:dongyue-main/comment", {"text": "our secret"})
    event = (await park.gateway.alarms.read(JournalQuery(alarm="overload:dongyue-main"), 1))[0]
    await park.gateway._state.do(
        lambda db: db.execute(
            "INSERT INTO alarm_event SELECT NULL, time_ns, alarm, rule, device, 'huali', occurrence, transition, state,"
            " priority, area, value, limit_value, unit, message_en, message_zh, who, role, origin,"
            " 'of the former owner', until_ns, first_out FROM alarm_event WHERE seq = ?",
            (event.seq,),
        )
    )
    park.become("dongyue")
    found = await get(park, "/alarms/overload:dongyue-main")
    assert "of the former owner" not in [event["comment"] for event in found["events"]]


async def test_what_is_of_the_whole_park_is_not_an_enterprises_to_do(park: Any) -> None:
    park.become("dongyue")
    await post(park, "/rules/reload", None, 403)
    await post(park, "/notifications/duty/test", None, 403)


async def test_numbers_beyond_every_journal_are_refused(park: Any) -> None:
    await get(park, "/alarms/journal", 422, before="99999999999999999999999")


async def test_a_reload_that_finds_no_rules_at_all_changes_nothing(park: Any, tmp_path: Path) -> None:
    await raised(park)
    await asyncio.to_thread((tmp_path / "rules.d").rename, tmp_path / "away")
    problem = await post(park, "/rules/reload", None, 422)
    assert "no rule was found" in problem["detail"]
    assert (await get(park, "/alarms/overload:dongyue-main"))["state"] == "unacknowledged"
