"""Columns of whole numbers in few bytes: the smallest of them, and what each is above it, all equally wide."""

import struct
from collections.abc import Sequence

LARGEST = 2**62  # what a column holds: numbers below it, above its negative
_HEAD = struct.Struct("<Bq")  # width in bytes, the smallest number
_WIDTHS = ((0, 0, "x"), (0xFF, 1, "B"), (0xFFFF, 2, "H"), (0xFFFF_FFFF, 4, "I"), (2**64 - 1, 8, "Q"))
_CODES = {width: code for _, width, code in _WIDTHS}


def put(numbers: Sequence[int]) -> bytes:
    """The bytes of a column. Raises ValueError for numbers that are too large; empty columns are none."""
    least, most = min(numbers), max(numbers)
    if least <= -LARGEST or most >= LARGEST:
        raise ValueError("a column holds numbers of less than 63 bits")
    width, code = next((width, code) for top, width, code in _WIDTHS if most - least <= top)
    head = _HEAD.pack(width, least)
    if not width:
        return head
    return head + struct.pack(f"<{len(numbers)}{code}", *(numbers if not least else [one - least for one in numbers]))


def take(data: bytes, place: int, count: int) -> tuple[list[int], int]:
    """The numbers of the column that begins at `place`, and the place behind it. Raises ValueError where it is none."""
    try:
        width, least = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        if not width:
            return [least] * count, place
        numbers = struct.unpack_from(f"<{count}{_CODES[width]}", data, place)
    except (struct.error, KeyError) as error:
        raise ValueError("not a column of numbers") from error
    return [one + least for one in numbers] if least else list(numbers), place + width * count
