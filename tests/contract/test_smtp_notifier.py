"""The e-mail channel keeps the contract of notifiers, against a real SMTP server (aiosmtpd)."""

import email.policy
from collections.abc import AsyncIterator
from email import message_from_bytes

import pytest

from tests.contract.notifier_suite import NotifierSuite
from tests.contract.smtp_far import SmtpFar


class TestSmtpNotifier(NotifierSuite):
    @pytest.fixture
    async def far(self) -> AsyncIterator[SmtpFar]:
        async with SmtpFar() as far:
            yield far

    def check_language(self, body: bytes, language: str) -> None:
        message = message_from_bytes(body, policy=email.policy.default)
        super().check_language(message.get_content().encode(), language)
