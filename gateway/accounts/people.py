"""Who prepares and who approves: names, proven or stated, compared so that no spelling makes two people of one."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.core.errors import Rejected

_MAX_NAME = 100
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"  # letters and signs that show nothing
_VARIATIONS = range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)  # selectors of a glyph's form: they show nothing either
_ALIKE = str.maketrans("авекмнорстухіјѕαεικνορτυχ", "abekmhopctyxijsaeiknoptux")  # that look like Latin ones


@dataclass(frozen=True, slots=True)
class Actor:
    """A person by the name that was stated, and the principal on whose behalf the request came."""

    by: str
    principal: str = "local administrator"
    role: str = "administrator"
    origin: str = "command line"
    enterprise: str | None = None  # sees only what belongs to it; `None`: the whole park
    is_proven: bool = False  # the name is that of the account that signed in

    @property
    def document(self) -> dict[str, str]:
        """What a record keeps of the principal."""
        return {"name": self.principal, "role": self.role, "origin": self.origin}

    def is_who(self, by: str, principal: Mapping[str, Any]) -> bool:
        """True where this person is the one of a record: by the name, or by the account whatever it is called now."""
        return is_same_person(self.by, by) or (self.is_proven and principal.get("name") == self.principal)


def person(name: str) -> str:
    """A name as it is kept: one line, single blanks. Raises Rejected for what is no name."""
    text = unicodedata.normalize("NFC", " ".join(name.split()))
    if len(text) > _MAX_NAME or any(unicodedata.category(letter)[0] == "C" or _is_unseen(letter) for letter in text):
        raise Rejected("by: the name is too long or has invisible characters", "write the person's name")
    if not any(letter.isalpha() for letter in text):
        raise Rejected("by: the name of the person is needed", "`--by NAME`, or the field `by`")
    return text


def is_same_person(one: str, other: str) -> bool:
    """True where two names differ by no more than case, width, blanks, dots, hyphens or look-alike letters."""
    return _key(one) == _key(other)


def _key(name: str) -> str:
    """Letters, digits and their marks alone; those of other alphabets that look like Latin ones as these."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    shown = (letter for letter in folded if unicodedata.category(letter)[0] in "LMN" and not _is_unseen(letter))
    return "".join(shown).translate(_ALIKE)


def _is_unseen(letter: str) -> bool:
    return letter in _INVISIBLE or any(ord(letter) in those for those in _VARIATIONS)
