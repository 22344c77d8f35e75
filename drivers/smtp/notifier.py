"""The e-mail channel: one message per notice to all recipients."""

from functools import partial
from pathlib import Path
from typing import cast

from drivers.outbound.worker import Worker
from drivers.smtp.client import send
from drivers.smtp.config import ChannelOptions
from drivers.smtp.encode import encode
from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.notice import Notice, Notifier


def build(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The channel of a plan; keeps no files in `directory`."""
    return SmtpNotifier(plan)


class SmtpNotifier:
    """One list of recipients on one mail server. Each message has a connection of its own."""

    rate = (30, 60.0)  # what common providers take from one account without slowing it down

    def __init__(self, plan: ChannelPlan) -> None:
        self.name = plan.name
        self._options = cast("ChannelOptions", plan.options)
        self._language = plan.language
        self._worker: Worker[str] = Worker(f"smtp-{plan.name}")

    async def notify(self, notice: Notice) -> str:
        """Send the notice; returns the server's answer and who was refused. Raises `Unavailable` or `Rejected`."""
        make = partial(encode, notice, self._options, self._language)
        return await send(self._worker, self._options, make)

    async def close(self) -> None:
        """Nothing is held between messages."""
