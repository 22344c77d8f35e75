"""`park-gateway rules check|test|replay|reload` and SIGHUP, with the installed command and a running gateway."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.alarms.plant import Plant, until

RULES = """
alarms:
  overload:
    for_each: {devices: [tx1, tx2]}
    when: power > 800 kW
    priority: high
    message: {en: "Power {value} kW"}
  doomed: {for_each: {devices: [tx3]}, when: power > 800 kW}
"""
FRESH = RULES.replace("doomed:", "fresh:").replace("[tx3]}, when: power > 800", "[tx3]}, when: power > 700")
WRONG = RULES.replace("power > 800 kW\n", "powr > 800 kW\n").replace("[tx3]", "[tx4]")
TESTS = """
tests:
  - name: overload
    interval: 1 s
    input_series: [{series: tx1.power, values: "700x3 850x5"}]
    alarm_test:
      - {eval_time: 2 s, active: []}
      - {eval_time: 6 s, alarm: "overload:tx1", expect: {state: unacknowledged, message: Power 850 kW}}
"""
CONFIG, FAILED, USAGE = 78, 1, 2


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    made.write(RULES)
    try:
        yield made
    finally:
        made.close()


def reload_with(plant: Plant, rules: str) -> Any:
    plant.rules.write_text(rules, encoding="utf-8")
    return plant.command("rules", "reload", "--json")


def test_check_lists_the_rules_and_tells_every_mistake_with_its_place(plant: Plant) -> None:
    done = plant.command("rules", "check", "--json")
    assert done.returncode == 0, done.stderr
    assert [(row["rule"], row["alarms"]) for row in json.loads(done.stdout)] == [("overload", 2), ("doomed", 1)]
    shown = plant.command("rules", "check").stdout
    assert "2 rules, 3 alarms" in shown
    assert plant.command("check").returncode == 0
    plant.rules.write_text(WRONG, encoding="utf-8")
    for command in (("rules", "check"), ("check",)):
        done = plant.command(*command)
        assert done.returncode == CONFIG
        assert re.search(r"^\S*rules.d/park.yaml:4:\d+: .*`powr` \(did you mean `power`", done.stderr, re.MULTILINE)
        assert re.search(r"^\S*rules.d/park.yaml:8:\d+: .*`tx4`", done.stderr, re.MULTILINE)
        assert "Traceback" not in done.stderr


def test_tests_of_rules_pass_fail_and_cannot_be_run(plant: Plant) -> None:
    tests = plant.path / "tests.yaml"
    tests.write_text(TESTS, encoding="utf-8")
    done = plant.command("rules", "test", str(tests))
    assert (done.returncode, done.stdout) == (0, "1 tests passed\n")
    tests.write_text(TESTS.replace("state: unack", "condition: inactive, state: unack"), encoding="utf-8")
    done = plant.command("rules", "test", str(tests), "--json")
    assert done.returncode == FAILED
    assert (
        "condition of overload:tx1: expected inactive, found active" in json.loads(done.stdout)["failures"][0]["text"]
    )
    tests.write_text(TESTS.replace("interval: 1 s", "intervall: 1 s"), encoding="utf-8")
    done = plant.command("rules", "test", str(tests))
    assert done.returncode == CONFIG
    assert "tests.yaml:4:5: " in done.stderr
    for text in (TESTS.replace("tx1.power", "tx1.pressure"), "- [", "", "tests: []"):
        tests.write_text(text, encoding="utf-8")
        done = plant.command("rules", "test", str(tests))
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
    assert plant.command("rules", "test", "absent.yaml").returncode != 0


def test_rules_are_changed_while_the_gateway_runs(plant: Plant) -> None:
    done = plant.command("rules", "reload")
    assert done.returncode != 0
    assert "park-gateway run" in done.stderr
    plant.start()
    plant.meters.power.update({1: 850.0, 2: 850.0, 3: 850.0})
    for alarm in ("overload:tx1", "overload:tx2", "doomed:tx3"):
        plant.wait_for(alarm, "unacknowledged")
    plant.post("/api/v1/alarms/overload:tx1/acknowledge", comment="seen")
    plant.post("/api/v1/alarms/overload:tx2/shelve", duration_s=900, comment="known")

    wrong = reload_with(plant, WRONG)
    assert wrong.returncode == CONFIG
    assert "`powr`" in wrong.stderr
    assert plant.alarm("overload:tx1")["state"] == "acknowledged"

    changed = reload_with(plant, FRESH)
    assert changed.returncode == 0, changed.stderr
    assert json.loads(changed.stdout) == {"added": 1, "changed": 0, "removed": 1, "kept": 2, "findings": []}
    assert plant.wait_for("fresh:tx3", "unacknowledged")["occurrence"] == 1
    assert plant.alarm("overload:tx1")["state"] == "acknowledged"
    assert plant.alarm("overload:tx2")["state"] == "shelved"
    assert [what for alarm, what, _, _ in plant.journal() if alarm == "doomed:tx3" and what != "notified"] == [
        "raised",
        "removed",
    ]
    replayed(plant)
    hung_up(plant)
    assert plant.terminate() < 10


def replayed(plant: Plant) -> None:
    """What the rules would have raised in the minute that the history holds."""
    done = plant.command("rules", "replay", "--rule", "overload", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["raised"] == {"overload:tx1": 1, "overload:tx2": 1}
    assert sorted(found["standing"]) == ["overload:tx1", "overload:tx2"]
    unknown = plant.command("rules", "replay", "--rule", "overlaod")
    assert unknown.returncode == USAGE
    assert "overload" in unknown.stderr


def hung_up(plant: Plant) -> None:
    """SIGHUP: wrong rules are told in the log and change nothing, right ones are taken."""
    log, process = plant.path / "log.txt", plant.process
    assert process is not None
    plant.rules.write_text(WRONG, encoding="utf-8")
    process.send_signal(signal.SIGHUP)
    until(lambda: "configuration_not_reloaded" in log.read_text(), 30, "the log tells that the rules are wrong")
    assert "`powr`" in log.read_text()
    assert plant.alarm("fresh:tx3")["state"] == "unacknowledged"
    plant.rules.write_text(FRESH.replace("fresh:", "other:"), encoding="utf-8")
    process.send_signal(signal.SIGHUP)
    plant.wait_for("other:tx3", "unacknowledged")
    plant.meters.power[1] = 100.0
    plant.wait_for("overload:tx1", "normal")
    assert process.poll() is None
    assert "Traceback" not in log.read_text()
