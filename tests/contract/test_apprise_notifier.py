"""The Apprise channel keeps the contract of notifiers, through one of Apprise's own plugins."""

import warnings
from collections.abc import AsyncIterator
from importlib import import_module

import orjson
import pytest

from drivers.apprise.config import ChannelOptions
from drivers.apprise.notifier import build
from tests.contract.http_far import HttpFar
from tests.contract.notifier_suite import SECRET, NotifierSuite

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its 150 plugins


@pytest.fixture(scope="module", autouse=True)
def plugins_loaded() -> None:
    """The first use imports all plugins, which takes longer than the time-out of these tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert import_module("apprise").Apprise.instantiate("json://127.0.0.1")


class TestAppriseNotifier(NotifierSuite):
    @pytest.fixture
    async def far(self) -> AsyncIterator[HttpFar]:
        def options(url: str) -> dict[str, object]:
            return {"urls": [f"{url.replace('http:', 'json:')}/{SECRET}?cto=1&rto=1"]}

        async with HttpFar(build, "apprise", ChannelOptions, options) as far:
            yield far

    def check_language(self, body: bytes, language: str) -> None:
        super().check_language(orjson.dumps(orjson.loads(body)), language)  # it escapes what is not ASCII
