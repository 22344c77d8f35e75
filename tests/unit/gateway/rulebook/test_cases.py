"""Each folder of tests/cases/rules holds rules (and a park of its own) and, word for word, what is said about them."""

from pathlib import Path

import pytest

from gateway.config import ConfigErrors, Finding, Problem, load
from gateway.plugins import DRIVERS
from gateway.rulebook import compile_rules

CASES = Path(__file__).parents[3] / "cases" / "rules"


def told_about(folder: Path) -> str:
    """Every problem, or else every finding, one a line."""
    try:
        loaded = load(folder / "park.yaml", DRIVERS, {})
        found: list[Problem | Finding] = [*loaded.findings, *compile_rules(loaded.plan).findings]
    except ConfigErrors as errors:
        found = [*errors.problems]
    lines = [f"{'warning' if isinstance(one, Finding) else 'error'}: {one}\n" for one in found]
    return "".join(lines).replace(f"{folder}/", "").replace("rules.d/", "")


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_the_message_is_as_expected(name, tmp_path, park) -> None:
    (tmp_path / "rules.d").mkdir()
    own = CASES / name / "park.yaml"
    (tmp_path / "park.yaml").write_text(own.read_text(encoding="utf-8") if own.exists() else park, encoding="utf-8")
    for path in CASES.joinpath(name).glob("*.y*ml"):
        if path.name != "park.yaml":
            (tmp_path / "rules.d" / path.name).write_bytes(path.read_bytes())
    assert told_about(tmp_path) == (CASES / name / "expected.txt").read_text(encoding="utf-8")
