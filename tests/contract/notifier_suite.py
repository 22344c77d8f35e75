"""What every Notifier must do, whoever it writes to. A driver's test subclasses `NotifierSuite` and gives it a `Far`.

class TestWebhookNotifier(NotifierSuite):
    @pytest.fixture
    async def far(self) -> AsyncIterator[Far]:
        async with HttpFar(...) as far:
            yield far
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Protocol

import pytest

from gateway.core.alarm import Actor, AlarmEvent, AlarmState, Priority, Transition
from gateway.core.errors import GatewayError, Rejected, Unavailable
from gateway.core.notice import Notice, NoticeKind, Notifier
from gateway.core.point import Names

T0_NS = 1_795_000_000_123_000_000
SHORT_S = 0.2  # the time-out where the other side hangs
PATIENT_S = 10.0  # elsewhere
LIMIT_S = 15.0  # of the contract
SECRET = "kTq7-planted-secret-Zx9w"  # in every key, token and password; must show nowhere

EVENT = AlarmEvent(
    time_ns=T0_NS,
    alarm="overload:tx1",
    rule="overload",
    device="tx1",
    enterprise="acme",
    occurrence=3,
    transition=Transition.RAISED,
    state=AlarmState.UNACKNOWLEDGED,
    priority=Priority.HIGH,
    area="north",
    value=91.5,
    limit=90.0,
    unit="%",
    message=Names("Transformer 1 overloaded: 91.5 %", "1号变压器过载:91.5 %"),
    seq=17,
)
NOTICE = Notice(
    id="north/overload/17-1",
    kind=NoticeKind.ALARMS,
    time_ns=T0_NS + 1_000_000_000,
    title=Names("[HIGH] overload: Transformer 1", "[高] 过载:1号变压器"),
    text=Names("Transformer 1 overloaded: 91.5 %\nlimit 90 %", "1号变压器过载:91.5 %\n限值 90 %"),
    events=(EVENT,),
    group={"rule": "overload", "enterprise": "acme"},
    site="north",
    url="http://10.0.0.5:8080/alarms",
)
HOSTILE = {
    "control": "a\x00b\x1b[31mred\x07\x7f\x85\u2028",
    "header": "x\r\nBcc: thief@evil.example\r\n\r\n.\r\nQUIT\r\n",
    "long": "长" * 100_000,
    "many lines": "line\n" * 20_000,
    "markdown": '**b** [x](http://evil.example) ![i](http://e/i) <@all> <at user_id="all"></at> `c`\n# h\n> q @all',
    "surrogates": "\ud800 and \udfff",
    "direction": "\u202etxt.exe\u2066\u200f",
    "not characters": "\ufffe\uffff\ufeff \U0001f525",
    "template": "{site} {alarm} {0} %s ${HOME} \\n",
    "empty": "",
}


def hostile(text: str) -> Notice:
    """A notice with this text everywhere that somebody else may write to."""
    names = Names(text, text + "。")
    event = replace(EVENT, alarm=f"r:{text}", rule=text, device=text, enterprise=text, area=text, value=text, unit=text)
    event = replace(event, message=names, comment=text, actor=Actor(text, text, text))
    return replace(NOTICE, id=f"id-{text}", title=names, text=names, events=(event,), group={text: text})


class FixedClock:
    """Time stands still: what is signed stays the same."""

    def time_ns(self) -> int:
        return T0_NS

    def monotonic(self) -> float:
        return 100.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("a channel does not wait")


class Far(Protocol):
    """The other side of a channel, and how to make it misbehave."""

    can_be_busy: bool  # False: there is no such answer

    def open(self, language: str = "both", timeout_s: float = PATIENT_S, **options: Any) -> Notifier:
        """A new channel to it. The suite closes it."""
        ...

    def received(self) -> list[bytes]:
        """The messages that it took, in order."""
        ...

    async def accept(self) -> None:
        """Take everything, as at the start."""
        ...

    async def be_busy(self) -> None:
        """From now on: too many messages."""
        ...

    async def break_down(self) -> None:
        """From now on: an error of its own."""
        ...

    async def refuse(self) -> None:
        """From now on: never, as for a wrong key."""
        ...

    async def hang(self) -> None:
        """From now on: take connections and say nothing."""
        ...

    async def stop(self) -> None:
        """From now on: nobody listens."""
        ...


async def failure(channel: Notifier, notice: Notice = NOTICE) -> GatewayError:
    """What a channel raises, within the contract's time."""
    with pytest.raises(GatewayError) as caught:
        async with asyncio.timeout(LIMIT_S):
            await channel.notify(notice)
    assert SECRET not in f"{caught.value} {caught.value.__cause__!r}"
    assert caught.value.__cause__ is None, "a foreign error may name the address with its key"
    return caught.value


async def until_delivered(channel: Notifier) -> None:
    """Deliver; a thread may still be in its last call for a moment."""
    deadline = time.monotonic() + 3 * PATIENT_S
    while True:
        try:
            await channel.notify(NOTICE)
            return
        except Unavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)


class NotifierSuite:
    """The contract. Subclasses give the fixture `far`: another side that takes messages."""

    @pytest.fixture
    async def channel(self, far: Far) -> AsyncIterator[Notifier]:
        channel = far.open()
        yield channel
        await channel.close()

    def test_it_says_its_name_and_rate(self, channel: Notifier) -> None:
        assert channel.name == "duty"
        count, seconds = channel.rate
        assert count >= 1
        assert seconds > 0

    async def test_a_notice_is_delivered_and_answered_in_words(self, far: Far, channel: Notifier) -> None:
        answer = await channel.notify(NOTICE)
        assert len(far.received()) == 1
        assert answer.strip()
        assert SECRET not in answer

    @pytest.mark.parametrize("language", ["en", "zh", "both"])
    async def test_it_speaks_the_languages_it_is_asked_for(self, far: Far, language: str) -> None:
        channel = far.open(language)
        await channel.notify(NOTICE)
        await channel.close()
        (body,) = far.received()
        self.check_language(body, language)

    def check_language(self, body: bytes, language: str) -> None:
        """Both languages are there exactly where they should be."""
        text = body.decode()
        assert ("Transformer 1 overloaded" in text) == (language != "zh")
        assert ("1号变压器过载" in text) == (language != "en")

    @pytest.mark.parametrize("kind", list(NoticeKind))
    async def test_every_kind_of_notice_is_delivered(self, far: Far, channel: Notifier, kind: NoticeKind) -> None:
        await channel.notify(replace(NOTICE, kind=kind, events=(), group={}, firing=False, url=""))
        assert len(far.received()) == 1

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
    async def test_hostile_text_is_delivered_like_any_other(self, far: Far, channel: Notifier, text: str) -> None:
        started = time.process_time()
        await channel.notify(hostile(text))
        assert time.process_time() - started < 5
        assert len(far.received()) == 1

    async def test_the_same_notice_is_sent_unchanged(self, far: Far, channel: Notifier) -> None:
        await channel.notify(NOTICE)
        await channel.notify(NOTICE)
        first, second = far.received()
        assert first == second

    async def test_too_many_messages_are_tried_again(self, far: Far, channel: Notifier) -> None:
        if not far.can_be_busy:
            pytest.skip("this protocol has no answer that says: too many messages")
        await far.be_busy()
        assert isinstance(await failure(channel), Unavailable)

    async def test_an_error_of_the_server_is_tried_again(self, far: Far, channel: Notifier) -> None:
        await far.break_down()
        assert isinstance(await failure(channel), Unavailable)

    async def test_a_refusal_for_good_is_not_tried_again(self, far: Far, channel: Notifier) -> None:
        await far.refuse()
        error = await failure(channel)
        assert isinstance(error, Rejected)
        assert error.hint, "it says what to do"

    async def test_nothing_secret_reaches_a_log(
        self, far: Far, channel: Notifier, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        await channel.notify(NOTICE)
        for trouble in (far.refuse, far.break_down, far.stop):
            await trouble()
            await failure(channel)
        assert SECRET not in caplog.text

    async def test_a_server_that_hangs_costs_its_time_out(self, far: Far) -> None:
        channel = far.open(timeout_s=SHORT_S)
        await far.hang()
        loop = asyncio.get_running_loop()
        started, started_on_loop = time.perf_counter(), loop.time()
        assert isinstance(await failure(channel), Unavailable)
        assert time.perf_counter() - started > SHORT_S * 0.9
        assert loop.time() - started_on_loop < SHORT_S + 2
        await channel.close()

    async def test_a_server_that_is_not_there_is_tried_again(self, far: Far, channel: Notifier) -> None:
        await far.stop()
        error = await failure(channel)
        assert isinstance(error, Unavailable)
        assert error.hint

    async def test_it_delivers_again_after_trouble(self, far: Far, channel: Notifier) -> None:
        await far.break_down()
        await failure(channel)
        await far.accept()
        await channel.notify(NOTICE)
        assert len(far.received()) == 1

    async def test_it_can_be_closed_twice_and_unused(self, far: Far, channel: Notifier) -> None:
        await channel.notify(NOTICE)
        for closing in (channel, channel, far.open()):
            await closing.close()

    async def test_being_cancelled_leaves_it_usable(self, far: Far, channel: Notifier) -> None:
        await far.hang()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SHORT_S):
                await channel.notify(NOTICE)
        await far.accept()
        await until_delivered(channel)
        assert len(far.received()) == 1
