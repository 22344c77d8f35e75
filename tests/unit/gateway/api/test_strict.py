"""A parameter that a route does not know is an error, never ignored."""

import pytest

from tests.unit.gateway.api.conftest import Park


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/energy/usage?entity=dongyue&perod=month",
        "/api/v1/carbon/summary?period=2026-10&enterprise=dongyue",
        "/api/v1/alarms?prioritty=1",
    ],
)
async def test_an_unknown_parameter_is_refused_with_what_there_is(park: Park, target: str) -> None:
    answer = await park.http.get(target)
    assert answer.status_code == 422
    assert "unknown parameter" in answer.json()["detail"]
