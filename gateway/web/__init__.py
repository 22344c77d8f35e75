"""The page: plain ES modules, styles and words, served from a fixed table.

The table is built once from the files of this package. A request's path is only ever looked up in it, never opened, so
no address reaches the file system.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

ROUTES = ("/", "/park", "/devices", "/devices/{device}", "/gateway")  # all answer with the one HTML document

_COMMENT = re.compile(rb"//.*|/\*+[^*]*\*/")  # a line that is a comment and nothing else

_FOLDERS = ("css", "js", "js/words", "vendor/uplot")

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file, ready to be sent."""

    body: bytes
    content_type: str
    etag: str  # quoted, strong


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
    body = _lean(file.read_bytes()) if is_ours else file.read_bytes()
    return Asset(body, _TYPES[_suffix(file)], f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def _lean(body: bytes) -> bytes:
    """Without indentation, empty lines and lines that are only comment: what the page weighs is what it says.

    Safe because no string of the page's own files spans lines (a test holds that).
    """
    lines = (line.strip() for line in body.splitlines())
    return b"\n".join(line for line in lines if line and not _COMMENT.fullmatch(line)) + b"\n"


def _suffix(file: Traversable) -> str:
    return "." + file.name.rpartition(".")[2]
