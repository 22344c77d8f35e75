"""The languages of reports, and outside text made fit to print."""

import re
from enum import StrEnum

_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # invisible ones that turn or hide the text beside them
    "\ud800-\udfff\ufffe\uffff]"
)


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


def printable(text: object) -> str:
    """Text on one line, in which nothing steers the reader: U+FFFD stands for every character that would."""
    return _STEERING.sub("\ufffd", str(text).replace("\r\n", " ").replace("\n", " ").replace("\r", " "))
