"""Deciding on records: never by the same person, once; a successor takes the place of a record when it is approved."""

from decimal import Decimal

import pytest

from gateway.accounts.people import Actor, is_same_person, person
from gateway.accounts.records.approvals import NotAllowed, reject, withdraw
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submission_log import State, submission, submissions
from gateway.accounts.records.submission_models import Faults
from gateway.accounts.records.submissions import (
    approved_activities,
)
from gateway.core.errors import Rejected
from gateway.store.records import Kind, find
from tests.unit.gateway.accounts.records_park import (
    DELIVERY,
    LI,
    OCTOBER,
    WANG,
    Records,
)


@pytest.mark.parametrize("name", ["Li Wei", " li  wei ", "LI WEI", "Ｌｉ Ｗｅｉ", "Li\u00a0Wei", "LiWei"])
def test_who_prepared_it_cannot_approve_it_however_the_name_is_spelt(records: Records, name: str) -> None:
    one = records.add(Form.DELIVERY, DELIVERY)
    with pytest.raises(NotAllowed, match="prepared this record"):
        records.approve(one, Actor(name))
    assert submission(records.db, one.id).state is State.WAITING


def test_a_name_with_invisible_characters_is_refused_and_another_person_is_another() -> None:
    with pytest.raises(Rejected):
        person("Li\u200bWei")
    with pytest.raises(Rejected):
        person("  ")
    assert not is_same_person("Li Wei", "Li Wen")
    assert is_same_person("José", "Jose\u0301")


def test_the_beginning_that_a_record_shares_with_its_evidence_names_the_record(records: Records) -> None:
    one = records.add(Form.DELIVERY, DELIVERY)
    beginning = one.id[:13]
    assert any(other.kind is Kind.EVIDENCE and other.id.startswith(beginning) for other in find(records.db))
    assert submission(records.db, beginning).id == one.id


def test_a_record_is_decided_on_once(records: Records) -> None:
    one = records.approved(Form.DELIVERY, DELIVERY)
    with pytest.raises(NotAllowed, match="approved already"):
        records.approve(one)
    with pytest.raises(NotAllowed):
        withdraw(records.db, LI, one.id, records.tick())


def test_only_who_prepared_it_withdraws_and_only_others_reject(records: Records) -> None:
    one = records.add(Form.DELIVERY, DELIVERY)
    with pytest.raises(NotAllowed, match="only they can withdraw"):
        withdraw(records.db, WANG, one.id, records.tick())
    with pytest.raises(NotAllowed, match="withdraw it instead"):
        reject(records.db, LI, one.id, "wrong", records.tick())
    with pytest.raises(Rejected, match="reason"):
        reject(records.db, WANG, one.id, " ", records.tick())
    assert withdraw(records.db, LI, one.id, records.tick()).state is State.WITHDRAWN
    two = records.add(Form.DELIVERY, DELIVERY)
    assert reject(records.db, WANG, two.id, "wrong site", records.tick()).state is State.REJECTED


def test_a_superseded_record_counts_until_its_successor_is_approved(records: Records) -> None:
    def quantities() -> list[Decimal]:
        lines = approved_activities(records.db, records.books, "acme", *OCTOBER)
        return [Decimal(line.description.quantity.text.split()[0]) for line in lines]

    first = records.approved(Form.DELIVERY, DELIVERY)
    second = records.add(Form.DELIVERY, {**DELIVERY, "quantity": "1300", "supersedes": first.id})
    assert quantities() == [Decimal(1200)]
    records.approve(second)
    assert quantities() == [Decimal(1300)]
    assert submission(records.db, first.id).state is State.SUPERSEDED
    assert submission(records.db, first.id).successor == second.id
    third = records.approved(Form.DELIVERY, {**DELIVERY, "quantity": "1400", "supersedes": second.id})
    assert quantities() == [Decimal(1400)]
    void = records.approved(Form.VOID, {"supersedes": third.id, "reason": "another site's"}, evidence=())
    assert quantities() == []
    assert void.record.kind is Kind.ACTIVITY
    assert len(submissions(records.db)) == 4


def test_a_rejected_successor_leaves_the_record_as_it_was_and_two_successors_never_both_count(records: Records) -> None:
    first = records.approved(Form.DELIVERY, DELIVERY)
    second = records.add(Form.DELIVERY, {**DELIVERY, "quantity": "1300", "supersedes": first.id})
    with pytest.raises(Faults, match="supersedes it already"):
        records.add(Form.DELIVERY, {**DELIVERY, "quantity": "1350", "supersedes": first.id})
    reject(records.db, WANG, second.id, "not so", records.tick())
    assert submission(records.db, first.id).state is State.APPROVED
    third = records.add(Form.DELIVERY, {**DELIVERY, "quantity": "1350", "supersedes": first.id})
    assert records.approve(third).state is State.APPROVED
    with pytest.raises(Faults, match="superseded"):
        records.add(Form.DELIVERY, {**DELIVERY, "quantity": "1", "supersedes": first.id})


def test_a_waiting_record_whose_successor_was_approved_cannot_come_back(records: Records) -> None:
    first = records.add(Form.DELIVERY, DELIVERY)
    records.approved(Form.DELIVERY, {**DELIVERY, "quantity": "1300", "supersedes": first.id})
    with pytest.raises(NotAllowed, match="superseded already"):
        records.approve(first)
