"""The webhook channel: one POST per notice."""

import asyncio
from pathlib import Path
from typing import cast

from drivers.outbound.answer import settle
from drivers.outbound.client import Poster, Resolve, system_resolve
from drivers.outbound.options import origin, shown_url, url_secrets
from drivers.webhook.config import ChannelOptions
from drivers.webhook.encode import encode_body, encode_headers, target
from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.notice import Notice, Notifier


def build(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The channel of a plan; keeps no files in `directory`."""
    return WebhookNotifier(plan, clock)


class WebhookNotifier:
    """One receiver of JSON."""

    rate = (60, 60.0)  # no provider stands behind it: enough for any group, and a loop of alarms does not flood it

    def __init__(self, plan: ChannelPlan, clock: Clock, *, resolve: Resolve = system_resolve) -> None:
        options = cast("ChannelOptions", plan.options)
        self.name = plan.name
        self._options = options
        self._language = plan.language
        self._clock = clock
        self._target = target(options)
        shown = origin(self._target) if options.secret_url is not None else shown_url(self._target)
        where = f"webhook `{plan.name}` at {shown}"
        self._poster = Poster(options, where, clock, secrets=_secrets(options), resolve=resolve)

    async def notify(self, notice: Notice) -> str:
        """Post the notice; returns status and first words of the answer. Raises `Unavailable` or `Rejected`."""
        # in a thread: hundreds of alerts take more than the loop's 5 ms
        body = await asyncio.to_thread(encode_body, notice, self._options, self.name, self._language)
        headers = encode_headers(notice, self._options, body, self._clock.time_ns())
        answer = await self._poster.post(self._target, body, headers)
        return settle(answer, self._poster.where)

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()


def _secrets(options: ChannelOptions) -> tuple[str, ...]:
    """Everything that a receiver might echo and that must not reach a log."""
    texts = [value.reveal() for value in options.headers.values()]
    texts += [word for text in texts for word in text.split()[1:]]  # `Bearer KEY`: also the key alone
    if options.secret is not None:
        texts.append(options.secret.reveal())
    return (*texts, *url_secrets(options.address))
