"""The shipped catalogue, read once, and a way to calculate from one line of YAML."""

from collections.abc import Callable

import pytest

from gateway.carbon.catalogue import load_catalogue
from gateway.carbon.description import calculate_text
from gateway.config.problems import ConfigErrors
from rules.carbon.catalogue import Catalogue
from rules.carbon.result import Result

Calculate = Callable[[str], Result]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def calc(catalogue: Catalogue) -> Calculate:
    """The result of a description."""
    return lambda text: calculate_text(text, "calc.yaml", catalogue)


@pytest.fixture(scope="session")
def mistakes(calc: Calculate) -> Callable[[str], list[str]]:
    """What is wrong with a description, as it is told."""

    def told(text: str) -> list[str]:
        with pytest.raises(ConfigErrors) as caught:
            calc(text)
        return [str(problem) for problem in caught.value.problems]

    return told
