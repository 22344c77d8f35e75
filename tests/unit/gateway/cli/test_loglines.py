"""What goes to the log: one line a record, and nothing in it that steers a terminal."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.loglines import OneLine, escaped
from gateway.cli.run import _log


def logged(message: str, *arguments: object, error: BaseException | None = None) -> str:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(OneLine())
    record = logging.LogRecord("gateway.test", logging.WARNING, "", 0, message, arguments, None)
    if error is not None:
        record.exc_info = (type(error), error, None)
    handler.handle(record)
    return out.getvalue()


def test_a_name_cannot_forge_a_line_or_clear_the_screen() -> None:
    text = logged("device_gone name=%s", "a\n2026-11-22 00:00:00 INFO gateway.audit all is well\x1b[2J")
    assert text.count("\n") == 1
    assert "\\n2026" in text
    assert "\x1b" not in text


def test_an_error_keeps_its_lines_and_forges_none() -> None:
    text = logged("failed", error=ValueError("first\n2026-11-22 00:00:00 INFO forged\x1b[2J"))
    assert [line[:4] for line in text.splitlines()[1:]] == ["  | "] * 2
    assert "\x1b" not in text


def test_chinese_names_stay_as_they_are() -> None:
    assert "东岳印染" in logged("device_gone name=%s", "东岳印染")


@given(st.text())
def test_no_text_makes_a_second_line(text: str) -> None:
    assert len(escaped(text).splitlines()) <= 1


def test_the_running_gateway_writes_its_log_so(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    _log(logging.INFO)
    assert [type(handler.formatter) for handler in root.handlers] == [OneLine]
