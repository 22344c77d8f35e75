"""Random secrets, and what is stored of them.

Tokens and keys have 256 random bits: a plain SHA-256 of them is as good as a slow hash (there is no list of likely
ones to try), and it is found in a table without comparing secrets character by character.
"""

import secrets
from hashlib import sha256

TOKEN_BYTES = 32
_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # no l and 1, no o and 0
_ID_LENGTH = 10


def new_token() -> str:
    """32 random bytes as text for a cookie, a link or a key."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_id() -> str:
    """A name for a session or key in lists: no secret."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def new_code() -> str:
    """A code that a person copies from a console: 16 characters, 80 bits, in groups of four."""
    letters = "".join(secrets.choice(_ID_ALPHABET) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def is_same(one: str, other: str) -> bool:
    """Compared in constant time."""
    return secrets.compare_digest(hash_of(one), hash_of(other))
