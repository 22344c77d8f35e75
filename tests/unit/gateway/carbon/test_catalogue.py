"""The shipped catalogue agrees with itself and with what was published; a wrong one is refused with every mistake."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from gateway.carbon.catalogue import SHIPPED, load_catalogue
from gateway.config.problems import ConfigErrors
from rules.carbon.catalogue import GWP_SETS, Catalogue
from rules.carbon.factor import Activity, Review
from rules.carbon.gases import GASES, Group
from rules.carbon.invariants import faults

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
SOURCES = "id,title,publisher,year,url,sha256\ndoc,A document,A publisher,2024,,\n"


def told(folder: Path) -> list[str]:
    """What is wrong with the catalogue of a folder: `line:cell: message (hint)`, the factors' file first."""
    try:
        load_catalogue(folder)
    except ConfigErrors as errors:
        return [str(problem).removeprefix(f"{folder}/").removeprefix("factors.csv:") for problem in errors.problems]
    return []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_wrong_catalogue_is_refused_with_every_mistake_in_its_place(
    case: Path, tmp_path: Path, seal: Callable[[Path], None]
) -> None:
    shutil.copy(case / "factors.csv", tmp_path)
    (tmp_path / "sources.csv").write_text(SOURCES, encoding="utf-8")
    seal(tmp_path)
    assert told(tmp_path) == (case / "expected.txt").read_text(encoding="utf-8").splitlines()


def test_a_file_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    grid = tmp_path / "cn-grid.csv"
    grid.write_text(grid.read_text(encoding="utf-8").replace("0.5306", "0.5036"), encoding="utf-8")
    (problem,) = told(tmp_path)
    assert "`cn-grid.csv` is not the file that was shipped" in problem


def test_a_table_that_nobody_shipped_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "blends.csv", tmp_path / "more.csv")
    (problem,) = told(tmp_path)
    assert "`more.csv` does not stand in SHA256SUMS" in problem


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda folder: (folder / "SHA256SUMS").unlink(), "reinstall"),
        (lambda folder: (folder / "gwp.csv").unlink(), "gwp.csv"),
        (lambda folder: (folder / "SHA256SUMS").write_text("nonsense\n"), "reinstall"),
        (lambda folder: (folder / "SHA256SUMS").write_text(""), "sources.csv"),
    ],
)
def test_an_incomplete_catalogue_says_what_to_do(tmp_path: Path, change: Callable[[Path], None], word: str) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    change(tmp_path)
    assert any(word in line for line in told(tmp_path))


def test_the_shipped_files_have_their_checksums() -> None:
    named = dict(line.split()[::-1] for line in (SHIPPED / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    assert named == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in SHIPPED.glob("*.csv")}


def test_the_shipped_catalogue_has_no_fault(catalogue: Catalogue) -> None:
    assert faults(catalogue.factors) == []
    assert len(catalogue.factors) == 632
    assert len(catalogue.sha256) == 64


@pytest.mark.parametrize(
    ("factor_id", "value"),
    [
        ("cn.grid.national.2021", "0.5568"),  # 2021 and 2022 are often swapped
        ("cn.grid.national.2022", "0.5366"),
        ("cn.grid.national.2023", "0.5306"),
        ("cn.grid.national_excl_market_nonfossil.2023", "0.6096"),
        ("cn.grid.national_fossil.2022", "0.8325"),
        ("cn.grid.national_fossil.2023", "0.8273"),
        ("cn.grid.region.east.2022", "0.5617"),
        ("cn.grid.province.zj.2023", "0.4974"),
        ("us.egrid2023.nyup.co2", "242.089"),
        ("uk.elec.2024.co2e", "0.20705"),
        ("uk.elec.td.2025.co2e", "0.01853"),
        ("cn.heat.default", "0.11"),
        ("cn.tce.natural_gas_38931kj", "1.33"),
        ("cn.tce.natural_gas_35544kj", "1.2143"),
        ("ipcc2006.stationary.natural_gas.commercial.ch4", "5"),
        ("gwp100.ar6.ch4_fossil", "29.8"),
    ],
)
def test_values_are_those_that_were_published(catalogue: Catalogue, factor_id: str, value: str) -> None:
    factor = catalogue.factor(factor_id)
    assert factor is not None
    assert factor.value == Fraction(value)


def test_every_province_has_its_three_years(catalogue: Catalogue) -> None:
    provinces = Counter(
        one.region for one in catalogue.of(Activity.ELECTRICITY) if one.id.startswith("cn.grid.province.")
    )
    assert len(provinces) == 30
    assert set(provinces.values()) == {3}


def test_chinese_grid_factors_are_co2_and_never_co2e(catalogue: Catalogue) -> None:
    grid = [one for one in catalogue.factors if one.id.startswith("cn.grid.")]
    assert {(one.gas, one.gwp_set) for one in grid} == {("CO2", "")}


def test_what_is_only_hearsay_is_not_shipped(catalogue: Catalogue) -> None:
    grid = {one.value for one in catalogue.factors if one.region == "CN" and one.activity is Activity.ELECTRICITY}
    assert not grid & {Fraction("0.5703"), Fraction("0.5810")}
    assert catalogue.factor("cn.tce.fresh_water") is None


def test_ipcc_is_net_and_epa_is_gross(catalogue: Catalogue) -> None:
    for one in catalogue.of(Activity.STATIONARY):
        basis = "" if one.per is None else one.per.name
        if one.series == "ipcc-2006":
            assert basis.endswith("(net)"), one.id
        if one.series == "epa-hub":
            assert basis.endswith("(gross)"), one.id


def test_every_gas_that_counts_has_a_gwp_in_every_set(catalogue: Catalogue) -> None:
    for gas, group in GASES.items():
        for gwp_set in GWP_SETS:
            assert (catalogue.gwp(gas, gwp_set) is None) == (group is Group.BIOGENIC), (gas, gwp_set)


def test_every_factor_has_a_document_a_publisher_and_a_place(catalogue: Catalogue) -> None:
    for one in catalogue.factors:
        assert one.source.title, one.id
        assert one.source.publisher, one.id
        assert one.place, one.id
        assert one.read_in or one.source.id != "mee-2021", one.id


def test_values_from_one_secondary_source_are_marked(catalogue: Catalogue) -> None:
    pending = [one.id for one in catalogue.factors if one.review is Review.PENDING]
    assert "cn.grid.national.2021" in pending
    assert "cn.grid.national.2023" not in pending
    assert all(one.review is Review.PENDING for one in catalogue.factors if one.source.id in ("ashrae-34", "aib-2020"))
