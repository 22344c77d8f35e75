"""The Apprise channel: one message to each of its services."""

from functools import partial
from pathlib import Path
from typing import cast

from drivers.apprise.client import Outcome, check_installed, send
from drivers.apprise.config import ChannelOptions
from drivers.apprise.encode import encode, is_final, secrets_of
from drivers.outbound.answer import SLOW_RETRY_S, hidden
from drivers.outbound.worker import Worker
from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.errors import GatewayError, Rejected, Unavailable
from gateway.core.notice import Notice, Notifier


def build(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The channel of a plan; keeps no files in `directory`. Raises ConfigError where Apprise is not installed."""
    check_installed()
    return AppriseNotifier(plan)


class AppriseNotifier:
    """Services that only Apprise speaks to. A try that some of them took is repeated to all: better one per channel."""

    rate = (20, 60.0)  # what the strictest of its services allow

    def __init__(self, plan: ChannelPlan) -> None:
        options = cast("ChannelOptions", plan.options)
        self.name = plan.name
        self._language = plan.language
        self._urls = tuple(url.reveal() for url in options.urls)
        self._secrets = secrets_of(self._urls)
        self._timeout_s = options.timeout
        self._worker: Worker[Outcome] = Worker(f"apprise-{plan.name}")

    async def notify(self, notice: Notice) -> str:
        """Send the notice; returns Apprise's log or how many took it. Raises `Unavailable` or `Rejected`."""
        if self._worker.is_busy:
            raise self._unavailable("is still busy with an earlier message", SLOW_RETRY_S)
        call = partial(send, self._urls, encode(notice, self._language))
        try:
            outcome = await self._worker.run(call, self._timeout_s)
        except TimeoutError:
            raise self._unavailable(f"gave no answer within {self._timeout_s:g} s") from None
        except GatewayError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its traceback may name keys
            said = hidden(str(error), self._secrets)[:200]
            raise self._unavailable(f"failed: {type(error).__name__} {said}") from None
        return self._settled(outcome)

    async def close(self) -> None:
        """A call that hangs is left to its thread, which ends with the process."""

    def _settled(self, outcome: Outcome) -> str:
        said = hidden(outcome.log, self._secrets)
        if outcome.is_sent:
            return said or f"taken by {len(self._urls)}"
        reason = f"could not send ({said or 'it gives no reason'})"
        if is_final(outcome.log):
            raise Rejected(f"channel `{self.name}`: Apprise {reason}", "check the address under `urls`")
        raise self._unavailable(reason)

    def _unavailable(self, what: str, retry_after_s: float | None = None) -> Unavailable:
        hint = "is the network up, and does the service answer?"
        return Unavailable(f"channel `{self.name}`: Apprise {what}", hint, retry_after_s=retry_after_s)
