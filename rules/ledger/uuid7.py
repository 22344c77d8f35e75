"""UUID version 7 (RFC 9562, 5.7): ids of records that people submit, in the order in which they were submitted."""

from uuid import UUID

_RANDOM_BITS = 62
_STEP_BITS = 32  # an id that follows another closely is this far from it at most: not to be guessed either
RANDOM_BYTES = 8


def uuid7(time_ns: int, random: bytes, after: str = "") -> str:
    """An id of this moment (UTC): 48 bits of milliseconds, 12 of their fraction (6.2, method 3), 62 random bits.

    Greater than `after`, the id that was given before, even where the clock stood still or went back (6.2: the value
    before is then counted up by a random step). `random` holds RANDOM_BYTES bytes.
    """
    milliseconds, rest = divmod(time_ns, 1_000_000)
    noise = int.from_bytes(random)
    number = (milliseconds << 12 | rest * 4096 // 1_000_000) << _RANDOM_BITS | noise & ((1 << _RANDOM_BITS) - 1)
    if after and number <= (before := _number(after)):
        number = before + 1 + (noise & ((1 << _STEP_BITS) - 1))
    return str(_uuid(number))


def is_uuid7(text: str) -> bool:
    """True for an id as `uuid7` gives it."""
    try:
        found = UUID(text)
    except ValueError:
        return False
    return found.version == 7 and str(found) == text


def _uuid(number: int) -> UUID:
    """122 bits with version and variant between them."""
    high, low = number >> _RANDOM_BITS, number & ((1 << _RANDOM_BITS) - 1)
    return UUID(int=(high >> 12) << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0b10 << 62 | low)


def _number(text: str) -> int:
    whole = UUID(text).int
    high = (whole >> 80) << 12 | (whole >> 64) & 0xFFF
    return high << _RANDOM_BITS | whole & ((1 << _RANDOM_BITS) - 1)
