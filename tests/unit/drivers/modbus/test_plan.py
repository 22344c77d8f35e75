"""Planning: every point is covered, none is cut, no read is longer than allowed, and refusals are learned from."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.config import PointAddress
from drivers.modbus.plan import Field, Learned, Limits, Read, Refusal, Table, fields_of, merge, plan_reads

WIDTHS = {1: "uint16", 2: "float32", 4: "int64"}


def place(address: int, size: int = 1, table: Table = Table.HOLDING) -> PointAddress:
    if table.is_bits:
        return PointAddress(table=table, address=address)
    if size in WIDTHS:
        return PointAddress(table=table, address=address, type=WIDTHS[size])
    return PointAddress(table=table, address=address, type="string", length=size)


def spans(reads: list[Read]) -> list[tuple[int, int]]:
    return [(read.start, read.count) for read in reads]


places = st.lists(
    st.builds(
        place,
        st.integers(0, 600) | st.integers(65400, 65500),
        st.sampled_from([1, 2, 4, 7, 30]),
        st.sampled_from(list(Table)),
    ),
    min_size=1,
    max_size=60,
)
limits = st.builds(Limits, max_registers=st.integers(30, 125), max_gap=st.integers(0, 40))


@given(places, limits)
def test_every_point_is_read_exactly_once(points: list[PointAddress], limit: Limits) -> None:
    positions = [position for read in plan_reads(points, limit) for position in read.points]
    assert sorted(positions) == list(range(len(points)))


@given(places, limits)
def test_no_point_is_cut(points: list[PointAddress], limit: Limits) -> None:
    for read in plan_reads(points, limit):
        for position in read.points:
            point = points[position]
            assert point.table is read.table
            assert read.start <= point.address
            assert point.address + point.size <= read.end


@given(places, limits)
def test_no_read_is_longer_than_allowed_or_reaches_beyond_the_table(points: list[PointAddress], limit: Limits) -> None:
    for read in plan_reads(points, limit):
        assert 1 <= read.count <= limit.max_count(read.table) <= (2000 if read.table.is_bits else 125)
        assert read.end <= 65536


@given(places, limits)
def test_no_read_carries_a_longer_gap_than_allowed(points: list[PointAddress], limit: Limits) -> None:
    for read in plan_reads(points, limit):
        end = read.start
        for field in read.fields:
            assert field.start - end <= limit.max_gap * (16 if read.table.is_bits else 1)
            end = max(end, field.end)


def test_points_with_the_same_registers_share_a_field() -> None:
    bits = [PointAddress(address=5, bit=bit) for bit in range(16)]
    (field,) = fields_of(bits, Table.HOLDING)
    assert field == Field(5, 6, tuple(range(16)))


def test_adjacent_values_become_one_read() -> None:
    assert spans(plan_reads([place(2 * i, 2) for i in range(60)], Limits())) == [(0, 120)]


def test_a_value_that_does_not_fit_any_more_starts_the_next_read() -> None:
    assert spans(plan_reads([place(2 * i, 2) for i in range(63)], Limits())) == [(0, 124), (124, 2)]


def test_a_gap_is_bridged_up_to_its_limit_and_no_further() -> None:
    assert spans(plan_reads([place(0), place(9)], Limits(max_gap=8))) == [(0, 10)]
    assert spans(plan_reads([place(0), place(10)], Limits(max_gap=8))) == [(0, 1), (10, 1)]


def test_a_device_that_takes_32_registers_gets_reads_of_32() -> None:
    assert spans(plan_reads([place(i) for i in range(70)], Limits(max_registers=32))) == [(0, 32), (32, 32), (64, 6)]


def test_two_thousand_coils_are_one_read_and_one_more_is_two() -> None:
    coils = [place(i, table=Table.COIL) for i in range(2001)]
    assert spans(plan_reads(coils, Limits())) == [(0, 2000), (2000, 1)]


def test_a_declared_range_is_bridged_whole_and_never_left() -> None:
    declared = Limits(readable=((Table.HOLDING, 0, 100), (Table.HOLDING, 100, 200)))
    assert spans(plan_reads([place(0), place(90), place(101)], declared)) == [(0, 91), (101, 1)]


def test_a_read_ends_where_its_longest_field_ends() -> None:
    assert spans(plan_reads([place(10, 30), place(12)], Limits())) == [(10, 30)]


def test_an_absent_field_is_read_around() -> None:
    fields = fields_of([place(i) for i in range(10)], Table.HOLDING)
    wanted = [field for field in fields if field.start != 4]
    learned = Learned((Refusal(0, 10, is_quantity=False),), (fields[4],))
    assert spans(list(merge(Table.HOLDING, wanted, Limits(), learned))) == [(0, 4), (5, 5)]


def test_a_refused_hole_is_never_carried_along_again() -> None:
    fields = fields_of([place(0), place(3), place(6)], Table.HOLDING)
    learned = Learned((Refusal(0, 4, is_quantity=False), Refusal(0, 7, is_quantity=False)))
    assert spans(list(merge(Table.HOLDING, fields, Limits(), learned))) == [(0, 1), (3, 4)]


def test_a_refused_quantity_halves_the_longest_read() -> None:
    fields = fields_of([place(i) for i in range(100)], Table.HOLDING)
    learned = Learned((Refusal(0, 100, is_quantity=True),))
    assert spans(list(merge(Table.HOLDING, fields, Limits(), learned))) == [(0, 50), (50, 50)]


def test_what_a_field_explained_is_forgotten_when_it_is_back() -> None:
    field = Field(4, 5, (4,))
    learned = Learned((Refusal(0, 10, is_quantity=False), Refusal(20, 30, is_quantity=False)), (field,))
    assert learned.without((field,)) == Learned((Refusal(20, 30, is_quantity=False),), ())
