"""A big park loads fast: the work grows with devices, not with devices times points."""

import importlib.util
import time
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[3] / "bench" / "bench_config.py"


@pytest.fixture(scope="module")
def bench():
    """The benchmark script, whose parks are tested here at a smaller size."""
    spec = importlib.util.spec_from_file_location("bench_config", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("by_table", [False, True])
def test_five_hundred_devices_load_in_a_tenth_of_the_time_that_five_thousand_may_take(bench, by_table) -> None:
    start = time.process_time()
    result = bench.measure(devices=500, points=20, by_table=by_table)
    taken_s = time.process_time() - start
    assert result["points"] == 500 * 20
    assert taken_s < 3 * 0.3  # three loads; a shared, slow machine is given no more than the budget
