"""E-mail through a real SMTP server: encryption, log-in, recipients that are refused."""

from pathlib import Path

import pytest

from gateway.core.errors import Rejected, Unavailable
from tests.contract.notifier_suite import NOTICE, SECRET, failure
from tests.contract.smtp_far import SmtpFar, login
from tests.integration.notifiers.certificate import certificate, server_context

ACCOUNT = {"username": "gateway", "password": SECRET}


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("cert"))


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the connection is TLS as a whole
@pytest.mark.parametrize("encryption", ["starttls", "tls"])
async def test_a_message_goes_encrypted_after_a_log_in(cert: Path, encryption: str) -> None:
    is_tls = encryption == "tls"
    account = {"authenticator": login, "auth_required": True, "auth_require_tls": not is_tls}
    async with SmtpFar(server_context(cert), is_tls=is_tls, **account) as far:
        channel = far.open(encryption=encryption, ca=str(cert), **ACCOUNT)
        assert await channel.notify(NOTICE) == "250 2.0.0 Ok: queued as 4XyZ"
        await channel.close()
        assert len(far.received()) == 1


async def test_a_wrong_password_is_refused_for_good_and_does_not_show(cert: Path) -> None:
    async with SmtpFar(server_context(cert), authenticator=login) as far:
        channel = far.open(encryption="starttls", ca=str(cert), username="gateway", password=SECRET + "x")
        error = await failure(channel)
        assert isinstance(error, Rejected)
        assert "535" in error.message


async def test_a_server_of_an_unknown_authority_is_not_trusted(cert: Path) -> None:
    async with SmtpFar(server_context(cert)) as far:
        error = await failure(far.open(encryption="starttls"))
        assert isinstance(error, Unavailable)
        assert "`ca`" in error.hint
        assert not far.received()


async def test_nothing_is_sent_in_plain_text_where_encryption_was_asked_for() -> None:
    async with SmtpFar() as far:
        error = await failure(far.open(encryption="starttls"))
        assert isinstance(error, Rejected)
        assert not far.received()


async def test_tls_to_a_plain_port_is_named() -> None:
    async with SmtpFar() as far:
        error = await failure(far.open(encryption="tls", timeout_s=2))
        assert isinstance(error, Unavailable)
        assert "encryption" in error.hint


async def test_a_missing_file_is_named(cert: Path) -> None:
    async with SmtpFar(server_context(cert)) as far:
        error = await failure(far.open(encryption="starttls", ca="/nonexistent/ca.pem"))
        assert isinstance(error, Unavailable)


async def test_recipients_that_are_refused_are_reported_and_the_others_get_it() -> None:
    async with SmtpFar() as far:
        far.recipient_answers = {"gone@park.example": "550 5.1.1 no such user"}
        channel = far.open(to=["shift@park.example", "gone@park.example"], cc=["boss@park.example"])
        answer = await channel.notify(NOTICE)
        assert "gone@park.example: 550 5.1.1 no such user" in answer
        (envelope,) = far.envelopes
        assert envelope.rcpt_tos == ["shift@park.example", "boss@park.example"]


async def test_a_recipient_that_is_put_off_gets_it_later_and_the_others_only_once() -> None:
    async with SmtpFar() as far:
        far.recipient_answers = {"grey@park.example": "450 4.2.0 greylisted, try again"}
        channel = far.open(to=["shift@park.example", "grey@park.example"])
        with pytest.raises(Unavailable, match="greylisted"):
            await channel.notify(NOTICE)
        far.recipient_answers = {}
        await channel.notify(NOTICE)
        assert [envelope.rcpt_tos for envelope in far.envelopes] == [["shift@park.example"], ["grey@park.example"]]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (("550 5.1.1 no such user", "550 5.1.1 no such user"), Rejected),
        (("550 5.1.1 no such user", "450 4.2.1 mailbox busy"), Unavailable),
    ],
)
async def test_without_any_recipient_it_depends_on_their_codes(
    answers: tuple[str, str], error: type[Exception]
) -> None:
    async with SmtpFar() as far:
        far.recipient_answers = dict(zip(("a@x.example", "b@x.example"), answers, strict=True))
        assert isinstance(await failure(far.open(to=["a@x.example", "b@x.example"])), error)
        assert not far.received()


async def test_the_server_sees_nothing_of_the_machine() -> None:
    async with SmtpFar() as far:
        await far.open().notify(NOTICE)
        assert b"Received" not in far.received()[0]
        assert far.hosts == ["park-gateway"]
