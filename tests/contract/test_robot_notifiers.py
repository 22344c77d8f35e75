"""The channels of WeCom, DingTalk and Feishu keep the contract of notifiers; their answers are HTTP 200 and a code."""

from collections.abc import AsyncIterator

import pytest

from drivers.dingtalk import config as dingtalk_config
from drivers.dingtalk import notifier as dingtalk
from drivers.feishu import config as feishu_config
from drivers.feishu import notifier as feishu
from drivers.wecom import config as wecom_config
from drivers.wecom import notifier as wecom
from tests.contract.http_far import HttpFar, reply
from tests.contract.notifier_suite import SECRET, Far, NotifierSuite, failure


class TestWecomNotifier(NotifierSuite):
    @pytest.fixture(params=["markdown", "text"])
    async def far(self, request: pytest.FixtureRequest) -> AsyncIterator[HttpFar]:
        def options(url: str) -> dict[str, object]:
            webhook = f"{url}/cgi-bin/webhook/send?key={SECRET}"
            return {"webhook": webhook, "format": request.param, "allow_loopback": True}

        replies = {
            "ok": reply({"errcode": 0, "errmsg": "ok"}),
            "busy": reply({"errcode": 45009, "errmsg": "api freq out of limit, hint: [1], from ip: 1.2.3.4"}),
            "broken": reply({"errcode": -1, "errmsg": "system busy"}),
            "refusal": reply({"errcode": 93000, "errmsg": f"invalid webhook url, hint: [{SECRET}]"}),
        }
        async with HttpFar(wecom.build, "wecom", wecom_config.ChannelOptions, options, **replies) as far:
            yield far

    async def test_over_the_rate_it_waits_a_minute(self, far: Far) -> None:
        await far.be_busy()
        error = await failure(channel := far.open())
        await channel.close()
        assert error.retry_after_s == 60


class TestDingtalkNotifier(NotifierSuite):
    @pytest.fixture
    async def far(self) -> AsyncIterator[HttpFar]:
        def options(url: str) -> dict[str, object]:
            webhook = f"{url}/robot/send?access_token={SECRET}"
            return {"webhook": webhook, "secret": f"SEC{SECRET}", "allow_loopback": True}

        replies = {
            "ok": reply({"errcode": 0, "errmsg": "ok"}),
            "busy": reply({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
            "broken": reply({"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}),
            "refusal": reply({"errcode": 310000, "errmsg": f"sign not match {SECRET}"}),
        }
        async with HttpFar(dingtalk.build, "dingtalk", dingtalk_config.ChannelOptions, options, **replies) as far:
            yield far

    async def test_over_the_rate_it_waits_ten_minutes(self, far: Far) -> None:
        await far.be_busy()
        error = await failure(channel := far.open())
        await channel.close()
        assert error.retry_after_s == 600


class TestFeishuNotifier(NotifierSuite):
    @pytest.fixture(params=["post", "text"])
    async def far(self, request: pytest.FixtureRequest) -> AsyncIterator[HttpFar]:
        def options(url: str) -> dict[str, object]:
            webhook = f"{url}/open-apis/bot/v2/hook/{SECRET}"
            return {"webhook": webhook, "secret": SECRET, "format": request.param, "allow_loopback": True}

        replies = {
            "ok": reply({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}),
            "busy": reply({"code": 11232, "msg": "frequency limited", "data": {}}),
            "broken": reply({"code": 9499, "msg": "too many request", "data": {}}),
            "refusal": reply({"code": 19021, "msg": f"sign match fail or timestamp is not within one hour {SECRET}"}),
        }
        async with HttpFar(feishu.build, "feishu", feishu_config.ChannelOptions, options, **replies) as far:
            yield far
