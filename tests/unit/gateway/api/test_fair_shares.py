"""What one person may take of what everybody needs: room for exports, room in the audit log."""

import pytest
from fastapi import HTTPException

from gateway.api.access import Principal, Role
from gateway.api.exports import MAX_OF_ONE
from gateway.identity.buckets import ACTS
from gateway.store import audit
from gateway.store.audit import AuditQuery
from tests.unit.gateway.api.conftest import Park


async def test_one_person_cannot_take_all_the_room_for_exports(park: Park) -> None:
    desk = park.app.state.context.exports
    hasty, patient = (Principal(name, Role.ENTERPRISE, "192.0.2.7", "huali", user_id=name) for name in ("h", "p"))
    under_way = [await desk.begin(hasty, "a file", str(number)) for number in range(MAX_OF_ONE)]
    with pytest.raises(HTTPException) as refused:
        await desk.begin(hasty, "a file", "more")
    assert refused.value.status_code == 503
    under_way.append(await desk.begin(patient, "a file", "other"))
    for one in under_way:
        await desk.end(one)
    assert desk.seen_by(hasty) == []


async def test_an_enterprise_cannot_fill_the_audit_log_for_everybody(park: Park) -> None:
    await park.sign_in(Role.ENTERPRISE, enterprise="huali")
    path, statuses = "/api/v1/connectivity?format=csv", []
    park.gateway.identities.acts._left["user 2"] = (3.0, park.gateway.clock.monotonic())
    for _ in range(5):
        answer = await park.http.get(path)
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 200, 429, 429]
    assert int(answer.headers["retry-after"]) > 1
    rows = await park.gateway.audit.state.do(lambda db: audit.read(db, AuditQuery(action="export *"), 100))
    assert len(rows) == 6  # asked and done, of three
    assert ACTS > 100
    park.become(None)
    assert (await park.http.get(path)).status_code == 200
