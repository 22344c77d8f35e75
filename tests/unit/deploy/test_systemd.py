"""The unit starts the command that exists, keeps its rights few, and does not start a wrong configuration again."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from drivers.influxdb.config import SinkOptions
from gateway.config import load
from gateway.pipeline import crew, deliveries, engine
from gateway.plugins import known_drivers

ROOT = Path(__file__).parents[3]
SYSTEMD = ROOT / "deploy" / "systemd"
UNIT = (SYSTEMD / "park-gateway.service").read_text(encoding="utf-8")
SERIAL = (SYSTEMD / "serial.conf").read_text(encoding="utf-8")
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")


def setting(name: str) -> str:
    """The one value of a key of the unit."""
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)
    return str(value)


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    binary = shutil.which("systemd-analyze")
    if binary is None:
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    return subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("drop_in", "threshold"), [("", 15), (SERIAL, 17)], ids=["alone", "serial lines"])
def test_its_rights_are_few(tmp_path: Path, drop_in: str, threshold: int) -> None:
    unit = tmp_path / "park-gateway.service"
    unit.write_text(f"{UNIT}\n{drop_in}", encoding="utf-8")
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={threshold}", str(unit))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


@pytest.mark.parametrize("drop_in", ["", SERIAL], ids=["alone", "serial lines"])
def test_systemd_knows_every_key_of_it(tmp_path: Path, drop_in: str) -> None:
    unit = tmp_path / "park-gateway.service"
    program = setting("ExecStart").split()[0]
    unit.write_text(f"{UNIT}\n{drop_in}".replace(program, sys.executable), encoding="utf-8")
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_starts_the_installed_command() -> None:
    program = PurePosixPath(setting("ExecStart").split()[0])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert program.name in project["scripts"]
    assert f"python3 -m venv {program.parents[1]}\n" in re.sub(r" +#.*", "", README)


def test_a_wrong_configuration_is_not_started_again(tmp_path: Path) -> None:
    config = tmp_path / "park.yaml"
    config.write_text("sites: {id: park}\n", encoding="utf-8")
    arguments = [str(config) if word.endswith(".yaml") else word for word in setting("ExecStart").split()[1:]]
    assert str(config) in arguments
    done = subprocess.run([sys.executable, "-m", "gateway.cli", *arguments], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == int(setting("RestartPreventExitStatus")), done.stderr
    assert "ExecStartPre=" not in re.sub(r"^#.*$", "", UNIT, flags=re.MULTILINE), (
        "its exit status cannot forbid a restart"
    )


def test_a_reload_is_the_signal_that_the_gateway_takes_for_one() -> None:
    assert setting("ExecReload") == "/bin/kill -HUP $MAINPID"


def test_systemd_waits_longer_than_the_gateway_takes_to_stop() -> None:
    takes_s = crew.STOP_S + engine.KEEP_STOP_S + engine.COMMIT_STOP_S + deliveries.FINISH_S
    assert int(setting("TimeoutStopSec")) > takes_s + 2


def test_the_one_folder_it_may_write_is_the_store_of_the_instructions(tmp_path: Path) -> None:
    (store,) = re.findall(r"^store: .*$", README, re.MULTILINE)
    config = tmp_path / "park.yaml"
    config.write_text(f"site: {{id: park}}\n{store}\n", encoding="utf-8")
    directory = load(config, known_drivers()).plan.store.directory
    assert directory == Path("/var/lib") / setting("StateDirectory")


def test_a_credential_has_the_name_of_its_file_so_that_the_folder_serves_for_a_check_by_hand(tmp_path: Path) -> None:
    credentials = re.findall(r"^#LoadCredential=(.*):(.*)$", UNIT, re.MULTILINE)
    assert credentials
    folders = {str(PurePosixPath(path).parent) for _, path in credentials}
    assert f"CREDENTIALS_DIRECTORY={folders.pop()} " in README
    assert not folders
    assert all(PurePosixPath(path).name == name for name, path in credentials)
    (tmp_path / "influx.token").write_text("secret\n", encoding="utf-8")
    config = tmp_path / "park.yaml"
    sink = "{driver: influxdb, url: http://127.0.0.1:8086, bucket: park, token: credential:influx.token}"
    config.write_text(f"site: {{id: park}}\nsinks: {{influx: {sink}}}\n", encoding="utf-8")
    loaded = load(config, known_drivers(), {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    (influx,) = [one.options for one in loaded.plan.sinks if one.name == "influx"]
    assert isinstance(influx, SinkOptions)
    assert influx.token is not None
    assert influx.token.reveal() == "secret"
