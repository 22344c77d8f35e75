"""An auditor's walk over the demo park: the guide's commands print what it shows, and every figure follows."""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from sqlite3 import Connection
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.accounts.setup.compile import load_books
from gateway.cli.demo import write_configuration
from gateway.cli.demo_past import midnight_s, write_past
from gateway.config import load
from gateway.core.clock import SystemClock
from gateway.pipeline.energy_days import record_days
from gateway.plugins import known_drivers
from gateway.store.interval_marks import unsent
from gateway.store.ledger import Ledger, reading
from gateway.store.state import State
from tests.integration.accounts import walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # 25 s of work; others may share the machine
SEED = 7
ENTRY = "7e74fa931138"
TAG = "dongyue-main.energy_import"


@dataclass(frozen=True, slots=True)
class Walked:
    """The demo's directory after the walk, and what each command printed."""

    folder: Path
    ran: list[walk.Ran]

    def printed(self, part: str) -> list[str]:
        """The lines of the command with this in it."""
        (found,) = (one for one in self.ran if part in one.step.command)
        return list(found.lines)

    def json(self, command: str) -> Any:
        """What another command answers a program."""
        done = walk.shell(self.folder, f"{command} --json")
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout)


async def _with_past(folder: Path) -> None:
    """The demo as a gateway leaves it that was started and stopped at the beginning of November."""
    plan = load(write_configuration(folder, port=8099, modbus_base=15020, mqtt_port=18830), known_drivers(), {}).plan
    books = load_books(plan)
    ledger = await Ledger.open(plan.store.directory, SystemClock())

    def record_october(db: Connection) -> None:
        with ledger.write(db):
            record_days(db, books, date(2026, 10, 31), time.time_ns())

    try:
        now_s = midnight_s(date(2026, 11, 1), ZoneInfo(books.site.timezone)) + 1800
        await write_past(ledger, books, SEED, date(2026, 10, 1), now_s)
        await ledger.do(record_october)
    finally:
        await ledger.close()


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The walk, gone once."""
    folder = tmp_path_factory.mktemp("walk") / "demo"
    asyncio.run(_with_past(folder))
    return Walked(folder, list(walk.run(folder)))


def test_every_command_of_the_guide_prints_what_the_guide_shows(walked: Walked) -> None:
    assert len(walked.ran) > 15
    wrong = {one.command: (missing, one.lines) for one in walked.ran if (missing := walk.stale(one))}
    assert wrong == {}


def test_what_is_good_ends_with_0_and_what_was_changed_with_1(walked: Walked) -> None:
    codes = {one.step.command: one.code for one in walked.ran if one.code}
    failing = ['--by "li wei"', "verify copy", "verify copy", "-c copy.yaml", "verify ledger.jsonl"]
    assert list(codes.values()) == [1] * len(set(failing)), codes
    assert [part for part in failing if not any(part in command for command in codes)] == []


def test_totals_are_the_sums_of_their_entries(walked: Walked) -> None:
    found = walked.json("park-gateway carbon summary --period 2026-10 --enterprise dongyue")
    records = walked.json("park-gateway ledger show --kind entry --enterprise dongyue --limit 1000")
    entries = {one["id"]: one["body"] for one in records}
    for basis in found["bases"]:
        names = [name for line in basis["lines"] for name in line["entries"]]
        assert len(names) == len(set(names)) == sum(one["basis"] == basis["basis"] for one in entries.values())
        assert Decimal(basis["scope2"]["kg"]) == sum(Decimal(entries[name]["co2e_kg"]) for name in names)
        direct = [Decimal(one["co2e_kg"]) for one in entries.values() if one["scope"] == 1]
        assert Decimal(basis["scope1"]["kg"]) == sum(direct) > 0
        assert Decimal(basis["total"]["kg"]) == Decimal(basis["scope1"]["kg"]) + Decimal(basis["scope2"]["kg"])


def test_the_entry_is_quantity_by_factor_and_the_quantity_is_last_register_minus_first(walked: Walked) -> None:
    traced = walked.json(f"park-gateway carbon trace {ENTRY} --every-interval")
    step = {one["step"]: one for one in traced["steps"]}
    intervals = step["intervals"]["intervals"]
    assert len(intervals) == 31 * 96
    assert all(one["to"] == other["from"] for one, other in pairwise(intervals))
    first, last = (Decimal(intervals[place]["readings"][place][2]) for place in (0, -1))
    quantity = last - first
    assert sum(Decimal(one["quantity"]) for one in intervals) == quantity == Decimal(step["activity"]["value"])
    assert sum(one["known_micro"] for one in step["days"]["days"]) == quantity * 10**6
    (factor,) = step["factors"]["factors"]
    assert quantity * Decimal(factor["value"]) == Decimal(step["entry"]["value"])
    page = dict(line.split(maxsplit=1) for line in walked.printed("carbon factor") if " " in line)
    assert (page["address"], page["SHA-256"]) == (factor["source"]["url"], factor["source"]["sha256"])
    assert len(page["SHA-256"]) == 64
    assert page["address"].startswith("https://www.mee.gov.cn/")
    assert page["value"].startswith(f"{factor['value']} ")


def test_the_register_of_the_park_showed_these_values(walked: Walked) -> None:
    """Against the simulator itself, not what the gateway kept of it."""
    from drivers.simulator.past import past

    zone = ZoneInfo("Asia/Shanghai")
    for day, shown in ((date(2026, 10, 1), "8076265.153"), (date(2026, 11, 1), "8847630.338")):
        second = midnight_s(day, zone)
        ((_, row),) = past(SEED, second, second + 1)
        assert row[TAG] == Decimal(shown)
        assert shown in walk.GUIDE.read_text(encoding="utf-8")


def test_after_a_backup_and_its_restoration_every_figure_and_proof_is_the_same(walked: Walked, tmp_path: Path) -> None:
    async def begin() -> None:
        state = await State.open(walked.folder / "data", SystemClock())
        await state.ids_for({TAG: None})
        await state.close()

    asyncio.run(begin())
    new = tmp_path / "restored"
    (tmp_path / "passphrase").write_text("correct horse battery\n", encoding="utf-8")
    secret = f"--passphrase-file {tmp_path / 'passphrase'}"
    made = walked.json(f"park-gateway backup -o {tmp_path / 'backup'} {secret}")
    assert made["has_key"]
    checked = walked.json(f"park-gateway restore {tmp_path / 'backup'} --check {secret}")
    assert (checked["faults"], checked["ledger"]) == ([], made["ledger"])
    assert walk.shell(walked.folder, f"park-gateway restore {tmp_path / 'backup'} --check").returncode == 1
    done = walk.shell(walked.folder, f"park-gateway restore {tmp_path / 'backup'} --into {new} {secret}")
    assert done.returncode == 0, done.stdout
    for command in (
        f"park-gateway carbon trace {ENTRY} --every-interval --json",
        "park-gateway ledger show --kind entry --enterprise dongyue --limit 1000 --json",
        "park-gateway ledger show --kind evidence --json",
    ):
        before, after = (walk.shell(folder, command) for folder in (walked.folder, new))
        assert (after.returncode, after.stdout) == (0, before.stdout), command
    verified = walk.shell(new, "park-gateway ledger verify --json")
    assert verified.returncode == 0, verified.stdout
    assert (new / "rules.d" / "demo.yaml").read_bytes() == (walked.folder / "rules.d" / "demo.yaml").read_bytes()


def test_what_was_made_up_for_the_accounts_is_no_news_for_the_sinks(walked: Walked) -> None:
    with reading(walked.folder / "data") as db:
        assert db.execute("SELECT count(*) FROM meter_day").fetchone()[0] > 100
        assert {one.day for one in unsent(db, 0)} <= {date(2026, 11, 1).toordinal()}
