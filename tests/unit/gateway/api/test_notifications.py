"""The routes of notifications: what each may see, and the provider's own words from the test button."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import metrics, problems, routes_notifications
from gateway.api.access import Principal, Role, principal_of
from gateway.api.context import context_of
from gateway.core.errors import Rejected
from rules.notices.spec import Matcher, NoticePlan, Route
from tests.faults.notify.scripted import Office


@dataclass
class Desk:
    """The routes over the notifications of an office."""

    office: Office
    app: FastAPI
    http: httpx.AsyncClient
    audited: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def put_down(self, principal: Principal, action: str, target: str) -> AsyncIterator[SimpleNamespace]:
        self.audited.append((action, target))
        yield SimpleNamespace(refuse=self.refused.append)

    def become(self, enterprise: str | None) -> None:
        principal = Principal("test", Role.ENGINEER, "127.0.0.1", enterprise)
        self.app.dependency_overrides[principal_of] = lambda: principal


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    office = Office(NoticePlan((Route("default", Matcher(), ("duty",)),)))
    await office.settle()
    app = FastAPI()
    problems.install(app)
    app.include_router(routes_notifications.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        found = Desk(office, app, http)
        gateway = SimpleNamespace(watch=SimpleNamespace(notifier=office.dispatcher))
        context = SimpleNamespace(gateway=gateway, audited=found.put_down)
        app.dependency_overrides[context_of] = lambda: context
        found.become(None)
        yield found
    await office.close()


async def test_the_list_has_channels_and_messages(desk: Desk) -> None:
    await desk.office.emit(desk.office.raised())
    await desk.office.pass_time(31)
    await desk.office.emit(desk.office.raised("b:tx1", enterprise="huali"))
    body = (await desk.http.get("/api/v1/notifications")).json()
    (channel,) = body["channels"]
    assert (channel["name"], channel["driver"], channel["state"]) == ("duty", "played", "ok")
    assert (channel["queued"], channel["sent"], channel["failed"], channel["last_answer"]) == (1, 1, 0, "ok")
    assert [item["state"] for item in body["items"]] == ["queued", "sent"]
    assert set(body["items"][1]) == {
        "id", "channel", "route", "state", "title", "queued_ms", "sent_ms", "attempts", "answer",
    }  # fmt: skip


async def test_who_sees_one_enterprise_sees_its_messages_and_no_channel(desk: Desk) -> None:
    await desk.office.emit(desk.office.raised(), desk.office.raised("b:tx1", enterprise="huali"))
    desk.become("huali")
    body = (await desk.http.get("/api/v1/notifications")).json()
    assert body["channels"] == []
    assert [item["id"] for item in body["items"]] == ["row-2"]


async def test_the_test_button_shows_what_the_provider_says(desk: Desk) -> None:
    desk.office.duty.script = ["errcode 0", Rejected("errcode 93000: invalid webhook url", "copy the robot's address")]
    answer = await desk.http.post("/api/v1/notifications/duty/test")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "answer": "errcode 0"})
    answer = await desk.http.post("/api/v1/notifications/duty/test")
    assert answer.status_code == 502
    assert answer.json()["detail"] == "errcode 93000: invalid webhook url"
    assert answer.json()["hint"] == "copy the robot's address"
    assert desk.audited == [("channel test", "duty")] * 2


async def test_a_channel_that_is_not_there_is_not_found_and_not_audited(desk: Desk) -> None:
    answer = await desk.http.post("/api/v1/notifications/nobody/test")
    assert answer.status_code == 404
    assert "`nobody`" in answer.json()["detail"]
    assert desk.audited == []


async def test_metrics_have_each_channels_account(desk: Desk) -> None:
    await desk.office.emit(desk.office.raised())
    await desk.office.pass_time(31)
    gateway: Any = SimpleNamespace(watch=SimpleNamespace(notifier=desk.office.dispatcher))
    families = {family.name: family for family in metrics.GatewayCollector(gateway)._notifications()}
    sent = families["park_gateway_notifications"].samples
    assert {sample.labels["outcome"]: sample.value for sample in sent} == {"sent": 1, "failed": 0, "expired": 0}
    assert families["park_gateway_notifications_queued"].samples[0].value == 0
    assert families["park_gateway_channel_up"].samples[0].value == 1
