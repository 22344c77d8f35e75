"""The page: plain ES modules, styles and words, served from a fixed table.

The table is built once from the files of this package. A request's path is only ever looked up in it, never opened, so
no address reaches the file system.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from gateway.web.lean import lean_page, lean_script, lean_style
from gateway.web.names import shorten

ROUTES = (  # all answer with the one HTML document
    "/",
    "/park",
    "/devices",
    "/devices/{device}",
    "/alarms",
    "/alarms/{alarm}",
    "/enterprises",
    "/enterprises/{enterprise}",
    "/carbon",
    "/records",
    "/gateway",
    "/setup",
    "/reading",
    "/users",
    "/audit",
    "/login",
)

_FOLDERS = ("css", "js", "js/words", "vendor/uplot")

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def _script(source: bytes) -> bytes:
    return shorten(lean_script(source))


_LEAN = {".css": lean_style, ".html": lean_page, ".js": _script}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file, ready to be sent."""

    body: bytes
    content_type: str
    etag: str  # quoted, strong
    packed: bytes  # the body by gzip

    @property
    def packed_etag(self) -> str:
        """That of the packed body: another representation has another one (RFC 9110, 8.8.3)."""
        return f'{self.etag[:-1]}-gz"'


def assets() -> Mapping[str, Asset]:
    """Every file by URL: the page at each of `ROUTES`, the rest under `/assets/`. Reads the disk; call it once."""
    root = resources.files(__name__)
    table = dict.fromkeys(ROUTES, _asset(root / "index.html", is_ours=True))
    table["/assets/icon.svg"] = _asset(root / "icon.svg", is_ours=True)
    for folder in _FOLDERS:
        for file in sorted((root / folder).iterdir(), key=lambda entry: entry.name):
            if _suffix(file) in _TYPES:
                table[f"/assets/{folder}/{file.name}"] = _asset(file, is_ours=not folder.startswith("vendor"))
    return table


def _asset(file: Traversable, *, is_ours: bool) -> Asset:
    body = file.read_bytes()
    if is_ours and (lean := _LEAN.get(_suffix(file))) is not None:
        body = lean(body)
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Asset(body, _TYPES[_suffix(file)], etag, gzip.compress(body, 9, mtime=0))


def _suffix(file: Traversable) -> str:
    return "." + file.name.rpartition(".")[2]
