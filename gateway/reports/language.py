"""The languages of reports, and outside text made fit to print."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from gateway.chinese import chinese

_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # invisible ones that turn or hide the text beside them
    "\ud800-\udfff\ufffe\uffff]"
)
_NONE: Mapping[str, str] = MappingProxyType({})


class Language(StrEnum):
    """What a report is written in."""

    EN = "en"
    ZH = "zh"

    def say(self, en: str, zh: str) -> str:
        """One of the two."""
        return zh if self is Language.ZH else en

    def of(self, names: dict[str, str]) -> str:
        """The name of something in this language."""
        return printable(names[self.value])

    def told(self, sentence: str, known: Mapping[str, str] = _NONE) -> str:
        """A sentence of the gateway in this language, of `known` ones by that; as it is where there is no other."""
        if self is Language.EN:
            return printable(sentence)
        return printable(known.get(sentence) or chinese(sentence) or sentence)


def printable(text: object) -> str:
    """Text on one line, in which nothing steers the reader: U+FFFD stands for every character that would."""
    return _STEERING.sub("\ufffd", str(text).replace("\r\n", " ").replace("\n", " ").replace("\r", " "))
