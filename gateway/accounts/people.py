"""Who prepares and who approves: names that are stated, compared so that no spelling makes two people of one."""

import re
import unicodedata
from dataclasses import dataclass

from gateway.core.errors import Rejected

_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Actor:
    """A person by the name that was stated, and the principal on whose behalf the request came."""

    by: str
    principal: str = "local administrator"
    role: str = "administrator"
    origin: str = "command line"
    enterprise: str | None = None  # sees only what belongs to it; `None`: the whole park

    @property
    def document(self) -> dict[str, str]:
        """What a record keeps of the principal."""
        return {"name": self.principal, "role": self.role, "origin": self.origin}


def person(name: str) -> str:
    """A name as it is kept: one line, single blanks. Raises Rejected for what is no name."""
    text = unicodedata.normalize("NFC", " ".join(name.split()))
    if len(text) > _MAX_NAME or any(unicodedata.category(letter)[0] == "C" for letter in text):
        raise Rejected("by: the name is too long or has invisible characters", "write the person's name")
    if not any(letter.isalpha() for letter in text):
        raise Rejected("by: the name of the person is needed", "`--by NAME`, or the field `by`")
    return text


def is_same_person(one: str, other: str) -> bool:
    """True where two names differ by no more than case, width, accents' form and blanks."""
    return _key(one) == _key(other)


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(letter for letter in re.sub(r"\s+", "", folded) if unicodedata.category(letter) not in ("Cf", "Cc"))
