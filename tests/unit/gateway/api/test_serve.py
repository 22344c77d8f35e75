"""Listening sockets: taken places are said, nothing of anybody else is removed."""

import stat
from pathlib import Path

import pytest

from gateway.api.serve import listen_tcp, listen_unix, listening
from gateway.config.plan import ApiPlan
from gateway.core.errors import ConfigError


def test_a_port_is_ours_from_the_moment_it_is_opened() -> None:
    with listen_tcp("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}") as error:
            listen_tcp("127.0.0.1", port)
    assert "api: port" in error.value.hint


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError) as error:
        listen_tcp("192.0.2.1", 0)
    assert "api: host" in error.value.hint


def test_the_socket_is_for_this_user_alone_and_goes_with_the_gateway(tmp_path: Path) -> None:
    plan = ApiPlan("127.0.0.1", 0, tmp_path / "gateway.sock")
    with listening(plan):
        assert stat.S_IMODE(plan.socket.stat().st_mode) == 0o600
    assert not plan.socket.exists()


def test_a_socket_that_a_dead_gateway_left_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    with listen_unix(path), pytest.raises(ConfigError, match="another gateway listens"):
        listen_unix(path)
    assert path.is_socket()
    listen_unix(path).close()


def test_the_socket_of_another_stays_where_the_own_port_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    with listen_unix(path), listen_tcp("127.0.0.1", 0) as taken:
        plan = ApiPlan("127.0.0.1", taken.getsockname()[1], path)
        with pytest.raises(ConfigError, match="cannot listen"), listening(plan):
            raise AssertionError("never entered")
        assert path.is_socket()


@pytest.mark.parametrize("name", ["notes.txt", "folder", "nowhere/gateway.sock", "notes.txt/gateway.sock"])
def test_a_place_that_is_not_for_a_socket_is_said_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="cannot open the socket") as error:
        listen_unix(tmp_path / name)
    assert "api: socket" in error.value.hint
    assert (tmp_path / "notes.txt").read_text() == "mine"
