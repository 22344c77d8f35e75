"""Tables: every row's errors at once, nothing half taken, hostile files, past readings as one record."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from openpyxl import Workbook

from gateway.accounts.records.evidence_files import XLSX, media_type_of
from gateway.accounts.records.forms import Form
from gateway.accounts.records.import_models import Imported, ImportWanted, TableRefused
from gateway.accounts.records.imports import take_table
from gateway.accounts.records.plausible import plausibility
from gateway.accounts.records.submission_log import submissions
from gateway.accounts.records.submission_models import Faults
from gateway.accounts.records.submissions import approved_activities, manual_readings, meter_events
from gateway.accounts.records.submitting import Duplicate, KeyReused
from gateway.accounts.records.tables import read_table
from gateway.accounts.records.templates import columns, template_csv, template_xlsx
from gateway.config.problems import ConfigErrors
from gateway.store.migrate import transaction
from gateway.store.records import Kind, find
from tests.unit.gateway.accounts.records_park import DELIVERY, LI, PHOTO, Records

HEADER = "source,quantity,unit,from,to,document\n"
GOOD = "boiler,1200,kg,2026-10-01,2026-10-31,DN-1\nboiler,900,kg,2026-10-01,2026-10-31,DN-2\n"


def take(records: Records, data: bytes, form: Form = Form.DELIVERY, **options: object) -> Imported:
    table = read_table(data, "t.csv")
    files = options.pop("files", (PHOTO,))
    wanted = ImportWanted(form, table, files, **options)  # type: ignore[arg-type]
    with transaction(records.db, synchronous="NORMAL"):
        return take_table(records.db, records.books, LI, wanted, records.tick())


def test_each_row_becomes_a_record_with_the_table_as_evidence(records: Records) -> None:
    done = take(records, (HEADER + GOOD).encode())
    assert (done.rows, len(done.taken), done.problems) == (2, 2, [])
    for one in done.taken:
        records.approve(one)
    lines = approved_activities(records.db, records.books, "acme", date(2026, 10, 1), date(2026, 10, 31))
    assert sum(line.description.quantity.value for line in lines) == 2100


def test_one_wrong_row_and_nothing_is_taken_and_every_error_has_its_place(records: Records) -> None:
    bad = "boilr,1200,kg,2026-10-01,2026-10-31,DN-3\nboiler,x,kg,2026-10-01,2026-10-31,\n"
    with pytest.raises(TableRefused) as refused:
        take(records, (HEADER + GOOD + bad).encode())
    found = [(one.line, one.column, one.message.split(":")[0]) for one in refused.value.imported.problems]
    assert sorted(found) == [(4, 1, "source"), (5, 2, "quantity"), (5, 6, "document")]
    assert find(records.db) == []
    done = take(records, (HEADER + GOOD + bad).encode(), accept_good_rows=True)
    assert (len(done.taken), len(done.problems)) == (2, 3)


def test_a_table_whose_rows_are_all_wrong_is_refused_even_where_good_rows_are_asked_for(records: Records) -> None:
    with pytest.raises(TableRefused):
        take(records, (HEADER + "x,1,kg,2026-10-01,2026-10-31,A\n").encode(), accept_good_rows=True)


def test_the_same_row_twice_in_one_table_and_a_table_twice_are_noticed(records: Records) -> None:
    with pytest.raises(TableRefused, match="1 error"):
        take(records, (HEADER + GOOD + GOOD.split("\n", maxsplit=1)[0] + "\n").encode())
    take(records, (HEADER + GOOD).encode(), key="k")
    with pytest.raises(TableRefused, match="2 errors"):
        take(records, (HEADER + GOOD).encode())
    assert len(take(records, (HEADER + GOOD).encode(), key="k").taken) == 2
    assert len(submissions(records.db)) == 2
    with pytest.raises(KeyReused):
        take(records, (HEADER + GOOD.replace("1200", "1201")).encode(), key="k")


def test_every_cell_of_a_row_is_judged_not_only_the_first_wrong_one(records: Records) -> None:
    with pytest.raises(TableRefused) as refused:
        take(records, (HEADER + "boilr,1 200,kgg,2026-10-01,2026-12-31,DN-1\n").encode())
    assert [(one.column, one.message.split(":")[0]) for one in refused.value.imported.problems] == [
        (2, "quantity"), (1, "source"), (5, "to"), (3, "unit"),
    ]  # fmt: skip


def test_an_unknown_column_does_not_hide_what_is_wrong_with_the_others(records: Records) -> None:
    with pytest.raises(TableRefused) as refused:
        take(records, (HEADER.replace("unit", "unut") + "boilr,x,kg,2026-10-01,2026-10-31,D\n").encode())
    found = [(one.line, one.column, one.message.split(":")[0]) for one in refused.value.imported.problems]
    assert found == [(1, 3, "unknown column `unut`"), (2, 2, "quantity"), (2, 1, "source")]


def test_a_row_that_comes_twice_in_a_table_is_named_by_its_line_for_nothing_was_stored(records: Records) -> None:
    with pytest.raises(TableRefused) as refused:
        take(records, (HEADER + GOOD + GOOD.split("\n", maxsplit=1)[0] + "\n").encode())
    (told,) = refused.value.imported.problems
    assert (told.line, told.message) == (4, "says the same as line 2: source, days, quantity and document number")
    text = "meter,time,value\nm1.energy,2026-11-01 08:00,1\nm1.energy,2026-11-01 08:00,2\n"
    with pytest.raises(TableRefused) as refused:
        take(records, text.encode(), Form.READING)
    assert [one.message for one in refused.value.imported.problems] == ["is about the same as line 2"]


def test_a_formula_without_a_value_does_not_hide_what_is_wrong_with_other_rows(records: Records) -> None:
    workbook, data = Workbook(), io.BytesIO()
    for row in (
        HEADER.strip().split(","),
        ["boiler", "=1+1", "kg", "2026-10-01", "2026-10-31", "DN-1"],
        ["boilr", "3", "kg", "2026-10-01", "2026-10-31", "DN-2"],
        ["boiler", "4", "kg", "2026-10-01", "2026-10-31", "DN-3"],
    ):
        workbook.active.append(row)
    workbook.save(data)
    with pytest.raises(TableRefused) as refused:
        take(records, data.getvalue())
    assert [(one.line, one.column) for one in refused.value.imported.problems] == [(2, 2), (3, 1)]
    done = take(records, data.getvalue(), accept_good_rows=True)
    assert [one.body["document"] for one in done.taken] == ["DN-3"]


def test_a_reading_with_a_wrong_value_and_a_wrong_unit_is_told_both(records: Records) -> None:
    with pytest.raises(TableRefused) as refused:
        take(records, b"meter,time,value,unit\nm1.energy,2026-10-01 08:00,x,m3\n", Form.READINGS)
    assert [one.column for one in refused.value.imported.problems] == [3, 4]


def test_an_unknown_column_is_one_error(records: Records) -> None:
    with pytest.raises(TableRefused) as refused:
        take(records, (HEADER.replace("unit", "unut") + GOOD).encode())
    assert [one.message for one in refused.value.imported.problems] == ["unknown column `unut`"]


def past(count: int, tag: str = "m1.energy", start: int = 1000) -> str:
    first = datetime(2025, 10, 1, tzinfo=UTC)
    rows = [f"{tag},{(first + timedelta(minutes=15 * n)).strftime('%Y-%m-%d %H:%M')},{start + n}" for n in range(count)]
    return "meter,time,value\n" + "\n".join(rows) + "\n"


def test_past_readings_of_a_file_are_one_record(records: Records) -> None:
    done = take(records, past(35_000).encode(), Form.READINGS)
    assert (done.rows, len(done.taken)) == (35_000, 1)
    assert len(find(records.db, kinds=(Kind.READING,))) == 1
    assert manual_readings(records.db, "m1.energy") == []
    records.approve(done.taken[0])
    found = manual_readings(records.db, "m1.energy")
    assert len(found) == 35_000
    assert [one.value for one in found[:2]] == [Decimal(1000), Decimal(1001)]
    with pytest.raises(Duplicate):
        take(records, past(35_000).encode(), Form.READINGS)


def test_a_table_of_readings_takes_the_place_of_another(records: Records) -> None:
    first = take(records, past(5).encode(), Form.READINGS).taken[0]
    records.approve(first)
    second = take(records, past(5, start=2000).encode(), Form.READINGS, supersedes=first.id).taken[0]
    records.approve(second)
    assert [one.value for one in manual_readings(records.db, "m1.energy")] == list(range(2000, 2005))


def test_final_and_initial_rows_are_an_exchange(records: Records) -> None:
    text = (
        "meter,time,value,mark\nm1.energy,2026-10-01 08:00,90,\nm1.energy,2026-10-02 08:00,95,final\n"
        "m1.energy,2026-10-02 08:00,3,initial\nm1.energy,2026-10-03 08:00,9,\n"
    )
    records.approve(take(records, text.encode(), Form.READINGS).taken[0])
    event = meter_events(records.db, "m1.energy")[0]
    assert (event.final, event.initial) == (95, 3)
    assert [one.value for one in manual_readings(records.db, "m1.energy")] == [90, 9]


def test_wrong_readings_are_all_named_with_their_cells(records: Records) -> None:
    text = (
        "meter,time,value,unit,mark\nm9.energy,2026-10-01 08:00,90,,\nm1.energy,yesterday,95,,\n"
        "m1.energy,2026-10-02 08:00,,,\nm1.energy,2026-10-02 09:00,3,m3,\nm1.energy,2026-10-02 10:00,5,,final\n"
        "m1.energy,2026-10-03 08:00,5,,\nm1.energy,2026-10-03 08:00,6,,\nm1.energy,2026-10-04 08:00,100000,,\n"
    )
    with pytest.raises(TableRefused) as refused:
        take(records, text.encode(), Form.READINGS)
    assert sorted((one.line, one.column) for one in refused.value.imported.problems) == [
        (2, 1), (3, 2), (4, 3), (5, 4), (6, 5), (8, 2), (9, 3),
    ]  # fmt: skip
    with pytest.raises(Faults, match="2 enterprises"):
        take(records, b"meter,time,value\nm1.energy,2026-10-01 08:00,1\nm3.energy,2026-10-01 08:00,1\n", Form.READINGS)


def test_what_readings_would_give_is_shown_before_anybody_approves(records: Records) -> None:
    for day in range(1, 6):
        records.approved(Form.READING, {"meter": "m1.energy", "time": f"2026-11-0{day} 08:00", "value": str(100 + day)})
    falls = records.add(Form.READING, {"meter": "m1.energy", "time": "2026-11-06 08:00", "value": "99"})
    usual = records.add(Form.READING, {"meter": "m1.energy", "time": "2026-11-07 08:00", "value": "107"})
    far = records.add(Form.READING, {"meter": "m1.energy", "time": "2026-11-08 08:00", "value": "9000"})

    def shown(one: object) -> dict[str, object]:
        found = plausibility(records.db, records.books, one)  # type: ignore[arg-type]
        assert found is not None
        row: dict[str, object] = found["rows"][0]
        return row | {"codes": [note["code"] for note in row["notes"]]}  # type: ignore[attr-defined]

    assert shown(falls)["codes"] == ["falls"]
    assert shown(falls)["quantity"] == "-240"
    assert shown(usual)["codes"] == []
    assert (shown(usual)["per_day"], shown(usual)["usual_per_day"]) == ("40", "40")
    assert shown(far)["codes"] == ["more_than_rated", "far_above_usual"]
    first = records.add(Form.READING, {"meter": "m2.energy", "time": "2026-11-08 08:00", "value": "1"})
    assert shown(first)["codes"] == ["first"]
    past = records.add(Form.READING, {"meter": "m1.energy", "time": "2026-11-03 20:00", "value": "105"})
    assert "above_next" in shown(past)["codes"]  # 104 was read the day after


HOURS = (
    "source,gas,time,concentration_mg_per_nm3,concentration_basis,flow_nm3_per_h,flow_basis,water_percent,"
    "oxygen_percent,reference_oxygen_percent,substituted\n"
)


def test_hours_of_a_stack_become_the_masses_of_a_month_with_what_was_substituted(records: Records) -> None:
    rows = "boiler,CO2,2026-10-01 00:00,200000,dry,50000,dry,,,,\n"  # 200 g x 50000 Nm3 = 10000 kg
    rows += "boiler,CO2,2026-10-01 01:00,180000,wet,50000,wet,10,,,yes\n"  # wet with wet: 9000 kg
    rows += "boiler,CO2,2026-10-01 02:00,100000,dry,50000,dry,,11,6,\n"  # x (21 - 11) / (21 - 6): 3333.333333333 kg
    one = take(records, (HOURS + rows).encode(), Form.CEMS_HOURS).taken[0]
    assert one.form is Form.CEMS
    assert one.body["masses_kg"] == {"CO2": "22333.333333333"}
    assert (one.body["hours"], one.body["substituted_hours"]) == ("3", "1")
    assert (one.body["from"], one.body["to"]) == ("2026-10-01", "2026-10-01")


def test_wrong_hours_are_named_with_their_cells(records: Records) -> None:
    rows = (
        "boiler,CO2,2026-10-01 00:30,1,dry,1,dry,,,,\nboiler,H2,2026-10-01 00:00,1,dry,1,dry,,,,\n"
        "boiler,CO2,2026-10-01 01:00,1,wet,1,dry,,,,\nboiler,CO2,2026-10-01 02:00,1,,1,dry,,,,maybe\n"
        "boiler,CO2,2026-10-01 03:00,1,dry,x,dry,,,6,\nboiler,CO2,2026-10-01 04:00,1,dry,1,dry,,,,\n"
        "boiler,CO2,2026-10-01 04:00,2,dry,1,dry,,,,\n"
    )
    with pytest.raises(TableRefused) as refused:
        take(records, (HOURS + rows).encode(), Form.CEMS_HOURS)
    assert sorted((one.line, one.column) for one in refused.value.imported.problems) == [
        (2, 3), (3, 2), (4, 8), (5, 5), (5, 11), (6, 6), (8, 3),
    ]  # fmt: skip
    assert find(records.db) == []


@pytest.mark.parametrize("form", list(Form))
def test_a_template_has_the_columns_that_its_import_reads(form: Form) -> None:
    header = template_csv(form).decode("utf-8-sig").split("\r\n")[0].split(",")
    assert header == columns(form)
    assert media_type_of(template_xlsx(form)) == XLSX
    with pytest.raises(ConfigErrors, match="a header and no row"):
        read_table(template_csv(form), "t.csv")
    with pytest.raises(ConfigErrors, match="a header and no row"):
        read_table(template_xlsx(form), "t.xlsx")


def test_a_filled_template_is_taken(records: Records) -> None:
    row = [str(DELIVERY.get(name, "")).strip() for name in columns(Form.DELIVERY)]
    row[columns(Form.DELIVERY).index("from")] = row[columns(Form.DELIVERY).index("to")] = "2026-10-03"
    data = template_csv(Form.DELIVERY) + (",".join(row) + "\r\n").encode()
    assert len(take(records, data).taken) == 1
