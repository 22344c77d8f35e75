"""What can be judged of a record although some of its fields cannot be read: every mistake is told at once."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.people import Actor
from gateway.accounts.records.field_texts import as_text, plain_day
from gateway.accounts.records.forms import ACTIVITIES, Form
from gateway.accounts.records.submission_checks import Checked, Checker, Rehearsed
from gateway.accounts.records.submission_models import (
    DAYS,
    MODELS,
    Dated,
    Fault,
    field_names,
    spelt_out,
)
from gateway.config.types import HintedError

_AHEAD = (Form.DENOMINATOR, Form.INSTRUMENT, Form.ALLOCATION)  # their days may be still to come


def sound_fields(form: Form, given: Mapping[str, object], faults: Iterable[Fault]) -> dict[str, Any]:
    """The fields of a form, as texts, that none of its faults is about."""
    model, wrong = MODELS[form], {fault.field for fault in faults}
    said = {key: value for key, value in given.items() if value not in ("", None)}
    if issubclass(model, Dated):
        try:
            said = spelt_out(said)
        except HintedError:
            said = {key: value for key, value in said.items() if key not in DAYS}
    found = {name: as_text(said[name]) for name in field_names(form) if name in said and name not in wrong}
    return found | {name: plain_day(str(found[name])) for name in ("from", "to") if name in found}


def check_rest(
    form: Form, said: Mapping[str, Any], books: Books, actor: Actor, now_ns: int, rehearsed: Rehearsed
) -> Checked:
    """The sound fields of a record, each held against the books by itself."""
    found = Checked(body={"form": form.value, **said})
    checker = Checker(books, actor, now_ns, ZoneInfo(books.site.timezone), found, rehearsed)
    source = checker.source() if "source" in said else None
    if "meter" in said:
        checker.meter()
    if "enterprise" in said:
        checker.enterprise()
    if "time" in said:
        checker.instant("time")
    is_dated = {"from", "to"} <= said.keys()
    if is_dated and said["from"] > said["to"]:
        found.wrong("to", "`to` is before `from`", "both days are included")
        is_dated = False
    if is_dated:
        checker.period(may_be_to_come=form in _AHEAD)
    if form in ACTIVITIES and "unit" in said:
        checker.unit("unit")
        if is_dated:
            checker.fit(source)
    return found
