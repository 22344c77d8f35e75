"""Findings: one line each, logged when they open and when they are settled."""

import logging

import pytest

from gateway.store.findings import Findings


def test_a_message_of_many_lines_becomes_one_and_has_an_end() -> None:
    findings = Findings("gateway.store.test")
    findings.say("broken", "*** in database main ***\nTree 3 page 4:\n\tbtreeInitPage() returns error code 11\r\n")
    findings.say("long", "x" * 5000)
    broken, long = findings.all()
    assert broken == "*** in database main *** Tree 3 page 4: btreeInitPage() returns error code 11"
    assert len(long) == 500


def test_a_finding_is_a_warning_once_and_its_end_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="gateway.store.test")
    findings = Findings("gateway.store.test")
    for _ in range(2):
        findings.say("full", "the disk\nis full")
    findings.clear("full")
    findings.clear("full")
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "full: the disk is full"),
        (logging.INFO, "full: settled"),
    ]


def test_findings_can_be_asked_for_by_key_in_the_order_of_the_keys() -> None:
    findings = Findings("gateway.store.test")
    for key in ("a", "b", "c"):
        findings.say(key, f"{key} is wrong")
    assert findings.of(("c", "x", "a")) == ["c is wrong", "a is wrong"]
