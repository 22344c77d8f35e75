"""Factors of one's own: held to the rules of the catalogue, never in place of a shipped one."""

from pathlib import Path
from typing import Any

import pytest

from gateway.accounts.records.factors import approved_catalogue, catalogue_with, factor_wrongs
from gateway.carbon.catalogue import load_catalogue
from gateway.core.errors import Rejected
from gateway.store.records import Kind, Record
from rules.carbon.factor import Review

SHIPPED = load_catalogue()
BODY: dict[str, Any] = {
    "id": "own.residual.2026",
    "activity": "purchased_electricity",
    "fuel": "residual_mix",
    "region": "CN-ZJ",
    "series": "own-residual",
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
    "gas": "CO2",
    "value": "0.6012",
    "unit": "kg",
    "per": "kWh",
    "title": "Residual mix 2026",
    "publisher": "Grid company",
    "year": "2026",
    "place": "page 3",
    "evidence": [{"sha256": "ab" * 32, "name": "mix.pdf"}],
}


def record(number: int = 1, **changed: Any) -> Record:
    """An approved record; `None` leaves a field out."""
    body = {key: value for key, value in {**BODY, **changed}.items() if value is not None}
    return Record(number, f"record-{number}", Kind.FACTOR, "", "", "", number, body)


def test_an_approved_factor_is_in_the_catalogue_with_its_document() -> None:
    found = catalogue_with(SHIPPED, [record()])
    factor = found.factor("own.residual.2026")
    assert factor is not None
    assert (factor.review, factor.shown, factor.validity) == (
        Review.OWN,
        "0.6012 kg CO2/kWh",
        "2026-01-01 to 2026-12-31",
    )
    assert (factor.source.sha256, factor.source.title, factor.read_in) == (
        "ab" * 32,
        "Residual mix 2026",
        "record record-1",
    )
    assert found.factors[: len(SHIPPED.factors)] == SHIPPED.factors


def test_the_digest_names_the_content_and_without_factors_it_is_the_shipped_one() -> None:
    assert catalogue_with(SHIPPED, []) is SHIPPED
    one, other = catalogue_with(SHIPPED, [record()]), catalogue_with(SHIPPED, [record(value="0.6013")])
    assert len({SHIPPED.sha256, one.sha256, other.sha256}) == 3
    assert one.sha256 == catalogue_with(SHIPPED, [record()]).sha256


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": "cn.grid.national.2023"}, "id: the id of a factor of one's own begins with `own.`"),
        ({"value": "0,6"}, "value: `0,6` is not a decimal number"),
        ({"value": None}, "value` is empty"),
        ({"unit": "kgs"}, "unit: unknown unit `kgs`"),
        ({"activity": "purchased_electricty"}, "activity: unknown activity"),
        ({"gas": "CO3"}, "gas: `CO3` has no meaning"),
        ({"valid_to": "2025-01-01"}, "valid_to: ends before it begins"),
        ({"evidence": []}, "evidence: a factor of one's own needs its document"),
        ({"evidence": "ab"}, "evidence: a factor of one's own needs its document"),
        ({"publisher": None}, "publisher: is empty"),
        ({"review": "reviewed"}, ""),
        ({"source": "mee-2023"}, ""),
    ],
)
def test_what_is_wrong_with_a_factor_is_told_by_field(changed, message) -> None:
    wrongs = factor_wrongs(SHIPPED, [], record(**changed).body)
    if not message:  # what it may not choose is not taken from it
        assert wrongs == []
        factor = catalogue_with(SHIPPED, [record(**changed)]).factor("own.residual.2026")
        assert factor is not None
        assert (factor.review, factor.source.publisher) == (Review.OWN, "Grid company")
        return
    assert any(message in f"{wrong.field}: {wrong.message}" for wrong in wrongs), wrongs
    with pytest.raises(Rejected, match="factor `"):
        catalogue_with(SHIPPED, [record(**changed)])


def test_gaps_and_overlaps_of_validity_are_refused_among_ones_own_too() -> None:
    later = {"id": "own.residual.2027", "valid_from": "2026-12-01", "valid_to": "2028-01-01"}
    (wrong,) = factor_wrongs(SHIPPED, [record()], record(2, **later).body)
    assert (wrong.field, "overlaps with `own.residual.2026`" in wrong.message) == ("valid_from", True)
    with pytest.raises(Rejected, match="overlaps"):
        catalogue_with(SHIPPED, [record(), record(2, **later)])
    gap = {**later, "valid_from": "2027-02-01"}
    with pytest.raises(Rejected, match="a gap since"):
        catalogue_with(SHIPPED, [record(), record(2, **gap)])
    follows = {**later, "valid_from": "2027-01-01"}
    assert catalogue_with(SHIPPED, [record(), record(2, **follows)]).factor("own.residual.2027")


def test_no_factor_of_ones_own_stands_beside_a_shipped_one_of_the_same_series() -> None:
    same = record(fuel="grid_average", region="CN", series="mee-nbs", valid_from="2023-01-01", valid_to="2024-01-01")
    with pytest.raises(Rejected, match=r"overlaps with `cn\.grid\.national\.2023`"):
        catalogue_with(SHIPPED, [same])


def test_without_a_ledger_there_are_only_the_shipped_ones(tmp_path: Path) -> None:
    assert approved_catalogue(SHIPPED, tmp_path) == (SHIPPED, "")


def test_a_ledger_that_cannot_be_read_is_told_and_keeps_nothing_from_starting(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 300)
    catalogue, trouble = approved_catalogue(SHIPPED, tmp_path)
    assert catalogue is SHIPPED
    assert "cannot be read" in trouble
