"""Another configuration is taken in while somebody's list is made in a thread: they ask again, nothing fails."""

import pytest

from gateway.api.views import Views
from tests.unit.gateway.api.conftest import Park


@pytest.mark.parametrize("path", ["/api/v1/points", "/api/v1/devices"])
async def test_a_list_in_the_middle_of_a_reload_is_asked_for_again(
    park: Park, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def gone(*_: object) -> bool:
        raise KeyError("dongyue-main")

    for name in ("point", "device"):
        monkeypatch.setattr(Views, name, gone)
    answer = await park.http.get(path)
    assert (answer.status_code, answer.json()["hint"]) == (503, "ask again")
