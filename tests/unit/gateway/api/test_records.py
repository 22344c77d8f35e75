"""Records over the API: JSON and files, errors with pointers, whose they are, tables, templates, evidence."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256

import pytest

from gateway.accounts.records.forms import Form
from gateway.api.problems import MEDIA_TYPE
from gateway.config.plan import ParkPlan
from gateway.pipeline.engine import Gateway
from gateway.store import audit
from gateway.web import Asset
from tests.unit.gateway.accounts.records_park import EVERY_FORM, books

from .conftest import Park, _asked

BASE = "/api/v1/carbon"
PHOTO = b"\xff\xd8\xff\xe1 a photo with EXIF"
READING = {"kind": "reading", "by": "Li Wei", "meter": "m1.energy", "time": "2026-11-01 08:00", "value": "4233.7"}
TABLE = b"source,quantity,unit,period,document\nboiler,1200,kg,2026-10,DN-1\nboiler,900,kg,2026-10,DN-2\n"


@pytest.fixture
async def park(plan: ParkPlan, files: Mapping[str, Asset]) -> AsyncIterator[Park]:
    async with _asked(await Gateway.open(plan, books=books()), files) as park:
        yield park


async def put(park: Park, data: bytes = PHOTO, name: str = "photo.jpg") -> str:
    answer = await park.http.post(f"{BASE}/evidence", params={"name": name}, content=data)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


async def submit(park: Park, form: Form, **changed: object) -> dict[str, object]:
    document = {"kind": form.value, "by": "Li Wei", **EVERY_FORM[form], "evidence": [await put(park)], **changed}
    answer = await park.http.post(f"{BASE}/records", json=document)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.mark.parametrize("form", EVERY_FORM)
async def test_every_form_goes_round_by_the_api(park: Park, form: Form) -> None:
    one = await submit(park, form)
    assert one["state"] == "waiting"
    url = f"{BASE}/records/{one['id']}"
    refused = await park.http.post(f"{url}/approve", json={"by": " li WEI "})
    assert (refused.status_code, refused.headers["content-type"]) == (409, MEDIA_TYPE)
    done = await park.http.post(f"{url}/approve", json={"by": "Wang Fang"})
    assert done.json()["state"] == "approved"
    shown = (await park.http.get(url)).json()
    assert shown["decision"]["by"] == "Wang Fang"
    assert shown["evidence"][0]["sha256"] == sha256(PHOTO).hexdigest()
    listed = (await park.http.get(f"{BASE}/records", params={"kind": form.value})).json()
    assert [item["id"] for item in listed["items"]] == [one["id"]]
    assert listed["waiting"] == 0


async def test_a_register_that_falls_is_approved_only_with_force_and_the_answer_says_so(park: Park) -> None:
    first = await submit(park, Form.READING, value="9233.7")
    url = f"{BASE}/records/{first['id']}/approve"
    said = (await park.http.post(url, json={"by": "Wang Fang"})).json()["plausibility"]
    assert [note["code"] for note in said["rows"][0]["notes"]] == ["first"]
    second = await submit(park, Form.READING, value="1.5", time="2026-11-02 08:00")
    url = f"{BASE}/records/{second['id']}/approve"
    refused = await park.http.post(url, json={"by": "Wang Fang"})
    assert refused.status_code == 409
    assert "1.5 is lower than the reading before" in refused.text
    done = (await park.http.post(url, json={"by": "Wang Fang", "force": True})).json()
    assert (done["state"], done["plausibility"]["objections"]) == ("approved", 1)
    assert "lower than the reading before" in done["decision"]["forced"][0]
    event = await submit(park, Form.METER_EVENT, time="2026-11-03 08:00")
    shown = (await park.http.get(f"{BASE}/records/{event['id']}")).json()["plausibility"]
    assert [row["mark"] for row in shown["rows"]] == ["final", "initial"]


async def test_a_reading_is_typed_on_a_phone_with_its_photo_in_one_form(park: Park) -> None:
    answer = await park.http.post(
        f"{BASE}/records", data={"record": json.dumps(READING)}, files={"file": ("IMG_1.jpg", PHOTO, "text/html")}
    )
    assert answer.status_code == 201, answer.text
    one = answer.json()
    assert one["evidence"] == [
        {"sha256": sha256(PHOTO).hexdigest(), "name": "IMG_1.jpg", "media_type": "image/jpeg", "size": len(PHOTO)}
    ]
    assert one["plausibility"]["rows"][0]["notes"][0]["code"] == "first"
    file = await park.http.get(f"{BASE}/evidence/{sha256(PHOTO).hexdigest()}")
    assert file.content == PHOTO
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"


async def test_a_photo_of_some_megabytes_is_kept_and_other_routes_take_no_such_body(park: Park) -> None:
    photo = PHOTO + bytes(5 * 2**20)
    form = {"record": json.dumps(READING)}
    answer = await park.http.post(f"{BASE}/records", data=form, files={"file": ("a.jpg", photo)})
    assert answer.json()["evidence"][0]["size"] == len(photo)
    url = f"{BASE}/records/{answer.json()['id']}/approve"
    assert (await park.http.post(url, content=photo)).status_code == 413


async def test_numbers_keep_the_text_in_which_they_were_written(park: Park) -> None:
    text = json.dumps({**READING, "value": 0}).replace('"value": 0', '"value": 1234.10000')
    answer = await park.http.post(f"{BASE}/records", content=text, headers={"content-type": "application/json"})
    assert answer.json()["fields"]["value"] == "1234.1"


async def test_every_wrong_field_has_a_pointer_and_words(park: Park) -> None:
    answer = await park.http.post(f"{BASE}/records", json={**READING, "time": "yesterday", "meter": "m1.enrgy"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)
    errors = {error["pointer"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"/time", "/meter"}
    assert "m1.energy" in errors["/meter"]["hint"]
    nobody = await park.http.post(f"{BASE}/records", json={**READING, "by": ""})
    assert (nobody.status_code, nobody.json()["detail"]) == (422, "by: the name of the person is needed")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"kind": NaN}', b"[" * 100_000, b'{"kind": "nothing"}', b'{"kind": 1}', b"\xff"]
)
async def test_bodies_that_are_no_record_are_refused(park: Park, body: bytes) -> None:
    answer = await park.http.post(f"{BASE}/records", content=body)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("note.jpg", b"Dear Sir", "called .jpg, its bytes are text/plain"),
        ("note.pdf", PHOTO, "called .pdf, its bytes are image/"),
        ("file", b'{"sha256": "ab"}', "it is JSON, kept as text"),
        ("file", b"{}", "it is JSON, kept as text"),
        ("export.json", b"{}", ""),
        ("note.txt", b"Dear Sir", ""),
        ("photo.JPG", PHOTO, ""),
        ("photo", PHOTO, ""),
    ],
)
async def test_a_file_that_is_not_what_it_is_called_is_taken_with_a_word(
    park: Park, name: str, data: bytes, said: str
) -> None:
    answer = await park.http.post(f"{BASE}/evidence", params={"name": name}, content=data)
    assert answer.status_code == 201
    assert [said in warning for warning in answer.json()["warnings"]] == [True] * bool(said)


async def test_a_form_is_not_kept_as_if_it_were_the_file(park: Park) -> None:
    answer = await park.http.post(f"{BASE}/evidence", files={"file": ("note.txt", b"Dear Sir")})
    assert (answer.status_code, "the body is the file itself" in answer.text) == (415, True)


async def test_files_that_are_too_large_or_no_evidence_or_unknown_are_refused(park: Park) -> None:
    large = await park.http.post(f"{BASE}/evidence", content=PHOTO + b"x" * (21 * 2**20))
    assert large.status_code == 413
    program = await park.http.post(f"{BASE}/evidence", params={"name": "a.jpg"}, content=b"MZ\x90")
    assert program.status_code == 422
    for named in ("0" * 64, "../../etc/passwd", 7):
        answer = await park.http.post(f"{BASE}/records", json={**READING, "evidence": [named]})
        assert answer.status_code == 422, answer.text
    assert (await park.http.get(f"{BASE}/evidence/{'0' * 64}")).status_code == 404


async def test_the_same_key_gives_the_same_record(park: Park) -> None:
    headers = {"Idempotency-Key": "phone-1"}
    first = await park.http.post(f"{BASE}/records", json=READING, headers=headers)
    again = await park.http.post(f"{BASE}/records", json=READING, headers=headers)
    assert again.json()["id"] == first.json()["id"]
    assert (first.json()["is_new"], again.json()["is_new"]) == (True, False)
    other = await park.http.post(f"{BASE}/records", json={**READING, "value": "1"}, headers=headers)
    assert other.status_code == 409


async def test_one_invoice_typed_twice_is_409_unless_forced(park: Park) -> None:
    await submit(park, Form.INVOICE)
    document = {"kind": "invoice", "by": "Zhao", **EVERY_FORM[Form.INVOICE], "evidence": [await put(park)]}
    twice = await park.http.post(f"{BASE}/records", json=document)
    assert twice.status_code == 409
    assert "force" in twice.json()["hint"]
    assert (await park.http.post(f"{BASE}/records", json={**document, "force": True})).status_code == 201


async def test_rejected_withdrawn_and_unknown(park: Park) -> None:
    one, two = await submit(park, Form.DELIVERY), await submit(park, Form.HEAT)
    bare = await park.http.post(f"{BASE}/records/{one['id']}/reject", json={"by": "Wang Fang"})
    assert bare.status_code == 422
    rejected = await park.http.post(
        f"{BASE}/records/{one['id']}/reject", json={"by": "Wang Fang", "reason": "wrong source"}
    )
    assert (rejected.json()["state"], rejected.json()["decision"]["note"]) == ("rejected", "wrong source")
    withdrawn = await park.http.post(f"{BASE}/records/{two['id']}/withdraw", json={"by": "Li Wei"})
    assert withdrawn.json()["state"] == "withdrawn"
    assert (await park.http.get(f"{BASE}/records/nothing")).status_code == 404
    states = (await park.http.get(f"{BASE}/records", params={"state": "rejected"})).json()
    assert [item["id"] for item in states["items"]] == [one["id"]]


async def test_an_enterprise_sees_only_its_own_records_and_files(park: Park) -> None:
    one = await submit(park, Form.DELIVERY)
    park.become("zeta")
    named = {"kind": "heat", "by": "Zhao", **EVERY_FORM[Form.HEAT], "evidence": [sha256(PHOTO).hexdigest()]}
    assert (await park.http.post(f"{BASE}/records", json=named)).status_code == 422
    assert (await park.http.get(f"{BASE}/records")).json()["items"] == []
    assert (await park.http.get(f"{BASE}/records/{one['id']}")).status_code == 404
    assert (await park.http.get(f"{BASE}/evidence/{sha256(PHOTO).hexdigest()}")).status_code == 404
    assert (await park.http.get(f"{BASE}/records", params={"enterprise": "acme"})).status_code == 404
    approve = await park.http.post(f"{BASE}/records/{one['id']}/approve", json={"by": "Wang Fang"})
    assert approve.status_code == 404
    table = {"kind": "heat", "by": "Zhao", "table": one["evidence"][0]["sha256"]}  # type: ignore[index]
    imported = await park.http.post(f"{BASE}/imports", json=table)
    assert (imported.status_code, imported.json()["detail"][:20]) == (422, "there is no evidence")
    foreign = await park.http.post(f"{BASE}/records", json=READING)
    assert foreign.status_code == 422


async def test_a_tenant_names_only_files_that_it_sent_itself(park: Park) -> None:
    foreign = await put(park, b"\xff\xd8\xff\xe1 the draft of somebody, in no record yet")
    park.become("zeta")
    heat = {"kind": "heat", "by": "Zhao", **EVERY_FORM[Form.HEAT]}
    for path in ("records", "rehearsals"):
        refused = await park.http.post(f"{BASE}/{path}", json={**heat, "evidence": [foreign]})
        assert (refused.status_code, refused.json()["detail"][:20]) == (422, "there is no evidence")
    assert (await park.http.get(f"{BASE}/evidence/{foreign}")).status_code == 404
    own = await put(park, b"\xff\xd8\xff\xe1 mine")
    taken = await park.http.post(f"{BASE}/records", json={**heat, "evidence": [own]})
    assert taken.status_code == 201, taken.text
    assert (await park.http.get(f"{BASE}/evidence/{own}")).status_code == 200


async def test_a_tenant_does_not_see_the_own_factors_of_others(park: Park) -> None:
    owners = {"acme": "own.steam.acme", "zeta": "own.steam.zeta", "": "own.steam.park"}
    for number, (owner, name) in enumerate(owners.items()):
        whose = {"enterprise": owner} if owner else {}
        one = await submit(park, Form.FACTOR, id=name, series=f"s{number}", **whose)
        approved = await park.http.post(f"{BASE}/records/{one['id']}/approve", json={"by": "Wang Fang"})
        assert approved.status_code == 200, approved.text

    async def seen() -> tuple[set[str], str]:
        found = (await park.http.get(f"{BASE}/factors")).json()
        return {one["id"] for one in found["factors"]} & {*owners.values()}, found["catalogue_sha256"]

    everything, whole = await seen()
    assert everything == {*owners.values()}
    park.become("zeta")
    assert await seen() == ({"own.steam.zeta", "own.steam.park"}, whole)


async def test_pages_follow_each_other(park: Park) -> None:
    for day in range(1, 6):
        answer = await park.http.post(f"{BASE}/records", json={**READING, "time": f"2026-11-0{day} 08:00"})
        assert answer.status_code == 201
    first = (await park.http.get(f"{BASE}/records", params={"limit": 3})).json()
    second = (await park.http.get(f"{BASE}/records", params={"limit": 3, "before": first["next_before"]})).json()
    assert len({item["id"] for item in first["items"] + second["items"]}) == 5
    assert second["next_before"] is None
    assert (await park.http.get(f"{BASE}/records", params={"before": 2**63})).status_code == 422


async def test_a_table_is_imported_as_a_form_and_its_errors_have_places(park: Park) -> None:
    wanted = {"kind": "delivery", "by": "Li Wei"}
    bad = TABLE.replace(b"900", b"x")
    refused = await park.http.post(
        f"{BASE}/imports", data={"import": json.dumps(wanted)}, files={"table": ("d.csv", bad, "text/csv")}
    )
    assert refused.status_code == 422
    assert [(one["file"], one["line"], one["column"]) for one in refused.json()["errors"]] == [("d.csv", 3, 2)]
    assert (await park.http.get(f"{BASE}/records")).json()["items"] == []
    done = await park.http.post(
        f"{BASE}/imports", data={"import": json.dumps(wanted)}, files={"table": ("d.csv", TABLE, "text/csv")}
    )
    assert (done.status_code, done.json()["taken"]) == (201, 2)
    named = {**wanted, "table": await put(park, TABLE.replace(b"DN", b"EN"), "d.csv"), "name": "d.csv"}
    assert (await park.http.post(f"{BASE}/imports", json=named)).json()["taken"] == 2


async def test_a_list_for_a_spreadsheet_has_no_formula_in_it(park: Park) -> None:
    await submit(park, Form.DELIVERY, note="=HYPERLINK(1)", document="+1")
    answer = await park.http.get(f"{BASE}/records", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in answer.text
    assert ",'+1," in answer.text
    assert ",=" not in answer.text


async def test_templates_are_handed_out(park: Park) -> None:
    for form in Form:
        table = await park.http.get(f"{BASE}/templates/{form.value}")
        assert table.status_code == 200
        assert "attachment" in table.headers["content-disposition"]
    assert (await park.http.get(f"{BASE}/templates/delivery", params={"format": "xlsx"})).content[:2] == b"PK"
    assert (await park.http.get(f"{BASE}/templates/nothing")).status_code == 422
    listed = (await park.http.get(f"{BASE}/templates")).json()["items"]
    assert [item["kind"] for item in listed] == list(Form)
    assert all(set(item["needed"]) <= set(item["example"]) <= set(item["fields"]) for item in listed)


async def test_what_is_done_is_in_the_audit(park: Park) -> None:
    one = await submit(park, Form.DELIVERY)
    await park.http.post(f"{BASE}/records/{one['id']}/approve", json={"by": "Wang Fang"})
    rows = await park.gateway.audit.state.do(lambda db: audit.following(db, 0, 100))
    said = [(row.action, row.target, row.result) for row in rows]
    assert ("record submit", "DN-1", "done") in said
    assert ("record approve", one["id"], "done") in said


async def test_two_approvals_at_once_are_one(park: Park) -> None:
    one = await submit(park, Form.DELIVERY)
    url = f"{BASE}/records/{one['id']}/approve"
    answers = await asyncio.gather(*(park.http.post(url, json={"by": name}) for name in ("Wang Fang", "Zhao Min")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_rehearsal_tells_what_a_reading_would_give_and_keeps_nothing(park: Park) -> None:
    answer = await park.http.post(f"{BASE}/rehearsals", json={**READING, "by": ""})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["plausibility"]["rows"][0]["notes"][0]["code"] == "first"
    assert found["warnings"] == ["no photo of the register"]
    assert (await park.http.get(f"{BASE}/records")).json()["items"] == []
    wrong = await park.http.post(f"{BASE}/rehearsals", json={**READING, "time": "yesterday"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/time")
    assert (await park.http.post(f"{BASE}/records", json=READING)).status_code == 201


async def test_sources_for_forms_say_which_of_them_meters_count(park: Park) -> None:
    items = {one["id"]: one for one in (await park.http.get(f"{BASE}/sources")).json()["items"]}
    assert items["boiler"]["meters"] == []
    assert set(items["boiler"]) == {"id", "name", "enterprise", "meters"}
