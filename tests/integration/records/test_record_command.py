"""`park-gateway carbon record`, alone and beside a running gateway: the same words, the same records."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.cli.peer import is_running

PARK = """\
site: {{id: park, timezone: Asia/Shanghai}}
enterprises: [{{id: acme}}]
devices:
  - {{id: by-hand, enterprise: acme, kind: meter, connection: none}}
energy:
  meters:
    - {{point: by-hand.energy, unit: kWh}}
carbon:
  region: CN-ZJ
  sources:
    - {{id: boiler, enterprise: acme, activity: stationary_combustion, fuel: diesel, factor: {{series: gbt-32151.34}}}}
store: {{directory: data}}
api: {{port: {port}, socket: "{socket}"}}
"""
DELIVERY = """\
kind: delivery
source: boiler
quantity: 1200
unit: kg
period: 2026-09
document: DN-1
"""
START_S = 30.0


@dataclass
class Command:
    """The command in a park's folder."""

    folder: Path

    def __call__(self, *words: str) -> tuple[int, str]:
        """Exit code, and what it printed on either stream."""
        result = CliRunner().invoke(app, ["carbon", "record", *words, "--config", str(self.folder / "park.yaml")])
        return result.exit_code, result.output

    def json(self, *words: str) -> dict[str, object]:
        """What it prints for programs."""
        code, text = self(*words, "--json")
        assert code == 0, text
        found: dict[str, object] = json.loads(text)
        return found

    def write(self, name: str, text: str | bytes) -> str:
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)


@pytest.fixture(params=["alone", "beside a gateway"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Command]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = tmp_path / "g.sock"
    (tmp_path / "park.yaml").write_text(PARK.format(port=port, socket=path), encoding="utf-8")
    if request.param == "alone":
        yield Command(tmp_path)
        return
    words = [sys.executable, "-m", "gateway.cli", "run", "--config", str(tmp_path / "park.yaml")]
    with (tmp_path / "log").open("wb") as log:
        gateway = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_S
        while not is_running(path):
            assert gateway.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.1)
        yield Command(tmp_path)
    finally:
        gateway.terminate()
        gateway.wait(20)


def test_a_record_is_added_shown_approved_and_listed(command: Command) -> None:
    photo = command.write("note.jpg", b"\xff\xd8\xff a scanned note")
    file = command.write("delivery.yaml", DELIVERY)
    one = command.json("add", file, "--evidence", photo, "--by", "Li Wei")
    assert (one["state"], one["enterprise"], one["period"]) == ("waiting", "acme", "2026-09")
    record_id = str(one["id"])
    code, text = command("approve", record_id, "--by", "LI  WEI")
    assert code == 1
    assert "cannot approve" in text
    assert command.json("approve", record_id, "--by", "Wang Fang")["state"] == "approved"
    shown = command.json("show", record_id)
    assert shown["fields"]["quantity"] == "1200"  # type: ignore[index]
    assert shown["evidence"][0]["name"] == "note.jpg"  # type: ignore[index]
    code, text = command("list", "--state", "approved")
    assert code == 0
    assert record_id in text
    assert "Wang Fang" in text
    assert command.json("list", "--state", "waiting")["items"] == []
    code, text = command("show", record_id)
    assert "approval" in text
    twice, text = command("add", file, "--evidence", photo, "--by", "Zhao Min")
    assert twice == 1
    assert "typed twice" in text
    assert command("add", file, "--evidence", photo, "--by", "Zhao Min", "--force")[0] == 0


def test_what_is_wrong_has_the_place_in_the_file(command: Command) -> None:
    file = command.write("delivery.yaml", DELIVERY.replace("boiler", "boilr").replace("kg", "kgg"))
    code, text = command("add", file, "--evidence", file, "--by", "Li Wei")
    assert code == 1
    assert f"{file}:2:1: source: there is no emission source `boilr`" in text.replace("\n", " ")
    assert f"{file}:4:1: unit: unknown unit `kgg`" in text.replace("\n", " ")


def test_a_reading_is_shown_with_what_it_would_give(command: Command) -> None:
    text = "meter,time,value\n" + "".join(f"by-hand.energy,2026-09-0{day} 08:00,{day * 24}\n" for day in range(1, 9))
    done = command.json("add", command.write("past.csv", text), "--kind", "readings", "--by", "Li Wei")
    assert (done["rows"], done["taken"]) == (8, 1)
    command.json("approve", done["records"][0], "--by", "Wang Fang")  # type: ignore[index]
    reading = "kind: reading\nmeter: by-hand.energy\ntime: 2026-09-09 08:00\nvalue: 7\n"
    one = command.json("add", command.write("r.yaml", reading), "--by", "Li Wei")
    assert [note["code"] for note in one["plausibility"]["rows"][0]["notes"]] == ["falls"]  # type: ignore[index]
    code, text = command("show", str(one["id"]))
    assert code == 0
    assert "lower than the reading before" in text
    assert "time                  2026-09-09 08:00+08:00\n" in text
    assert "_ns" not in text


def test_a_void_says_what_it_takes_back(command: Command) -> None:
    photo = command.write("note.jpg", b"\xff\xd8\xff a scanned note")
    one = str(command.json("add", command.write("d.yaml", DELIVERY), "--evidence", photo, "--by", "Li Wei")["id"])
    command.json("approve", one, "--by", "Wang Fang")
    void = command.write("v.yaml", f"kind: void\nsupersedes: {one}\nreason: another site's\n")
    record_id = str(command.json("add", void, "--by", "Li Wei")["id"])
    _, text = command("show", record_id)
    assert f"  voids                 {one}\n" in text
    assert "  which is              delivery, approved, 2026-09: boiler 1200 kg" in text
    _, text = command("list")
    assert sum(one in line and "void" in line for line in text.splitlines()) == 1


def test_a_table_is_taken_whole_or_not_at_all_unless_good_rows_are_asked_for(command: Command) -> None:
    rows = "source,quantity,unit,period,document\nboiler,1,kg,2026-09,A\nboiler,x,kg,2026-09,B\n"
    table = command.write("d.csv", rows)
    code, text = command("add", table, "--kind", "delivery", "--by", "Li Wei")
    assert code == 1
    assert "d.csv:3:2: quantity" in text
    assert command.json("list")["items"] == []
    done = command.json("add", table, "--kind", "delivery", "--by", "Li Wei", "--accept-good-rows")
    assert (done["taken"], len(done["errors"])) == (1, 1)  # type: ignore[arg-type]
    assert len(command.json("list")["items"]) == 1  # type: ignore[arg-type]


def test_rejected_and_withdrawn(command: Command) -> None:
    photo = command.write("note.jpg", b"\xff\xd8\xff a scanned note")
    ids = []
    for number in (1, 2):
        file = command.write("d.yaml", DELIVERY.replace("DN-1", f"DN-{number}"))
        ids.append(str(command.json("add", file, "--evidence", photo, "--by", "Li Wei")["id"]))
    assert command.json("reject", ids[0], "--by", "Wang Fang", "--reason", "不对")["state"] == "rejected"
    assert command("withdraw", ids[1], "--by", "Wang Fang")[0] == 1
    assert command.json("withdraw", ids[1], "--by", "li wei")["state"] == "withdrawn"
    code, text = command("approve", "00000000", "--by", "Wang Fang")
    assert code == 1
    assert "there is no record" in text


def test_a_template_is_written_and_refused_over_an_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    words = ["carbon", "record", "template", "invoice"]
    assert CliRunner().invoke(app, [*words, "-o", str(path)]).exit_code == 0
    assert path.read_bytes()[:2] == b"PK"
    assert CliRunner().invoke(app, [*words, "-o", str(path)]).exit_code == 1
    assert "document" in CliRunner().invoke(app, words).output
