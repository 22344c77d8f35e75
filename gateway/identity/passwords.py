"""Passwords: what does for one, and argon2id in a thread, at most two at a time.

19 MiB, two passes, one lane are the least that OWASP's Password Storage Cheat Sheet asks of argon2id; two at a time
keep a board of 1 GB alive while somebody tries thousands.
"""

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.core.errors import Rejected

MIN_LENGTH = 12
MAX_LENGTH = 128
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
AT_A_TIME = 2
_LEAST_OWN = 6  # characters that must be left when everything common is taken away
_LEAST_DIFFERENT = 5  # characters
_COMMON = (
    "administrator", "password1", "password", "passwort", "passw0rd", "p@ssw0rd", "p@ssword", "qwertyuiop", "qwertz",
    "qwerty", "asdfghjkl", "asdfgh", "zxcvbnm", "zxcvbn", "1q2w3e4r", "1qaz2wsx", "qazwsx", "1234567890", "123456789",
    "0987654321", "987654321", "12345678", "87654321", "123456", "654321", "123123", "123321", "111111", "000000",
    "888888", "666666", "112233", "abcdefgh", "abcdef", "abc123", "iloveyou", "letmein", "welcome", "changeme",
    "default", "sunshine", "princess", "football", "baseball", "superman", "monkey", "dragon", "master", "shadow",
    "secret", "woaini", "5201314", "1314520", "mima", "parkgateway", "gateway", "park", "admin", "root", "user",
    "guest", "test",
)  # fmt: skip


def normalised(password: str) -> str:
    """The password as it is hashed: the same whichever keyboard wrote it (NFKC, as RFC 8265 and NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, name: str) -> str:
    """The normalised password. Raises Rejected, with what to do, for one that is too short, too long or too common."""
    text = normalised(password)
    if len(text) < MIN_LENGTH:
        raise Rejected(f"the password has fewer than {MIN_LENGTH} characters", "take four words that do not belong")
    if len(text) > MAX_LENGTH:
        raise Rejected(f"the password has more than {MAX_LENGTH} characters", "take a shorter one")
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise Rejected("the password has control characters", "take letters, digits, blanks and signs")
    if _is_common(text.casefold(), name.casefold()):
        hint = "not the log-in name, no rows of keys or digits; four words that do not belong together do"
        raise Rejected("the password is among the first that somebody would try", hint)
    return text


def _is_common(text: str, name: str) -> bool:
    for common in (name, *_COMMON):
        text = text.replace(common, "") if len(common) > 2 else text
    return len(text) < _LEAST_OWN or len(set(text)) < _LEAST_DIFFERENT


class Passwords:
    """Hashes and verifies."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._turns = asyncio.Semaphore(AT_A_TIME)
        self._nobodys = ""  # verified where there is no account, so that the answer takes as long

    async def hash(self, text: str) -> str:
        """The hash of a checked password, in the PHC form, which carries salt and parameters."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, text)

    async def is_right(self, hashed: str, password: str) -> bool:
        """True where the password is the one of this hash. As slow where there is none (`hashed` empty)."""
        text = normalised(password)[:MAX_LENGTH]
        if not self._nobodys:
            self._nobodys = await self.hash("nobody's")
        async with self._turns:
            is_right = await asyncio.to_thread(self._verify, hashed or self._nobodys, text)
        return is_right and bool(hashed) and len(normalised(password)) <= MAX_LENGTH

    def is_outdated(self, hashed: str) -> bool:
        """True where it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, hashed: str, text: str) -> bool:
        try:
            return self._hasher.verify(hashed, text)
        except (VerificationError, InvalidHashError):
            return False
