"""What the user may write for the history."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.history.config import SinkOptions
from drivers.history.sink import build
from gateway.config.driver import SinkOptions as OtherOptions
from gateway.config.plan import SinkPlan
from gateway.core.errors import ConfigError
from tests.integration.history.park import ManualClock


def test_quantities_carry_their_units() -> None:
    options = SinkOptions.model_validate(
        {"keep": "7 d", "max_size": "1 GiB", "block": "10 s", "memory_limit": "48 MiB"}
    )
    assert (options.keep, options.max_size, options.block, options.memory_limit) == (604_800, 2**30, 10, 48 * 2**20)


@pytest.mark.parametrize(
    "options",
    [
        {"keep": "1 h"},
        {"block": "0 s"},
        {"memory_limit": "1 MiB"},
        {"max_size": "1 kB"},
        {"keep": 30},
        {"retain": "1 d"},
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SinkOptions.model_validate(options)


def test_the_options_of_another_sink_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not the options of a history"):
        build(SinkPlan("h", "history", OtherOptions()), tmp_path, ManualClock())
