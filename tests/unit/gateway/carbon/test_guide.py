"""The samples of the guide work, and print what the guide says."""

import re
from pathlib import Path

import pytest

from gateway.carbon.description import calculate_text
from gateway.carbon.document import result_lines
from gateway.config.problems import ConfigErrors
from rules.carbon.catalogue import Catalogue
from rules.carbon.factor import CALCULATED

GUIDE = Path(__file__).parents[4] / "deploy" / "guide" / "carbon-calc.md"
SAMPLES = re.findall(
    r"^```yaml\n(.*?)^```\n+```text\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)


def printed(text: str, catalogue: Catalogue) -> list[str]:
    try:
        return list(result_lines(calculate_text(text, "calc.yaml", catalogue)))
    except ConfigErrors as errors:
        return [str(problem) for problem in errors.problems]


@pytest.mark.parametrize(("sample", "expected"), SAMPLES)
def test_a_sample_prints_what_stands_below_it(catalogue: Catalogue, sample: str, expected: str) -> None:
    lines = expected.splitlines()
    assert printed(sample, catalogue)[: len(lines)] == lines


def test_the_guide_names_every_activity_and_has_its_samples() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert len(SAMPLES) == 5
    assert [activity for activity in CALCULATED if f"`{activity}`" not in text] == []
