"""Each folder of tests/cases/config holds a park.yaml and, word for word, what the gateway says about it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.config import ConfigErrors, Finding, Problem, load

CASES = Path(__file__).parents[3] / "cases" / "config"
ENVIRONMENT = {"HOST": "broker.example", "TOKEN": "hunter2"}


def told_about(folder: Path, drivers: Mapping[str, object]) -> str:
    """Every problem, or else every finding, one a line."""
    try:
        found: list[Problem | Finding] = [*load(folder / "park.yaml", drivers, ENVIRONMENT).findings]
    except ConfigErrors as errors:
        found = [*errors.problems]
    lines = [f"{'warning' if isinstance(one, Finding) else 'error'}: {one}\n" for one in found]
    return "".join(lines).replace(f"{folder}/", "")


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_the_message_is_as_expected(name, drivers) -> None:
    assert told_about(CASES / name, drivers) == (CASES / name / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_no_message_shows_a_secret(name) -> None:
    assert "hunter2" not in (CASES / name / "expected.txt").read_text(encoding="utf-8")
