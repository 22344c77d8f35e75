"""People who do not get in: they can neither fill the audit log nor hide what others do in it."""

from gateway.api.access import Role
from gateway.identity.accounts import AccountWanted
from gateway.pipeline.audit import STRANGERS
from gateway.store import audit
from gateway.store.audit import AuditQuery, AuditRow, Who
from tests.unit.gateway.api.conftest import Park

STRANGER = Who("anonymous", "viewer", "nobody", "203.0.113.9")


async def entries(park: Park, action: str) -> list[AuditRow]:
    query = AuditQuery(action=action)
    return await park.gateway.audit.state.do(lambda db: audit.read(db, query, 10_000))


async def test_a_thousand_names_that_nobody_has_do_not_fill_the_audit_log(park: Park) -> None:
    await park.gateway.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
    park.be_nobody()
    for number in range(STRANGERS + 200):
        park.gateway.identities.buckets._left.clear()
        answer = await park.http.post("/api/v1/session", json={"name": f"nobody-{number}", "password": "wrong"})
        assert answer.status_code in (401, 429)
    found = await entries(park, "sign in")
    assert STRANGERS // 2 < len(found) <= STRANGERS + 5


async def test_how_many_were_left_out_stands_in_the_next_entry(park: Park) -> None:
    keeper = park.gateway.audit
    for number in range(STRANGERS + 7):
        await keeper.note_refused(STRANGER, "sign in", "", f"Wait {number}", "wrong")
    keeper._strangers = 1.0, keeper._clock.monotonic()
    await keeper.note_refused(STRANGER, "sign in", "", "one more", "wrong")
    assert (await entries(park, "sign in"))[0].after == '{"left_out":7}'


async def test_what_an_auditor_reads_is_put_down_whatever_strangers_try(park: Park) -> None:
    await park.sign_in(Role.AUDITOR)
    keeper = park.gateway.audit
    for number in range(2000):
        await keeper.note_refused(STRANGER, "sign in", f"nobody-{number}", f"Wait {number}", "wrong")
    assert (await park.http.get("/api/v1/carbon/sources")).status_code == 200
    assert [row.target for row in await entries(park, "auditor read")] == ["/api/v1/carbon/sources"]
