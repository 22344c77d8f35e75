"""The DingTalk channel: a custom robot's webhook, signed, whose answer is a code in the body."""

from pathlib import Path
from typing import cast

from drivers.dingtalk.config import ChannelOptions
from drivers.dingtalk.encode import encode, signed_query
from drivers.outbound.answer import Provider, settle_robot
from drivers.outbound.client import Poster
from drivers.outbound.options import origin, url_secrets
from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.notice import Notice, Notifier

_NEW_TOKEN = "copy the robot's address again (group settings, robot, webhook) into `webhook`"  # noqa: S105 - advice
_BLOCKED_S = 600.0  # over its rate a robot is blocked for ten minutes
_OUR_FORM = "the provider does not take this form of message: please report it"

DINGTALK = Provider(
    "DingTalk",
    ("errcode",),
    ("errmsg",),
    waits_s={-1: 30.0, 130101: _BLOCKED_S, 410100: _BLOCKED_S},  # busy; over the rate of 20 a minute
    hints={
        310000: "compare the robot's security settings: `keyword` (关键词), `secret` (加签) and the gateway's clock, "
        "or its list of addresses (IP 地址段)",
        300001: _NEW_TOKEN,
        300005: _NEW_TOKEN,  # token is not exist
        400101: _NEW_TOKEN,
        40035: _NEW_TOKEN,  # no access_token in the address
        400013: "the group was dissolved: make a robot in another one",
        400102: "the robot is stopped: start it in the group again",
        400106: "the robot no longer exists: make a new one and write its address",
        400105: _OUR_FORM,
        40058: _OUR_FORM,
        460101: _OUR_FORM,  # too long
    },
)


def build(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The channel of a plan; keeps no files in `directory`."""
    return DingtalkNotifier(plan, clock)


class DingtalkNotifier:
    """One custom robot."""

    rate = (20, 60.0)  # messages of one robot; over it DingTalk blocks for ten minutes

    def __init__(self, plan: ChannelPlan, clock: Clock) -> None:
        options = cast("ChannelOptions", plan.options)
        self.name = plan.name
        self._options = options
        self._language = plan.language
        self._clock = clock
        self._url = options.webhook.reveal()
        where = f"DingTalk robot `{plan.name}` at {origin(self._url)}"
        secrets = url_secrets(self._url) + ((options.secret.reveal(),) if options.secret else ())
        self._poster = Poster(options, where, clock, secrets=secrets)

    async def notify(self, notice: Notice) -> str:
        """Send the notice; returns the robot's code and words. Raises `Unavailable` or `Rejected`."""
        body = encode(notice, self._options, self._language)
        secret = self._options.secret
        query = "" if secret is None else signed_query(secret.reveal(), self._clock.time_ns())
        answer = await self._poster.post(self._url + query, body, {"Content-Type": "application/json"})
        return settle_robot(answer, DINGTALK, self._poster.where)

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()
