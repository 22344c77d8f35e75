"""Times as devices write them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.mqtt.path import compile_path
from drivers.mqtt.times import TimeFormat, TimeRule, to_ns

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine

S = 10**9
T = 1_732_265_310  # 2024-11-22T08:48:30Z
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("raw", "ns"),
    [
        (T, T * S),
        (T + 0.25, T * S + S // 4),
        (T * 1000 + 123, T * S + 123 * 10**6),
        (T * 10**6 + 123456, T * S + 123456000),
        (T * S + 123456789, T * S + 123456789),
        (str(T), T * S),
        (f"{T}.5", T * S + S // 2),
        ("2024-11-22T08:48:30Z", T * S),
        ("2024-11-22T08:48:30.123456Z", T * S + 123456000),
        ("2024-11-22T16:48:30+08:00", T * S),
        ("2024-11-22 08:48:30+00:00", T * S),
    ],
)
def test_auto_tells_every_form(raw: object, ns: int) -> None:
    assert to_ns(raw, TimeFormat.AUTO, UTC) == ns


@pytest.mark.parametrize("unit", [TimeFormat.S, TimeFormat.MS, TimeFormat.US, TimeFormat.NS])
def test_a_stated_unit_is_taken_at_its_word(unit: TimeFormat) -> None:
    scale = {"s": S, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    assert to_ns(5, unit, UTC) == 5 * scale
    assert to_ns("5", unit, UTC) == 5 * scale


def test_iso_time_without_a_zone_is_in_the_stated_zone() -> None:
    assert to_ns("2024-11-22T16:48:30", TimeFormat.ISO, SHANGHAI) == T * S


@pytest.mark.parametrize(
    "raw", [None, True, {}, [], "", "soon", "1e999", "9" * 30, "2024-13-01T00:00:00", 10**30, 1e300]
)
def test_what_is_no_time_is_none(raw: object) -> None:
    assert to_ns(raw, TimeFormat.AUTO, UTC) is None


def test_numbers_are_no_iso_time_and_iso_text_no_number() -> None:
    assert to_ns(T, TimeFormat.ISO, UTC) is None
    assert to_ns("2024-11-22T08:48:30Z", TimeFormat.MS, UTC) is None


@patient
@given(st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001
def test_iso_text_comes_back_to_the_microsecond(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    expected = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert to_ns(aware.isoformat(), TimeFormat.AUTO, UTC) == expected


@patient
@given(st.integers(946_684_800_000_000, 4_102_444_800_000_000))
def test_floats_of_seconds_come_back_to_the_microsecond(us: int) -> None:
    assert to_ns(us / 1e6, TimeFormat.S, UTC) == us * 1000


@patient
@given(
    st.text(max_size=45) | st.integers() | st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(TimeFormat)
)
def test_nothing_makes_it_fail(raw: object, time_format: TimeFormat) -> None:
    if time_format is not TimeFormat.NONE:
        found = to_ns(raw, time_format, SHANGHAI)
        assert found is None or isinstance(found, int)


def rule(**stated: object) -> TimeRule:
    settings = {
        "find": compile_path(("ts",)),
        "format": TimeFormat.AUTO,
        "zone": UTC,
        "past_ns": 3600 * S,
        "future_ns": 60 * S,
    }
    return TimeRule(**{**settings, **stated})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("offset_s", "is_believed"), [(0, True), (-3600, True), (-3601, False), (60, True), (61, False)]
)
def test_a_time_is_believed_inside_its_window_only(offset_s: int, is_believed: bool) -> None:
    found = rule().read({"ts": T + offset_s}, T * S)
    assert found == ((T + offset_s) * S if is_believed else None, True)


def test_seconds_since_boot_are_not_believed() -> None:
    assert rule().read({"ts": 17.25}, T * S) == (None, True)


@pytest.mark.parametrize("record", [{}, {"ts": None}, [], "text"])
def test_a_record_without_a_time_states_none(record: object) -> None:
    assert rule().read(record, T * S) == (None, False)
    assert rule(find=None).read({"ts": T}, T * S) == (None, False)
