"""Tables to fill in, one for each form: the columns, an example as a remark, and what each column means."""

import csv
import io

from gateway.accounts.records import cems_hours
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submission_models import MODELS, field_names
from gateway.core.errors import Rejected

_ACTIVITY = {
    "source": "boiler-diesel", "quantity": "1200", "unit": "kg", "from": "2026-10-01", "to": "2026-10-31",
    "document": "DN-2026-1043",
}  # fmt: skip
_DAYS = {"from": "2026-10-01", "to": "2026-10-31"}
_INSTRUMENT = {
    "enterprise": "acme", "number": "GEC-2026-000123", "what": "gec", "energy_mwh": "120", "factor_kg_per_kwh": "0",
    "market": "CN", "energy_source": "wind", "retired_on": "2026-11-03", **_DAYS,
    **{f"criterion_{number}": "yes" for number in range(1, 6)}, "criterion_6": "not_applicable",
    "criterion_7": "not_applicable", "criterion_8": "disclosed",
}  # fmt: skip
_FACTOR = {
    "id": "own.steam.supplier.2026", "activity": "purchased_heat", "fuel": "heat", "region": "CN-ZJ",
    "series": "supplier", "valid_from": "2026-01-01", "valid_to": "2027-01-01", "gas": "CO2", "value": "0.098",
    "unit": "t", "per": "GJ", "title": "Emission statement 2026", "publisher": "City Heat Ltd", "year": "2026",
    "place": "page 2, table 1",
}  # fmt: skip
EXAMPLES: dict[Form, dict[str, str]] = {
    Form.READING: {"meter": "m1.energy", "time": "2026-10-31 08:00", "value": "104233.7", "unit": "kWh"},
    Form.METER_EVENT: {
        "meter": "m1.energy", "time": "2026-10-12 14:30", "what": "exchange", "final": "104233.7", "initial": "0",
        "document": "WO-311",
    },
    Form.CORRECTION: {
        "meter": "m1.energy", "time": "2026-10-12 14:30", "quantity": "31.5", "unit": "kWh",
        "reason": "transmitter stuck; check meter used",
    },
    Form.DELIVERY: {**_ACTIVITY, "supplier": "Fuel Ltd"},
    Form.STOCK_BALANCE: {
        "source": "tank-diesel", "unit": "L", "opening": "5200", "deliveries": "8000", "closing": "4100", **_DAYS,
    },
    Form.REFRIGERANT_BALANCE: {
        "source": "chillers", "unit": "kg", "opening": "40", "closing": "31", "acquired": "20", "disbursed": "4",
        "capacity_change": "0", "from": "2026-01-01", "to": "2026-09-30",
    },
    Form.INVOICE: {**_ACTIVITY, "supplier": "Gas Ltd", "direction": "import", "is_non_fossil": "no"},
    Form.VEHICLE_FUEL: {**_ACTIVITY, "vehicle": "forklift 3"},
    Form.PROCESS: {**_ACTIVITY, "source": "kiln"},
    Form.HEAT: {**_ACTIVITY, "source": "steam", "unit": "GJ", "supplier": "City Heat Ltd", "direction": "import"},
    Form.CEMS: {
        "source": "stack-1", "co2_kg": "1843200", "hours": "720", "substituted_hours": "6", "basis": "dry",
        "oxygen_percent": "6", **_DAYS,
    },
    Form.CEMS_HOURS: cems_hours.EXAMPLE,
    Form.DENOMINATOR: {
        "enterprise": "acme", "what": "output_value", "quantity": "1250.5", "unit": "1e4CNY", **_DAYS,
    },
    Form.INSTRUMENT: _INSTRUMENT,
    Form.ALLOCATION: {"instrument": "GEC-2026-000123", "source": "grid", "energy_mwh": "100", **_DAYS},
    Form.FACTOR: _FACTOR,
    Form.VOID: {"supersedes": "019b1f5e-...", "reason": "the invoice belongs to another site"},
}  # fmt: skip
_READINGS = {"meter": "m1.energy", "time": "2026-10-31 08:00", "value": "104233.7", "unit": "kWh", "mark": ""}


def columns(form: Form) -> list[str]:
    """The columns of a form's table."""
    if form is Form.CEMS_HOURS:
        return list(cems_hours.COLUMNS)
    return list(_READINGS) if form is Form.READINGS else field_names(form)


def needed(form: Form) -> list[str]:
    """Those that no row can do without."""
    if form is Form.READINGS:
        return ["meter", "time", "value"]
    if form is Form.CEMS_HOURS:
        return list(cems_hours.NEEDED)
    fields = MODELS[form].model_fields.items()
    return [field.alias or name for name, field in fields if field.is_required()]


def template_csv(form: Form) -> bytes:
    """A table to fill in, UTF-8 with the mark that spreadsheet programs want."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns(form))
    writer.writerow(_example(form))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def template_xlsx(form: Form) -> bytes:
    """The same as a workbook: every cell is text, so that no spreadsheet program makes a number or day of it."""
    import xlsxwriter

    data = io.BytesIO()
    workbook = xlsxwriter.Workbook(data, {"in_memory": True})
    sheet = workbook.add_worksheet(form.value)
    text, bold = workbook.add_format({"num_format": "@"}), workbook.add_format({"bold": True})
    sheet.set_column(0, len(columns(form)) - 1, 18, text)
    for column, name in enumerate(columns(form)):
        sheet.write_string(0, column, name, bold if name in needed(form) else text)
    for column, value in enumerate(_example(form)):
        sheet.write_string(1, column, value, text)
    sheet.freeze_panes(1, 0)
    workbook.close()
    return data.getvalue()


def example(form: Form) -> dict[str, str]:
    """Fields as somebody might fill them in."""
    return dict(_READINGS if form is Form.READINGS else EXAMPLES[form])


def _example(form: Form) -> list[str]:
    said = example(form)
    values = [said.get(name, "") for name in columns(form)]
    return [f"# {values[0]}", *values[1:]]


def form_with_table(name: str) -> Form:
    """The form of a name, for a table. Raises Rejected."""
    known = [form.value for form in Form]
    if name not in known:
        raise Rejected(f"there is no kind `{name[:40]}`", f"there is: {', '.join(known)}")
    return Form(name)
