"""What somebody types into the form of a new device, where a password is refused: it is not kept anywhere."""

import asyncio
from typing import Any

from gateway.api.access import Role
from gateway.store import audit
from gateway.store.audit import AuditQuery
from tests.unit.gateway.api.conftest import Park

DEVICE: dict[str, Any] = {"id": "m", "enterprise": "huali", "connection": "broker", "kind": "meter"}
BROKER = {"name": "broker", "driver": "mqtt", "host": "127.0.0.1", "username": "u", "topics": ["p/{device}"]}


async def test_a_password_that_was_typed_into_the_form_is_not_in_the_audit_log(park_with_rules: Park) -> None:
    park = park_with_rules
    folder = park.gateway.plan.store.directory.parent
    park.gateway.config_path = await asyncio.to_thread(lambda: folder / "park.yaml")
    park.become(None, Role.ENGINEER)
    wanted = {"device": DEVICE, "connection": {**BROKER, "password": "planted-Zq7"}}
    for path, more in (("test", {}), ("save", {"preview": False, "version": "x"})):
        answer = await park.http.post(f"/api/v1/commissioning/{path}", json={**wanted, **more})
        assert (answer.status_code, "planted" in answer.text) == (422, False)
    rows = await park.gateway.audit.state.do(lambda db: audit.read(db, AuditQuery(), 100))
    assert [row.result for row in rows] == ["refused", "asked"] * 2
    assert all('"host":"127.0.0.1"' in (row.after or "") for row in rows)
    assert not any("planted" in str(row) for row in rows)
