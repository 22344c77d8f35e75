"""The webhook channel keeps the contract of notifiers, in each of its formats."""

from collections.abc import AsyncIterator

import pytest

from drivers.webhook.config import ChannelOptions
from drivers.webhook.notifier import build
from tests.contract.http_far import HttpFar
from tests.contract.notifier_suite import SECRET, NotifierSuite


class TestWebhookNotifier(NotifierSuite):
    @pytest.fixture(params=["park", "alertmanager", "alertmanager-api"])
    async def far(self, request: pytest.FixtureRequest) -> AsyncIterator[HttpFar]:
        self.format = request.param

        def options(url: str) -> dict[str, object]:
            return {
                "secret_url": f"{url}/hook/{SECRET}?key={SECRET}",
                "format": request.param,
                "secret": SECRET,
                "headers": {"Authorization": f"Bearer {SECRET}"},
                "allow_loopback": True,
            }

        async with HttpFar(build, "webhook", ChannelOptions, options) as far:
            yield far

    def check_language(self, body: bytes, language: str) -> None:
        if self.format != "park":  # the gateway's own JSON always holds both
            super().check_language(body, language)
