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


KEPT = 50  # notices that some recipients have and others not


class SmtpNotifier:
    """One list of recipients on one mail server. Each message has a connection of its own."""

    rate = (30, 60.0)  # what common providers take from one account without slowing it down

    def __init__(self, plan: ChannelPlan) -> None:
        self.name = plan.name
        self._options = cast("ChannelOptions", plan.options)
        self._language = plan.language
        self._taken: dict[str, set[str]] = {}  # by notice: recipients who have it
        self._worker: Worker[str] = Worker(f"smtp-{plan.name}")

    async def notify(self, notice: Notice) -> str:
        """Send the notice; returns the server's answer and who was refused. Raises `Unavailable` or `Rejected`.

        Where a server puts off some recipients (greylisting), the next try is for them alone.
        """
        make = partial(encode, notice, self._options, self._language)
        taken = self._taken.setdefault(notice.id, set())
        if len(self._taken) > KEPT:
            del self._taken[next(iter(self._taken))]
        answer = await send(self._worker, self._options, make, taken)
        self._taken.pop(notice.id, None)
        return answer

    async def close(self) -> None:
        """Nothing is held between messages."""
