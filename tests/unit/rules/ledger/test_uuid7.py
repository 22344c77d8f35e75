"""UUIDv7: the layout of RFC 9562, and ids that only grow."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rules.ledger.uuid7 import is_uuid7, uuid7

TIMES = st.integers(0, 2**48 * 1_000_000 - 1)
NOISE = st.binary(min_size=8, max_size=8)


def test_the_example_of_the_rfc_has_its_timestamp_version_and_variant() -> None:
    """RFC 9562, A.6: 2022-02-22 14:22:22.00 -05:00 is 0x017F22E279B0."""
    found = uuid7(0x017F22E279B0 * 1_000_000, b"\xff" * 8)
    assert found.startswith("017f22e2-79b0-7000-bfff-")
    assert UUID(found).version == 7


@given(TIMES, NOISE)
def test_every_id_is_a_version_7_of_its_millisecond(time_ns: int, noise: bytes) -> None:
    found = uuid7(time_ns, noise)
    assert is_uuid7(found)
    assert UUID(found).int >> 80 == time_ns // 1_000_000


@given(st.lists(st.tuples(TIMES, NOISE), min_size=2, max_size=20))
def test_an_id_is_above_the_one_before_whatever_the_clock_does(moments: list[tuple[int, bytes]]) -> None:
    ids = [""]
    for time_ns, noise in moments:
        ids.append(uuid7(time_ns, noise, ids[-1]))
    assert ids == sorted(set(ids))
    assert all(map(is_uuid7, ids[1:]))


def test_within_a_millisecond_the_nanoseconds_decide() -> None:
    assert uuid7(1_000_000, b"\xff" * 8) < uuid7(1_000_300, b"\0" * 8)


def test_a_hash_is_no_uuid7() -> None:
    assert not is_uuid7("44136fa355b3678a1146ad16f7e8649e")
    assert not is_uuid7("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
