"""A gateway behind a Unix socket that answers, refuses, breaks off or keeps silent: what the commands make of it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.cli.peer import answer, ask, is_running
from gateway.core.errors import GatewayError, Rejected, Unavailable

Serve = Callable[[bytes], Path]
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a gateway that reads each request's head and answers with these bytes; the path of its socket."""
    listeners: list[socket.socket] = []

    def start(reply: bytes) -> Path:
        path = tmp_path / "gateway.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        listeners.append(listener)
        threading.Thread(target=_answer_all, args=(listener, reply), daemon=True).start()
        return path

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _answer_all(listener: socket.socket, reply: bytes) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                request = b""
                while b"\r\n\r\n" not in request and (block := connection.recv(65536)):
                    request += block
                connection.sendall(reply)
                if not reply:
                    connection.recv(1)  # silence, until the other side has enough


def problem(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


def test_a_json_answer_is_handed_over(serve: Serve) -> None:
    path = serve(JSON + b'content-length: 11\r\n\r\n{"up": "a"}')
    assert is_running(path)
    assert ask(path, "GET", "/api/v1/status") == {"up": "a"}


def test_nobody_listens_where_there_is_no_socket_a_dead_one_or_something_else(tmp_path: Path) -> None:
    dead = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(dead))
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none.sock", dead, tmp_path / "file", tmp_path / "file" / "below", tmp_path):
        assert not is_running(path)
        with pytest.raises(Unavailable, match=r"no gateway runs|went away") as error:
            ask(path, "GET", "/")
        assert "park-gateway run" in error.value.hint


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (b"404 Not Found", Rejected),
        (b"422 Unprocessable Content", Rejected),
        (b"503 Service Unavailable", Unavailable),
        (b"500 Internal Server Error", GatewayError),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_gateway(serve: Serve, status: bytes, kind: type[GatewayError]) -> None:
    path = serve(problem(status, b'{"detail": "no device `x`", "hint": "see the list"}'))
    with pytest.raises(kind, match="no device `x`") as error:
        ask(path, "GET", "/")
    assert type(error.value) is kind
    assert error.value.hint == "see the list"


def test_a_refusal_that_is_no_problem_document_still_says_its_status(serve: Serve) -> None:
    with pytest.raises(GatewayError, match="500 Broken"):
        ask(serve(problem(b"500 Broken", b"<html>")), "GET", "/")


def test_an_answer_that_breaks_off_is_never_taken_for_whole(serve: Serve) -> None:
    path = serve(JSON + b"content-length: 1000\r\n\r\n" + b"x" * 600)
    with answer(path, "GET", "/api/v1/export") as found:
        assert found.length == 1000
        with pytest.raises(Unavailable, match="600 of 1000 bytes"):
            list(found.blocks(100))


def test_a_stream_that_breaks_off_is_never_taken_for_whole(serve: Serve) -> None:
    path = serve(JSON + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\nff\r\nbroken")
    with answer(path, "GET", "/") as found, pytest.raises(Unavailable, match="went away"):
        list(found.blocks())


def test_lines_come_as_they_pass(serve: Serve) -> None:
    path = serve(JSON + b"transfer-encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n8\r\ndata: 2\n\r\n0\r\n\r\n")
    with answer(path, "GET", "/") as found:
        assert list(found.lines()) == [b"data: 1\n", b"data: 2\n"]


def test_silence_has_an_end(serve: Serve) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        ask(serve(b""), "GET", "/", timeout_s=0.2)


def test_rubbish_is_said_to_be_no_answer(serve: Serve) -> None:
    with pytest.raises(Unavailable, match="went away"):
        ask(serve(b"SSH-2.0-OpenSSH\r\n\r\n"), "GET", "/")


def test_a_socket_of_another_user_is_not_taken_for_a_gateway_that_does_not_run(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = serve(b"")

    class Forbidden(socket.socket):
        def connect(self, address: object) -> None:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "socket", Forbidden)
    with pytest.raises(Unavailable, match="only the user that the gateway runs as"):
        is_running(path)
    with pytest.raises(Unavailable, match="only the user that the gateway runs as"):
        ask(path, "GET", "/")
