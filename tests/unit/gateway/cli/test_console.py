"""What commands print: devices' texts never steer the terminal, rows stay rows, times read easily."""

import pytest
import typer

from gateway.cli.console import errors_for_people, print_table, printable
from gateway.cli.status import duration
from gateway.core.errors import ConfigError, GatewayError, Rejected, Unavailable


def test_control_characters_of_a_device_are_not_printed() -> None:
    assert printable("\x1b[2Jgone\x07 \x9b5m \u202eabc") == "\ufffd[2Jgone\ufffd \ufffd5m \ufffdabc"
    assert printable("1 号变压器 10 m³ °C\n") == "1 号变压器 10 m³ °C\n"


def test_a_row_for_a_program_is_one_line_and_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["device", "error"], [["tx1", "[red]no answer[/] " + "x" * 300]])
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["device", "error"]
    assert row.rstrip() == "tx1     [red]no answer[/] " + "x" * 300


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError("c"), 78), (Unavailable("u"), 69), (Rejected("r"), 1), (GatewayError("g"), 1)]
)
def test_every_kind_of_error_has_its_exit_code(
    error: GatewayError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error.hint = "do this"
    with pytest.raises(typer.Exit) as ended, errors_for_people():
        raise error
    assert ended.value.exit_code == code
    assert capsys.readouterr().err == f"error: {error.message}\n  do this\n"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (367, "6 min 7 s"), (7200, "2 h"), (273_600 + 5, "3 d 4 h")]
)
def test_a_time_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
