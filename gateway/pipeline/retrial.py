"""Refused samples tried again, once what they were refused for was mended at the server.

letters of a sink, the oldest first ──▶ sink.resend ──▶ taken: out of the folder, and counted as delivered
                                            ├── refused again: these stay where they are
                                            └── Unavailable: these and all after them stay as they are

What was taken leaves the folder at the end, all at once. A kill before that leaves letters that the server has by now:
to send them once more changes nothing there. Energy intervals are not sent again: the accounts may have sent a newer
version of the same interval, which an older one would replace.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.core.clock import Clock
from gateway.core.errors import Rejected, Unavailable
from gateway.core.ports import Refused, Resender, Sink
from gateway.store.deadletter import Choice, DeadLetter, DeadLetters
from gateway.store.outbox import Outbox

AT_ONCE = 400  # lines: fewer than a sink may find refused in one call
PATIENCE_S = 45.0  # then the rest is left for the next try
MOST = 50_000  # letters of one try
_INTERVALS = "energy_interval"  # how a line of theirs begins
_KEPT = "energy intervals are not sent again: the server may have a newer version of them"
_KEPT_HINT = "the ledger has all of them: `park-gateway energy intervals`"


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of samples that were tried again."""

    delivered: int
    refused: int  # once more
    left: int  # not tried: the server went away, or the time was over
    error: str = ""
    hint: str = ""


class Retrial:
    """Tries quarantined samples again, one set at a time."""

    def __init__(self, sinks: Mapping[str, Sink], outbox: Outbox, letters: DeadLetters, clock: Clock) -> None:
        self._sinks = sinks
        self._outbox = outbox
        self._letters = letters
        self._clock = clock
        self._is_busy = False

    async def run(self, choice: Choice) -> Retried:
        """Send the chosen letters again. Raises Rejected for a sink that cannot, Unavailable while another set goes."""
        sink = self._sinks.get(choice.sink)
        if sink is None:
            raise Rejected(f"there is no sink `{choice.sink[:100]}`", f"there is: {', '.join(self._sinks)}")
        if not isinstance(sink, Resender):
            raise Rejected(f"sink `{choice.sink}` cannot send again what it refused")
        if self._is_busy:
            raise Unavailable("other refused samples are being tried again", "ask again", retry_after_s=5.0)
        self._is_busy = True
        return await asyncio.shield(asyncio.ensure_future(self._run(sink, choice)))  # it ends, whoever has gone

    async def _run(self, sink: Resender, choice: Choice) -> Retried:
        try:
            found = await self._letters.oldest(choice, MOST)
            letters = [letter for letter in found if not letter.line.startswith(_INTERVALS)]
            kept = sum(letter.count for letter in found if letter.line.startswith(_INTERVALS))
            done = await self._send(sink, letters)
            if kept and not done.error:
                return replace(done, left=kept, error=_KEPT, hint=_KEPT_HINT)
            return replace(done, left=done.left + kept)
        finally:
            self._is_busy = False

    async def _send(self, sink: Resender, letters: Sequence[DeadLetter]) -> Retried:
        begun_s, error = self._clock.monotonic(), Unavailable("")
        tried, taken = 0, list[DeadLetter]()
        while tried < len(letters) and self._clock.monotonic() - begun_s < PATIENCE_S:
            part = letters[tried : tried + AT_ONCE]
            again = [Refused(letter.line, letter.reason, letter.status, letter.count) for letter in part]
            try:
                async with asyncio.timeout(PATIENCE_S):
                    refused = {one.text for one in await sink.resend(again)}
            except TimeoutError:
                error = Unavailable("the server gave no answer in time", "is it overloaded or the network broken?")
                break
            except Unavailable as found:
                error = found
                break
            taken += [letter for letter in part if letter.line not in refused]
            tried += len(part)
        delivered = await self._book(taken)
        left = sum(letter.count for letter in letters[tried:])
        return Retried(
            delivered, sum(one.count for one in letters[:tried]) - delivered, left, error.message, error.hint
        )

    async def _book(self, taken: Sequence[DeadLetter]) -> int:
        """How many samples these are, out of the folder and counted as delivered. Raises Unavailable: they stay."""
        if not taken:
            return 0
        if not await self._letters.remove(taken):
            raise Unavailable("what was sent cannot be taken out of the quarantine", "check the gateway's disk")
        count = sum(letter.count for letter in taken)
        await self._outbox.redeliver(taken[0].sink, count)
        return count
