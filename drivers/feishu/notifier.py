"""The Feishu channel: a custom bot's webhook, signed, whose answer is a code in the body."""

from dataclasses import replace
from pathlib import Path
from typing import cast

from drivers.feishu.config import ChannelOptions
from drivers.feishu.encode import encode
from drivers.outbound.answer import Provider, settle_robot
from drivers.outbound.client import Poster
from drivers.outbound.options import origin, url_secrets
from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.notice import Notice, Notifier

_RATE_S = 60.0
_OUR_FORM = "the provider does not take this form of message: please report it"

FEISHU = Provider(
    "Feishu",
    ("code", "StatusCode"),
    ("msg", "StatusMessage"),
    waits_s={9499: _RATE_S, 11232: _RATE_S},  # over the rate of 100 a minute and 5 a second
    hints={
        19001: "the bot no longer exists or its address is wrong: copy it again into `webhook`",
        19002: _OUR_FORM,
        19021: "compare `secret` with the bot's signature verification (签名校验), and the gateway's clock",
        19022: "add the gateway's public address to the bot's list of addresses (IP 白名单)",
        19024: "write a keyword of the bot (自定义关键词) under `keyword`",
    },
)


def build(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The channel of a plan; keeps no files in `directory`."""
    return FeishuNotifier(plan, clock)


class FeishuNotifier:
    """One custom bot."""

    rate = (4, 2.6)  # Feishu allows 100 a minute and 5 a second; this keeps both, from a full bucket too (96 and 5)

    def __init__(self, plan: ChannelPlan, clock: Clock) -> None:
        options = cast("ChannelOptions", plan.options)
        self.name = plan.name
        self._options = options
        self._language = plan.language
        self._clock = clock
        self._url = options.webhook.reveal()
        where = f"Feishu bot `{plan.name}` at {origin(self._url)}"
        secrets = url_secrets(self._url) + ((options.secret.reveal(),) if options.secret else ())
        self._poster = Poster(options, where, clock, secrets=secrets)

    async def notify(self, notice: Notice) -> str:
        """Send the notice; returns the bot's code and words. Raises `Unavailable` or `Rejected`."""
        body = encode(notice, self._options, self._language, self._clock.time_ns())
        answer = await self._poster.post(self._url, body, {"Content-Type": "application/json"})
        is_malformed = b"9499" in answer.body and b"bad request" in answer.body.lower()  # one code, two meanings
        provider = FEISHU if not is_malformed else replace(FEISHU, waits_s={}, hints={9499: _OUR_FORM})
        return settle_robot(answer, provider, self._poster.where)

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()
