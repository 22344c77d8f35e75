"""The WeCom channel: a group robot's webhook, whose answer is a code in the body."""

from pathlib import Path
from typing import cast

from drivers.outbound.answer import Provider, settle_robot
from drivers.outbound.client import Poster
from drivers.outbound.options import origin, url_secrets
from drivers.wecom.config import ChannelOptions
from drivers.wecom.encode import encode
from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.notice import Notice, Notifier

_NEW_KEY = "copy the robot's address again (group, robot, webhook address) into `webhook`"
_OUR_FORM = "the provider does not take this form of message: please report it"

WECOM = Provider(
    "WeCom",
    ("errcode",),
    ("errmsg",),
    waits_s={-1: 30.0, 45009: 60.0, 45033: 60.0},  # busy; over the rate of 20 a minute; too many at once
    hints={
        93000: _NEW_KEY,  # invalid webhook url
        93004: "the robot is stopped: start it in the group again",
        93008: "the robot is no longer in the group: add it again and write its new address",
        40058: _OUR_FORM,  # invalid parameter, also a content that is too long
        40008: _OUR_FORM,
        60020: "add the gateway's public address to the addresses that may send",
    },
)


def build(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The channel of a plan; keeps no files in `directory`."""
    return WecomNotifier(plan, clock)


class WecomNotifier:
    """One group robot."""

    rate = (20, 60.0)  # messages of one robot (developer.work.weixin.qq.com/document/path/91770)

    def __init__(self, plan: ChannelPlan, clock: Clock) -> None:
        options = cast("ChannelOptions", plan.options)
        self.name = plan.name
        self._options = options
        self._language = plan.language
        self._url = options.webhook.reveal()
        where = f"WeCom robot `{plan.name}` at {origin(self._url)}"
        self._poster = Poster(options, where, clock, secrets=url_secrets(self._url))

    async def notify(self, notice: Notice) -> str:
        """Send the notice; returns the robot's code and words. Raises `Unavailable` or `Rejected`."""
        body = encode(notice, self._options, self._language)
        answer = await self._poster.post(self._url, body, {"Content-Type": "application/json"})
        return settle_robot(answer, WECOM, self._poster.where)

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()
