"""A notice as text for people: languages chosen, control characters gone, cut to a provider's limit."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from gateway.core.notice import Notice
from gateway.core.point import Names

MARK = "…"  # stands where text was cut off
_MAX_CHARS = 16_384  # of one text; no channel takes more, and the loop is not held by a name without end
_MAX_TITLE = 300  # characters
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# control characters, lone surrogates, marks that turn the direction of writing, byte order mark, non-characters
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_HEADER_SAFE = re.compile(r"[A-Za-z0-9._:@/+=-]{1,128}")

Escape = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person reads: one title and one text for each language of the channel, and the address of the page."""

    titles: tuple[str, ...]  # one line each
    texts: tuple[str, ...]
    url: str

    @property
    def title(self) -> str:
        """Both titles in one line."""
        return " / ".join(self.titles)


def letter(notice: Notice, language: str) -> Letter:
    """The notice in the channel's language (`en`, `zh`, `both`), cleaned; an empty text falls back to the other."""
    titles = [single_line(text)[:_MAX_TITLE] for text in chosen(notice.title, language)]
    texts = [clean(text[:_MAX_CHARS]).strip() for text in chosen(notice.text, language)]
    shown = tuple(title for title in titles if title) or (single_line(f"{notice.kind} {notice.site}"),)
    return Letter(shown, tuple(text for text in texts if text), single_line(notice.url))


def chosen(names: Names, language: str) -> tuple[str, ...]:
    """The texts of a language, two for `both` where they differ."""
    first, second = (names.zh, names.en) if language == "zh" else (names.en, names.zh)
    if language != "both":
        return (first or second,)
    return (first, second) if first and second and first != second else (first or second,)


def clean(text: str) -> str:
    """Text with line feeds as its only control characters, which every encoder and provider takes."""
    return _UNPRINTABLE.sub("\ufffd", _BREAKS.sub("\n", text).replace("\t", " "))


def single_line(text: str) -> str:
    """Clean text of one line."""
    return " ".join(clean(text[:_MAX_CHARS]).split())


def header_id(notice_id: str) -> str:
    """The id as it may stand in a header; one with other characters becomes its SHA-256."""
    if _HEADER_SAFE.fullmatch(notice_id):
        return notice_id
    return sha256(notice_id.encode(errors="surrogatepass")).hexdigest()


def as_it_is(text: str) -> str:
    """The escape of a provider that knows no markup."""
    return text


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode())


def cut(text: str, limit: int, escape: Escape = as_it_is) -> str:
    """The escaped text, cut so that it has at most `limit` bytes of UTF-8; a cut never splits a character or escape."""
    whole = text[: limit + 1]  # no character escapes to less than a byte
    if len(whole) == len(text) and size(escaped := escape(text)) <= limit:
        return escaped
    low, high = 0, len(whole)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(escape(whole[:middle]) + MARK) <= limit else (low, middle - 1)
    return escape(whole[:low]) + MARK if size(MARK) <= limit else ""


def fitted(parts: Sequence[str], limit: int, escape: Escape = as_it_is) -> tuple[str, ...]:
    """All parts escaped, together at most `limit` bytes; a short one leaves its share to the longer ones."""
    done: dict[int, str] = {}
    left = limit
    for position in sorted(range(len(parts)), key=lambda index: len(parts[index])):
        done[position] = cut(parts[position], left // (len(parts) - len(done)), escape)
        left -= size(done[position])
    return tuple(done[position] for position in range(len(parts)))
