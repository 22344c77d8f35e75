"""A running gateway, asked through its Unix socket."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from gateway.core.errors import GatewayError, Rejected, Unavailable

T = TypeVar("T")
CONNECT_S = 2.0
ANSWER_S = 120.0
NOT_RUNNING = "start it with `park-gateway run`"
_KINDS: dict[int, type[GatewayError]] = {404: Rejected, 422: Rejected, 503: Unavailable}


class Refused(Rejected):
    """Refused for what is wrong with fields or rows: `errors` has each of them."""

    def __init__(self, message: str, hint: str, errors: list[dict[str, Any]]) -> None:
        super().__init__(message, hint)
        self.errors = errors


def is_running(path: Path) -> bool:
    """True where a gateway listens on this socket. Raises Unavailable where it may only be asked by another user."""
    try:
        _connected(path).close()
    except PermissionError as error:
        raise _not_yours(path) from error
    except OSError:
        return False
    return True


def ask(path: Path, method: str, target: str, body: Any = None, *, timeout_s: float = ANSWER_S) -> Any:
    """One JSON answer of the running gateway. Raises Unavailable where none answers, or what the answer says."""
    with answer(path, method, target, body=body, timeout_s=timeout_s) as found:
        return json.loads(b"".join(found.blocks()))


@contextmanager
def answer(
    path: Path,
    method: str,
    target: str,
    *,
    parameters: Mapping[str, str] | None = None,
    body: Any = None,
    timeout_s: float = ANSWER_S,
) -> Iterator["Answer"]:
    """An answer that is read bit by bit. Bytes are sent as they are, all else as JSON. `timeout_s`: longest silence."""
    connection = _Connection(path, timeout_s)
    is_file = isinstance(body, bytes)
    data = body if body is None or is_file else json.dumps(body).encode()
    headers = {} if data is None else {"content-type": "application/octet-stream" if is_file else "application/json"}
    with closing(connection):
        query = f"?{urlencode(parameters)}" if parameters else ""
        _tried(path, lambda: connection.request(method, target + query, data, headers))
        response = _tried(path, connection.getresponse)
        found = Answer(path, response)
        if not 200 <= response.status < 300:
            raise _error_of(response, b"".join(found.blocks()))
        yield found


class Answer:
    """The body of an answer. Reading it raises Unavailable where the gateway goes away in the middle."""

    def __init__(self, path: Path, response: HTTPResponse) -> None:
        self._path = path
        self._response = response
        length = response.getheader("content-length")
        self.length = None if length is None else int(length)

    def blocks(self, size: int = 64 * 1024) -> Iterator[bytes]:
        """The bytes, complete when this ends without an error."""
        received = 0
        while block := _tried(self._path, lambda: self._response.read(size)):
            received += len(block)
            yield block
        if self.length is not None and received < self.length:
            raise Unavailable(f"the gateway stopped after {received} of {self.length} bytes", "try again when it runs")

    def lines(self) -> Iterator[bytes]:
        """Line by line, until the gateway ends it or goes away: the two look alike here."""
        while line := _tried(self._path, self._response.readline):
            yield line


class _Connection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = _connected(self._path)
        self.sock.settimeout(self.timeout)


def _connected(path: Path) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.settimeout(CONNECT_S)
    try:
        found.connect(str(path))
    except BaseException:
        found.close()
        raise
    return found


def _not_yours(path: Path) -> Unavailable:
    return Unavailable(
        f"only the user that the gateway runs as may open {path}", "run this command as that user, or with sudo"
    )


def _tried(path: Path, step: Callable[[], T]) -> T:
    """One step of the exchange, its errors as ours."""
    try:
        return step()
    except PermissionError as error:
        raise _not_yours(path) from error
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        raise Unavailable(f"no gateway runs: nothing listens on {path}", NOT_RUNNING) from error
    except TimeoutError as error:
        raise Unavailable(
            f"the gateway behind {path} does not answer", "is it stopping, or held by its disk?"
        ) from error
    except (OSError, HTTPException) as error:
        raise Unavailable(
            f"the gateway behind {path} went away: {error or type(error).__name__}", NOT_RUNNING
        ) from error


def _error_of(response: HTTPResponse, text: bytes) -> GatewayError:
    """The problem document (RFC 9457) of the API as our own error."""
    try:
        problem = json.loads(text)
    except ValueError:
        problem = {}
    kind = _KINDS.get(response.status, GatewayError)
    if isinstance(problem.get("errors"), list):
        return Refused(str(problem.get("detail")), str(problem.get("hint", "")), problem["errors"])
    detail = problem.get("detail") or f"the gateway answered {response.status} {response.reason}"
    return kind(str(detail), str(problem.get("hint", "")))
