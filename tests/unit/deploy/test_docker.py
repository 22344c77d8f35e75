"""Image and compose file: what they name exists, what must reach each other can, and no secret stands in them."""

import http.server
import json
import re
import shutil
import socketserver
import subprocess
import sys
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from drivers.influxdb.config import SinkOptions
from drivers.mqtt.config import Connection
from gateway.config import Loaded, load
from gateway.plugins import known_drivers

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "deploy" / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
COMPOSE_TEXT = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENV_EXAMPLE = (DOCKER / ".env.example").read_text(encoding="utf-8")
VARIABLES = re.findall(r"^(\w+)=", ENV_EXAMPLE, re.MULTILINE)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """The configuration, with only the environment that the compose file gives to the gateway."""
    environment = dict.fromkeys(SERVICES["gateway"]["environment"], "secret")
    return load(DOCKER / "config" / "park.yaml", known_drivers(), environment)


def published(service: str) -> set[tuple[str, int]]:
    """Addresses of the host on which a service can be reached."""
    parts = [port.split(":") for port in SERVICES[service]["ports"]]
    return {(host, int(outside)) for host, outside, _ in parts}


def mounts(service: str) -> dict[str, str]:
    """Source by target."""
    return {volume.split(":")[1]: volume.split(":")[0] for volume in SERVICES[service]["volumes"]}


# ---- The image ------------------------------------------------------------------------------------------------------


def copied() -> list[str]:
    """What the Dockerfile takes from the repository."""
    return [
        source for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    ]


def test_everything_that_the_image_is_made_of_exists_and_reaches_the_builder() -> None:
    ignore = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore, "only what is named goes to the builder"
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    assert {line[1:] for line in ignore if line.startswith("!")} == set(copied())


def test_every_package_of_the_project_is_in_the_image() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages <= set(copied())


def test_packages_are_installed_by_hash_and_nothing_else_is() -> None:
    installs = re.findall(r"pip install (.*)$", DOCKERFILE, re.MULTILINE)
    assert len(installs) == 2
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_the_image_does_not_run_as_root() -> None:
    (user,) = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert int(user) > 0
    assert DOCKERFILE.rindex("USER") > DOCKERFILE.rindex("COPY --from")


class _Health(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def health_check(socket: Path) -> int:
    """The exit status of the image's health check, asked at this socket."""
    (text,) = re.findall(r"^ +CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    _, *arguments = json.loads(text)
    asked = [argument.replace("/data/gateway.sock", str(socket)) for argument in arguments]
    assert asked != arguments
    return subprocess.run([sys.executable, *asked], timeout=30, stderr=subprocess.DEVNULL).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_tells_alive_from_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    monkeypatch.setattr(_Health, "status", status)
    path = tmp_path / "socket"
    with socketserver.UnixStreamServer(str(path), _Health) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert health_check(path) == code
        thread.join()
    path.unlink()
    assert health_check(path) == 1


def test_the_health_check_asks_where_the_gateway_listens(loaded: Loaded) -> None:
    assert loaded.plan.api.socket == Path("/data/gateway.sock")


# ---- Compose --------------------------------------------------------------------------------------------------------


def test_docker_reads_the_compose_file(tmp_path: Path) -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("the Compose plugin is missing")
    filled = tmp_path / "env"
    filled.write_text(re.sub(r"=$", "=abc", ENV_EXAMPLE, flags=re.MULTILINE), encoding="utf-8")
    command = ["docker", "compose", "-f", str(DOCKER / "compose.yaml"), "--env-file", str(filled), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_there_is_no_default_password() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET", name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
    assert re.findall(r"^\w+=.+$", ENV_EXAMPLE, re.MULTILINE) == []


def test_the_example_of_the_secrets_names_all_of_them() -> None:
    assert sorted(VARIABLES) == sorted(set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT)))
    assert ".env" in (DOCKER / ".gitignore").read_text(encoding="utf-8").split()


def test_every_file_that_is_mounted_exists() -> None:
    for name in SERVICES:
        for source in mounts(name).values():
            assert (DOCKER / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], source


def test_nothing_is_published_beyond_this_machine() -> None:
    addresses = [host for name in SERVICES if "ports" in SERVICES[name] for host, _ in published(name)]
    assert addresses
    assert all(ip_address(host).is_loopback for host in addresses)


def test_the_configuration_needs_only_what_the_container_gets(loaded: Loaded) -> None:
    assert loaded.findings == []
    assert {sink.name for sink in loaded.plan.sinks} == {"influx", "history"}


def test_the_gateway_finds_the_broker_and_influxdb_on_the_network_that_it_has(loaded: Loaded) -> None:
    assert SERVICES["gateway"]["network_mode"] == "host", "its page is on loopback: this one must be the host's"
    (connection,) = loaded.plan.connections
    assert isinstance(connection.options, Connection)
    assert (connection.options.host, connection.options.port) in published("mosquitto")
    (influx,) = [sink.options for sink in loaded.plan.sinks if sink.name == "influx"]
    assert isinstance(influx, SinkOptions)
    address = urlsplit(influx.url)
    assert (address.hostname, address.port) in published("influxdb")
    made = SERVICES["influxdb"]["environment"]
    assert (influx.org, influx.bucket) == (made["DOCKER_INFLUXDB_INIT_ORG"], made["DOCKER_INFLUXDB_INIT_BUCKET"])
    assert made["DOCKER_INFLUXDB_INIT_ADMIN_TOKEN"] == SERVICES["gateway"]["environment"]["INFLUXDB_TOKEN"]


def test_the_gateway_keeps_its_data_on_a_volume(loaded: Loaded) -> None:
    store = str(loaded.plan.store.directory)
    assert mounts("gateway")[store] in COMPOSE["volumes"]
    assert f"VOLUME {store}\n" in DOCKERFILE
    assert f"PARK_GATEWAY_CONFIG={next(iter(mounts('gateway')))}/park.yaml" in DOCKERFILE


def test_the_broker_finds_its_files() -> None:
    settings = dict(re.findall(r"^(\w+) (.*)$", (DOCKER / "mosquitto.conf").read_text(encoding="utf-8"), re.MULTILINE))
    script = (DOCKER / "mosquitto.sh").read_text(encoding="utf-8")
    inside = mounts("mosquitto")
    (scratch,) = [entry.split(":")[0] for entry in SERVICES["mosquitto"]["tmpfs"]]
    assert settings["acl_file"] in inside
    assert settings["persistence_location"].rstrip("/") in inside
    assert f"file={settings['password_file']}\n" in script
    assert settings["password_file"].startswith(scratch + "/")
    assert SERVICES["mosquitto"]["command"][-1] in inside
    assert set(re.findall(r"\$(MQTT_\w+)", script)) == set(SERVICES["mosquitto"]["environment"])
    assert re.findall(r"-c (\S+)$", script, re.MULTILINE)[0] in inside
