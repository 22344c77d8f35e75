"""Encoding of batches: whatever comes in, a line comes out that reads back the same, or a counted drop."""

from collections import Counter
from math import isfinite
from struct import pack, unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.influxdb.line import Encoder, Template
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point, PointKind, Value, ValueType
from tests.faults.influxdb.lines import ParsedLine, parse_line

TIME_NS = 1_795_000_000_123_456_789
METER = Device(id="tx1", site="park", enterprise="acme", kind="meter")

any_value = st.one_of(
    st.none(), st.floats(), st.integers(), st.integers(-(2**70), 2**70), st.booleans(), st.text(max_size=20)
)
any_point = st.builds(
    lambda type_, digits, kind: (type_, digits, kind),
    st.sampled_from(ValueType),
    st.sampled_from([7, None]),
    st.sampled_from(PointKind),
)


def block_of(*kinds: tuple[ValueType, int | None, PointKind], device: Device = METER) -> Block:
    points = (Point(f"p{i}", type=type_, digits=digits, kind=kind) for i, (type_, digits, kind) in enumerate(kinds))
    return Block(device, tuple(points))


def block(*types: ValueType, digits: int | None = None) -> Block:
    return block_of(*((one, digits, PointKind.GAUGE) for one in types))


def encode(batch: Batch) -> tuple[bytes, Counter[str]]:
    skipped: Counter[str] = Counter()
    return Encoder().encode(batch, skipped)[0], skipped


def fits(point: Point, value: Value) -> bool:
    """Whether the value is one that the point's type allows, by the book."""
    match point.type:
        case ValueType.FLOAT:
            if isinstance(value, bool) or not isinstance(value, float | int):
                return False
            try:
                return isfinite(float(value))
            except OverflowError:
                return False
        case ValueType.INT:
            return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        case ValueType.BOOL:
            return isinstance(value, bool)
        case ValueType.TEXT:
            return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def as_stored(point: Point, value: Value) -> Value:
    """What must be read back of a value that fits."""
    if isinstance(value, str):
        return value.replace("\n", "\\n").replace("\r", "\\r")
    if point.type is not ValueType.FLOAT:
        return value
    is_short = point.digits == 7 and point.kind is not PointKind.COUNTER
    return float(f"{float(value):.7g}") if is_short else float(value)


@given(st.lists(st.tuples(any_point, any_value), min_size=1, max_size=12))
def test_any_value_in_any_position_is_read_back_or_counted(columns: list[tuple[tuple, Value | None]]) -> None:
    one = block_of(*(kind for kind, _ in columns))
    values = tuple(value for _, value in columns)
    line, skipped = encode(Batch(one, values, TIME_NS))
    wanted = {
        point.name: as_stored(point, value)
        for point, value in zip(one.points, values, strict=True)
        if value is not None and fits(point, value)
    }
    assert sum(skipped.values()) == len(values) - len(wanted)
    if not wanted:
        assert line == b""
        return
    parsed = parse_line(line)
    assert parsed.fields == wanted
    assert {name: type(value) for name, value in parsed.fields.items()} == {n: type(v) for n, v in wanted.items()}
    assert parsed.time_ns == TIME_NS


@given(st.data(), st.lists(any_point.filter(lambda kind: kind[0] is not ValueType.TEXT), min_size=1, max_size=12))
def test_the_fast_path_gives_the_bytes_of_the_slow_path(data: st.DataObject, kinds: list[tuple]) -> None:
    numbers = {
        ValueType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
        ValueType.INT: st.integers(-(2**63), 2**63 - 1),
        ValueType.BOOL: st.booleans(),
    }
    is_sparse = data.draw(st.booleans())
    values = tuple(data.draw(st.none() | numbers[kind[0]] if is_sparse else numbers[kind[0]]) for kind in kinds)
    template = Template(block_of(*kinds), text_fields=True)
    batch = Batch(block_of(*kinds), values, TIME_NS)
    fast, slow = Counter[str](), Counter[str]()
    made = template._encode_plain(batch, fast)
    if made is not None:
        assert made == template._encode_each(batch, slow)
        assert fast == slow


def test_ordinary_batches_do_take_the_fast_path() -> None:
    mixed = block(ValueType.FLOAT, ValueType.INT, ValueType.BOOL)
    template = Template(mixed, text_fields=True)
    for values in ((1.5, 2, True), (None, 2, True), (1.5, None, None)):
        assert template._encode_plain(Batch(mixed, values, TIME_NS), Counter()) is not None


@given(st.text(), st.text(), st.text(), st.text(min_size=1))
def test_any_name_gives_a_line_that_can_be_read(device: str, enterprise: str, kind: str, point: str) -> None:
    owner = Device(id=device, site="100%", enterprise=enterprise, kind=kind)
    line, skipped = encode(Batch(Block(owner, (Point(point),)), (1.5,), TIME_NS))
    if line:
        parsed = parse_line(line)
        assert list(parsed.fields.values()) == [1.5]
        assert parsed.tags["site"] == "100%"
    else:
        assert skipped == {"name": 1}


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\\n\r\t"), min_size=1))
def test_names_without_backslashes_and_line_ends_are_read_back_unchanged(name: str) -> None:
    owner = Device(id=name, site=name, enterprise=name, kind="meter")
    line, skipped = encode(Batch(Block(owner, (Point("x" + name),)), (1.5,), TIME_NS))
    assert parse_line(line) == ParsedLine(
        "meter", {"device": name, "enterprise": name, "site": name}, {"x" + name: 1.5}, TIME_NS
    )
    assert not skipped


def test_a_line_has_sorted_tags_and_all_fields_of_the_device_at_that_time() -> None:
    line, _ = encode(Batch(block(ValueType.FLOAT, ValueType.INT, digits=7), (1.5, -3), TIME_NS))
    assert line == b"meter,device=tx1,enterprise=acme,site=park p0=1.5,p1=-3i 1795000000123456789"


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_gauge_is_written_with_the_seven_digits_it_holds(value: float) -> None:
    line, _ = encode(Batch(block(ValueType.FLOAT, digits=7), (value,), TIME_NS))
    assert line.split(b" ")[1] == b"p0=%.7g" % value


def test_a_float32_counter_is_never_rounded() -> None:
    reading = unpack("f", pack("f", 16777218.0))[0]
    one = block_of((ValueType.FLOAT, 7, PointKind.COUNTER))
    assert encode(Batch(one, (reading,), TIME_NS))[0].split(b" ")[1] == b"p0=16777218.0"


@pytest.mark.parametrize(
    ("type_", "value", "cause"),
    [
        (ValueType.FLOAT, float("nan"), "not_finite"),
        (ValueType.FLOAT, float("-inf"), "not_finite"),
        (ValueType.FLOAT, 10**400, "not_finite"),
        (ValueType.FLOAT, True, "type"),
        (ValueType.FLOAT, "1", "type"),
        (ValueType.INT, 2**63, "int_range"),
        (ValueType.INT, -(2**63) - 1, "int_range"),
        (ValueType.INT, 2**64, "int_range"),
        (ValueType.INT, 1.0, "type"),
        (ValueType.INT, True, "type"),
        (ValueType.BOOL, 1, "type"),
        (ValueType.TEXT, 1, "type"),
        (ValueType.TEXT, "\ud800", "encoding"),
        (ValueType.FLOAT, None, "no_value"),
    ],
)
def test_what_has_no_form_is_left_out_and_counted_while_the_rest_is_written(
    type_: ValueType, value: Value | None, cause: str
) -> None:
    line, skipped = encode(Batch(block(type_, ValueType.FLOAT), (value, 2.5), TIME_NS))
    assert parse_line(line).fields == {"p1": 2.5}
    assert skipped == {cause: 1}


def test_a_batch_of_bad_values_only_gives_no_line() -> None:
    line, skipped = encode(Batch(block(ValueType.FLOAT, ValueType.INT), (None, None), TIME_NS))
    assert line == b""
    assert skipped == {"no_value": 2}


def test_absent_positions_are_neither_written_nor_counted() -> None:
    line, skipped = encode(Batch(block(*[ValueType.FLOAT] * 3), (None, 1.5, None), TIME_NS, present=0b010))
    assert parse_line(line).fields == {"p1": 1.5}
    assert not skipped


@pytest.mark.parametrize("name", ["time", "_field", "_measurement", "\\"])
def test_a_field_name_that_influxdb_loses_is_counted_instead(name: str) -> None:
    line, skipped = encode(Batch(Block(METER, (Point(name), Point("ok"))), (1.0, 2.0), TIME_NS))
    assert parse_line(line).fields == {"ok": 2.0}
    assert skipped == {"name": 1}


@pytest.mark.parametrize("kind", ["", "#meter", "me\\ter", "meter\\"])
def test_a_measurement_that_influxdb_loses_is_counted_instead(kind: str) -> None:
    owner = Device(id="tx1", site="park", enterprise="acme", kind=kind)
    assert encode(Batch(Block(owner, (Point("p"),)), (1.0,), TIME_NS)) == (b"", {"name": 1})


def test_an_empty_tag_is_left_out() -> None:
    owner = Device(id="tx1", site="", enterprise="", kind="meter")
    assert encode(Batch(Block(owner, (Point("p"),)), (1.0,), TIME_NS))[0].startswith(b"meter,device=tx1 p=1.0 ")


def test_text_can_be_switched_off_and_is_counted() -> None:
    skipped: Counter[str] = Counter()
    mixed = Batch(block(ValueType.TEXT, ValueType.FLOAT), ("on", 1.0), TIME_NS)
    line, count = Encoder(text_fields=False).encode(mixed, skipped)
    assert (parse_line(line).fields, count, skipped) == ({"p1": 1.0}, 1, {"text": 1})
