"""What tests of accounts are given."""

from pathlib import Path

import pytest

from tests.unit.gateway.accounts.records_park import Records


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records.at(tmp_path)
