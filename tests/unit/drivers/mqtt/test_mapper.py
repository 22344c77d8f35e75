"""Payloads of the field become batches."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drivers.mqtt.compile import compile_connection
from drivers.mqtt.mapper import MAX_RECORDS, Plan, read_payload, readings
from gateway.core.batch import Batch
from gateway.core.quality import Quality
from tests.integration.mqtt.park import device_plan, plan

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine

S = 10**9
NOW = 1_732_265_310 * S
THREE = {"power": {}, "energy": {"type": "int"}, "is_on": {"type": "bool"}}


def compiled(points: dict[str, dict[str, Any]] | None = None, **time: Any) -> tuple[Plan, ...]:
    options = {"time": time} if time else {}
    return compile_connection(plan(device_plan(points=points), **options)).plans


def read(
    payload: bytes | object, points: dict[str, dict[str, Any]] | None = None, *, retained: bool = False, **time: Any
) -> Any:
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    return read_payload(compiled(points, **time), body, NOW, is_retained=retained)


def one(*args: Any, **kwargs: Any) -> Batch:
    batches, complaint = read(*args, **kwargs)
    assert complaint == ""
    assert len(batches) == 1
    return batches[0]


def test_a_flat_object_is_one_batch_at_its_own_time() -> None:
    batch = one({"ts": NOW // 10**6, "power": 1.5, "energy": 2**60, "is_on": "ON"}, THREE)
    assert (batch.values, batch.time_ns) == ((1.5, 2**60, True), NOW)
    assert batch.quality is None
    assert batch.present is None


def test_what_a_message_leaves_out_is_not_present() -> None:
    batch = one({"energy": 7}, THREE)
    assert batch.values == (None, 7, None)
    assert batch.present == 0b010
    assert batch.quality is None


def test_a_wrong_type_costs_its_own_point_only() -> None:
    batch = one({"power": "hot", "energy": 7, "is_on": True}, THREE)
    assert batch.values == (None, 7, True)
    assert batch.quality == (Quality.BAD_TYPE, Quality.GOOD, Quality.GOOD)
    assert batch.present is None


def test_null_is_a_value_that_the_device_does_not_have() -> None:
    batch = one({"power": None})
    assert batch.quality == (Quality.BAD_NOT_AVAILABLE,)


def test_a_message_without_any_point_yields_nothing_and_says_so() -> None:
    assert read({"other": 1}) == ([], "it holds none of the configured points")


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"hello", b'{"power":NaN}', b'{"power":1e999}', b"\xff\xfe", b"[" * 5000]
)
def test_what_is_not_json_is_refused_with_a_reason(payload: bytes) -> None:
    batches, complaint = read(payload)
    assert batches == []
    assert complaint.startswith("not JSON: ") or complaint == "empty payload"


@pytest.mark.parametrize("payload", [1, "text", None, True, [], [1, 2], [None], {}])
def test_json_of_another_shape_yields_nothing(payload: object) -> None:
    assert read(payload)[0] == []


def test_an_implausible_time_gives_way_to_the_time_of_receipt() -> None:
    batch = one({"ts": 12.5, "power": 1.0, "energy": 3}, THREE)
    assert batch.time_ns == NOW
    assert batch.quality == (Quality.UNCERTAIN_TIME, Quality.UNCERTAIN_TIME, Quality.GOOD)
    assert batch.present == 0b011


def test_a_message_without_a_time_is_good_at_the_time_of_receipt() -> None:
    batch = one({"power": 1.0})
    assert (batch.time_ns, batch.quality) == (NOW, None)


def test_a_retained_message_without_a_time_is_uncertain() -> None:
    assert one({"power": 1.0}, retained=True).quality == (Quality.UNCERTAIN_RETAINED,)
    assert one({"power": 1.0, "ts": 3}, retained=True).quality == (Quality.UNCERTAIN_RETAINED,)


def test_a_retained_message_with_a_time_is_as_good_as_any() -> None:
    batch = one({"power": 1.0, "ts": NOW // S - 60}, retained=True)
    assert (batch.time_ns, batch.quality) == (NOW - 60 * S, None)


def test_bad_stays_bad_whatever_the_time() -> None:
    assert one({"power": {}, "ts": 3}).quality == (Quality.BAD_TYPE,)


def test_thingsboard_records_each_have_their_time() -> None:
    records = [{"ts": NOW // 10**6 - 1000 * i, "values": {"power": float(i)}} for i in range(3)]
    batches, complaint = read(records, {"power": {"path": "values.power"}})
    assert complaint == ""
    assert [(b.values, b.time_ns) for b in batches] == [((float(i),), NOW - i * S) for i in range(3)]


def test_a_record_that_is_none_costs_itself_only() -> None:
    batches, _ = read([{"power": 1.0}, 5, {"power": 2.0}])
    assert [b.values for b in batches] == [(1.0,), (2.0,)]


def test_too_many_records_are_cut_and_said() -> None:
    batches, complaint = read([{"power": 1.0}] * (MAX_RECORDS + 1))
    assert len(batches) == MAX_RECORDS
    assert "1,001 records" in complaint


def test_a_path_into_an_array_takes_it_as_one_record() -> None:
    assert one([1.5, 2.5], {"a": {"path": "[0]"}, "b": {"path": "[1]"}}).values == (1.5, 2.5)


def test_shelly_s_partial_update() -> None:
    payload = {"src": "x", "method": "NotifyStatus", "params": {"ts": NOW / S + 0.25, "em1:0": {"act_power": 12.5}}}
    points = {"power": {"path": "params.em1:0.act_power"}, "power_b": {"path": "params.em1:1.act_power"}}
    batch = one(payload, points, path="params.ts")
    assert (batch.values, batch.present, batch.time_ns) == ((12.5, None), 0b01, NOW + S // 4)


def test_tasmota_s_local_time_and_arrays() -> None:
    payload = {"Time": "2024-11-22T16:48:30", "ENERGY": {"Total": [1.5, 2.5]}}
    batch = one(payload, {"b": {"path": "ENERGY.Total[1]"}}, path="Time", zone="Asia/Shanghai")
    assert (batch.values, batch.time_ns) == ((2.5,), NOW)


@pytest.mark.parametrize(
    ("payload", "place", "value"),
    [
        (b"21.5", {}, 21.5),
        (b" 21.5\n", {}, 21.5),
        (b"on", {"type": "bool"}, True),
        (b'"ON"', {"type": "bool"}, True),
        (b"false", {"type": "bool"}, False),
        (b"RUN", {"type": "int", "values": {"RUN": 2}}, 2),
        (b"007", {"type": "text"}, "007"),
    ],
)
def test_a_topic_of_its_own_carries_a_bare_value(payload: bytes, place: dict[str, Any], value: object) -> None:
    batch = one(payload, {"state": {"topic": "shellies/{device}/relay/0", **place}})
    assert batch.values == (value,)


def test_a_bare_value_of_the_wrong_type_is_bad() -> None:
    assert one(b"NaN", {"t": {"path": "$"}}).quality == (Quality.BAD_NOT_A_NUMBER,)
    assert one(b"warm", {"t": {"path": "$"}}).quality == (Quality.BAD_TYPE,)
    assert read(b"\xff", {"t": {"path": "$"}})[0] == []


def test_a_person_sees_the_raw_value_beside_the_typed_one() -> None:
    found = readings(compiled(THREE)[0], b'{"power": "x", "energy": "12"}', frozenset())
    assert [(r.point, r.raw, r.value, r.quality) for r in found] == [
        ("power", '"x"', None, Quality.BAD_TYPE),
        ("energy", '"12"', 12, Quality.GOOD),
    ]
    assert [r.point for r in readings(compiled(THREE)[0], b'[{"power": 1, "energy": 1}]', frozenset({"energy"}))] == [
        "energy"
    ]


def is_sound(batch: Batch) -> bool:
    present = batch.present if batch.present is not None else (1 << len(batch.values)) - 1
    quality = batch.quality or (Quality.GOOD,) * len(batch.values)
    shape = len(batch.values) == len(batch.block.points) == len(quality) and present > 0
    return shape and all(
        (value is None) == quality[i].is_bad if present >> i & 1 else value is None
        for i, value in enumerate(batch.values)
    )


@patient
@given(st.binary(max_size=200), st.booleans())
@example(b"\x1c0", False)  # a separator that counts as a blank, but not for `float`
def test_no_bytes_make_it_fail(payload: bytes, retained: bool) -> None:
    points = {**THREE, "bare": {"path": "$"}}
    assert all(is_sound(batch) for batch in read(payload, points, retained=retained)[0])


SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=8)
)
OBJECTS = st.dictionaries(
    st.sampled_from(["power", "energy", "is_on", "ts", "x"]), SCALARS | st.lists(SCALARS, max_size=2)
)


@patient
@given(OBJECTS | st.lists(OBJECTS, max_size=4), st.booleans())
def test_any_json_gives_sound_batches(document: object, retained: bool) -> None:
    assert all(is_sound(batch) for batch in read(document, THREE, retained=retained)[0])


@patient
@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**63), 2**64 - 1),
    st.booleans(),
    st.integers(NOW // 1000 - 10**9, NOW // 1000 + 10**6),
)
def test_good_values_come_out_as_they_went_in(power: float, energy: int, is_on: bool, time_us: int) -> None:
    batch = one({"power": power, "energy": energy, "is_on": is_on, "ts": time_us}, THREE)
    assert (batch.values, batch.time_ns, batch.quality, batch.present) == (
        (power, energy, is_on),
        time_us * 1000,
        None,
        None,
    )


def test_without_a_time_format_the_time_of_receipt_counts() -> None:
    assert one({"power": 1.0, "ts": NOW // S - 60}, format="none").time_ns == NOW
