"""The documents of the repository: where they are, their blocks of code, and the anchors of their headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
GUIDES = ROOT / "deploy" / "guide"
FOLDERS = (".ci", "deploy", "drivers", "gateway", "rules", "tests")
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, or lines that are indented by four spaces (no language)."""

    language: str
    text: str


def documents() -> list[Path]:
    """Every document of the repository."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md")]
    return sorted([*ROOT.glob("*.md"), *inside])


def name_of(path: Path) -> str:
    """A document as it is called in messages."""
    return path.relative_to(ROOT).as_posix()


@cache
def read(path: Path) -> str:
    """The text of a document."""
    return path.read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", text)


def blocks(text: str) -> Iterator[Block]:
    """Fenced blocks in their order, then the indented ones as one."""
    for language, inside in _FENCE.findall(text):
        yield Block(language, inside)
    yield Block("", "\n".join(line[4:] for line in prose(text).splitlines() if line.startswith("    ")))


@cache
def anchors(text: str) -> frozenset[str]:
    """What `#...` may be behind a link to this document: the headings as GitHub writes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", prose(text), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 1
        unique = slug
        while unique in found:
            unique, number = f"{slug}-{number}", number + 1
        found.add(unique)
    return frozenset(found)
