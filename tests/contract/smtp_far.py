"""A real SMTP server (aiosmtpd) on loopback that takes mail, refuses it or hangs."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from drivers.smtp.config import ChannelOptions
from drivers.smtp.notifier import build
from gateway.config.plan import ChannelPlan
from gateway.core.notice import Notifier
from tests.contract.notifier_suite import PATIENT_S, SECRET, FixedClock


class SmtpFar:
    """A `Far` of the e-mail channel."""

    can_be_busy = True

    def __init__(self, context: ssl.SSLContext | None = None, *, is_tls: bool = False, **settings: Any) -> None:
        self.envelopes: list[Envelope] = []
        self.hosts: list[str] = []  # what clients called themselves
        self.recipient_answers: Mapping[str, str] = {}
        self.port = 0
        self._answer: str | None = "250 2.0.0 Ok: queued as 4XyZ"
        self._context = context
        self._is_tls = is_tls
        self._settings = settings
        self._server: asyncio.Server | None = None
        self._protocols: list[SMTP] = []
        self._released = asyncio.Event()

    def open(self, language: str = "both", timeout_s: float = PATIENT_S, **options: Any) -> Notifier:
        given = {
            "host": "127.0.0.1",
            "port": self.port,
            "encryption": "none",
            "from": "gateway@park.example",
            "to": ["shift@park.example"],
            "timeout": f"{timeout_s} s",
            **options,
        }
        return build(ChannelPlan("duty", "smtp", ChannelOptions.model_validate(given), language), Path(), FixedClock())

    def received(self) -> list[bytes]:
        return [bytes(envelope.content or b"") for envelope in self.envelopes]

    async def accept(self) -> None:
        self._answer = "250 2.0.0 Ok: queued as 4XyZ"
        self._released.set()
        self._released = asyncio.Event()

    async def be_busy(self) -> None:
        self._answer = "450 4.7.1 greylisted, come back later"

    async def break_down(self) -> None:
        self._answer = "451 4.3.0 queue file write error"

    async def refuse(self) -> None:
        self._answer = "554 5.7.1 rejected as spam"

    async def hang(self) -> None:
        self._answer = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipient_answers.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._answer is None:
            await self._released.wait()
            return "421 too late"
        if self._answer.startswith("250"):
            self.envelopes.append(envelope)
            self.hosts.append(str(session.host_name))
        return self._answer

    def _protocol(self) -> SMTP:
        settings = {"hostname": "mail.park.example", **self._settings}
        if self._context is not None and not self._is_tls:
            settings["tls_context"] = self._context
        protocol = SMTP(self, loop=asyncio.get_running_loop(), **settings)
        self._protocols.append(protocol)
        return protocol

    async def stop(self) -> None:
        self._released.set()
        server, self._server = self._server, None
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.close()
        if server is not None:
            server.close()
        await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        context = self._context if self._is_tls else None
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0, ssl=context)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Knows one user: `gateway` with the planted secret."""
    is_right = isinstance(data, LoginPassword) and data == LoginPassword(b"gateway", SECRET.encode())
    return AuthResult(success=is_right, handled=is_right)
