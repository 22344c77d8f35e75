"""The shipped catalogue, read once, and a way to calculate from one line of YAML."""

import hashlib
from collections.abc import Callable
from pathlib import Path

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


def write_sums(folder: Path) -> None:
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.glob("*.csv"))]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="session")
def seal() -> Callable[[Path], None]:
    """Writes the checksums of a folder's tables."""
    return write_sums
