"""Calculations done by hand from the published values: the slice gives the same, to the last digit."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

from gateway.config.problems import ConfigErrors
from rules.carbon.gases import Group
from rules.carbon.numbers import shown
from rules.carbon.result import Result

Calculate = Callable[[str], Result]
CN = "region: CN, date: 2026-10-31"
GLOBAL = "region: GLOBAL, date: 2026-10-31"
# NCV x carbon content x oxidation x 44/12 in t/t or t/1e4Nm3, as the provincial inventory guide of 2025 prints it
COMPOSITES = {
    "gasoline": ("1 t", "2.925056"),
    "diesel": ("1 t", "3.095910"),
    "natural_gas": ("1 1e4Nm3", "21.621888"),
    "bituminous_coal": ("1 t", "1.741750"),
    "lignite": ("1 t", "1.172864"),
    "coke": ("1 t", "2.860419"),
    "petroleum_coke": ("1 t", "3.211542"),
    "crude_oil": ("1 t", "3.020202"),
    "fuel_oil": ("1 t", "3.170461"),
    "lng": ("1 t", "2.831257"),
    "lpg": ("1 t", "3.101330"),
    "blast_furnace_gas": ("1 1e4Nm3", "8.481132"),
    "converter_gas": ("1 1e4Nm3", "15.124032"),
    "coke_oven_gas": ("1 1e4Nm3", "8.863806"),
}
# of the EPA hub (AR4) and of DESNZ 2025 (AR5), and R-410A of AR6, rounded as they print it
BLENDS = {
    ("R-404A", "AR4"): 3922, ("R-407C", "AR4"): 1774, ("R-410A", "AR4"): 2088, ("R-507A", "AR4"): 3985,
    ("R-407A", "AR4"): 2107, ("R-404A", "AR5"): 3943, ("R-407C", "AR5"): 1624, ("R-410A", "AR5"): 1924,
    ("R-507A", "AR5"): 3985, ("R-410A", "AR6"): 2256,
}  # fmt: skip


def total(result: Result) -> Fraction:
    assert result.total is not None
    return result.total.kg


def mass(result: Result, gas: str) -> Fraction:
    return next(line.mass_kg for line in result.lines if line.gas == gas)


@pytest.mark.parametrize("fuel", COMPOSITES)
def test_a_chinese_fuel_by_its_carbon_agrees_with_the_published_composite(calc: Calculate, fuel: str) -> None:
    quantity, published_t = COMPOSITES[fuel]
    result = calc(f"{{activity: stationary_combustion, fuel: {fuel}, {CN}, quantity: {quantity}}}")
    assert shown(total(result) / 1000) == str(Decimal(published_t).normalize())
    assert result.total is not None
    assert result.total.gas == "CO2"


def test_diesel_by_the_ipcc_default_is_another_value_than_by_the_chinese_one(calc: Calculate) -> None:
    result = calc(
        f"{{activity: stationary_combustion, fuel: gas_diesel_oil, {GLOBAL}, quantity: 1 t, gwp: AR6,"
        " heating_value: {id: ipcc2006.ncv.gas_diesel_oil}, factor: {series: ipcc-2006, sector: manufacturing}}"
    )
    assert mass(result, "CO2") == Fraction("3186.3")  # 43 GJ/t x 74.1 kg/GJ
    assert mass(result, "CH4") == Fraction("0.129")  # 0.043 TJ x 3 kg/TJ
    assert mass(result, "N2O") == Fraction("0.0258")  # 0.043 TJ x 0.6 kg/TJ
    assert total(result) == Fraction("3186.3") + Fraction("0.129") * Fraction("27.9") + Fraction("0.0258") * 273


def test_a_forklift_emits_fifty_times_the_n2o_of_a_boiler(calc: Calculate) -> None:
    result = calc(
        f"{{activity: mobile_combustion, fuel: gas_diesel_oil, {GLOBAL}, quantity: 1 TJ(net), gwp: AR5,"
        " factor: {sector: off_road_industry}}"
    )
    assert [mass(result, gas) for gas in ("CO2", "CH4", "N2O")] == [74100, Fraction("4.15"), Fraction("28.6")]
    assert total(result) == 74100 + Fraction("4.15") * 28 + Fraction("28.6") * 265


@pytest.mark.parametrize(("name", "gwp_set"), BLENDS)
def test_the_gwp_of_a_blend_is_that_of_its_components(calc: Calculate, name: str, gwp_set: str) -> None:
    result = calc(f"{{activity: fugitive, gas: {name}, gwp: {gwp_set}, {CN}, quantity: 1 kg}}")
    assert abs(total(result) - BLENDS[name, gwp_set]) <= Fraction(1, 2)
    assert sum(line.mass_kg for line in result.lines) == 1


def test_r404a_is_the_worked_example_of_the_methodology_paper(calc: Calculate) -> None:
    result = calc(f"{{activity: fugitive, gas: r404a, gwp: AR5, {CN}, quantity: 1 kg}}")
    assert total(result) == Fraction("3942.8")  # 3170 x 0.44 + 4800 x 0.52 + 1300 x 0.04


def test_an_hcfc_stays_outside_the_total(calc: Calculate) -> None:
    result = calc(f"{{activity: fugitive, gas: R-22, gwp: AR6, {CN}, quantity: 2 kg}}")
    assert total(result) == 0
    (line,) = result.outside()
    assert (line.gas, line.mass_kg, line.co2e_kg) == ("HCFC22", 2, 3920)


def test_the_published_british_total_stands_and_its_parts_differ_by_one_digit(calc: Calculate) -> None:
    result = calc(
        "{activity: purchased_electricity, fuel: grid_average, region: GB, date: 2025-06-30, quantity: 1 kWh}"
    )
    assert total(result) == Fraction("0.177")
    assert sum(line.co2e_kg or 0 for line in result.counted()) == Fraction("0.17701")
    assert result.unsplit_co2e_kg == Fraction("-0.00001")
    assert mass(result, "CH4") == Fraction("0.0009") / 28
    assert result.biogenic_kg() == Fraction("0.11507")


def test_american_pounds_per_megawatt_hour_become_grams_per_kilowatt_hour(calc: Calculate) -> None:
    result = calc(
        "{activity: purchased_electricity, fuel: grid_total_output, region: US, date: 2023-06-30, quantity: 1 MWh}"
    )
    assert mass(result, "CO2") == Fraction("767.209") * Fraction("0.45359237")
    assert shown(mass(result, "CO2"), 1) == "348"
    assert total(result) == Fraction("770.884") * Fraction("0.45359237")


def test_a_gigajoule_of_british_heat(calc: Calculate) -> None:
    result = calc("{activity: purchased_heat, fuel: heat_and_steam, region: GB, date: 2025-06-30, quantity: 1 GJ}")
    assert shown(total(result), 2) == "48.69"


def test_chinese_heat_and_carbonates(calc: Calculate) -> None:
    assert total(calc(f"{{activity: purchased_heat, fuel: heat, {CN}, quantity: 12.5 GJ}}")) == 1375
    limestone = calc(
        f"{{activity: process, fuel: caco3, {CN}, quantity: 2 t, content: {{value: 90 %, source: annex C.2}}}}"
    )
    assert total(limestone) == 792  # 2 t x 0.9 x 0.440


def test_gas_measured_at_20_degrees_is_7_percent_less_gas(calc: Calculate) -> None:
    text = f"activity: stationary_combustion, fuel: natural_gas, {CN}"
    normal = calc(f"{{{text}, quantity: 1000 Nm3}}")
    warm = calc(f"{{{text}, quantity: 1000 m3(20C), reference_conditions: ideal_gas}}")
    assert total(normal) / total(warm) == Fraction("293.15") / Fraction("273.15")


def test_gross_energy_becomes_net_by_the_ratio_that_is_stated(calc: Calculate) -> None:
    result = calc(
        f"{{activity: stationary_combustion, fuel: natural_gas, {GLOBAL}, quantity: 1 TJ(gross), gwp: AR6,"
        " factor: {series: ipcc-2006, sector: commercial},"
        " gross_to_net: {value: '0.9', source: IPCC 2006 Vol. 2 ch. 1}}"
    )
    assert mass(result, "CO2") == 56100 * Fraction("0.9")
    assert mass(result, "CH4") == 5 * Fraction("0.9")


def test_a_volume_goes_over_density_and_heating_value(calc: Calculate) -> None:
    result = calc(
        f"{{activity: mobile_combustion, fuel: gas_diesel_oil, {GLOBAL}, quantity: 1000 L, gwp: AR6,"
        " factor: {sector: road}, density: {id: ghgp.density.gas_diesel_oil},"
        " heating_value: {value: 43 GJ(net)/t, source: supplier}}"
    )
    assert mass(result, "CO2") == Fraction("0.84") * 43 * Fraction("74.1")
    assert "ghgp.density.gas_diesel_oil" in result.pending()


def test_a_measured_heating_value_and_oxidation_replace_the_defaults(calc: Calculate) -> None:
    result = calc(
        f"{{activity: stationary_combustion, fuel: diesel, {CN}, quantity: 1 t,"
        " heating_value: {value: 42.8 GJ(net)/t, source: report 17}, oxidation: {value: 0.99, source: report 18}}"
    )
    assert total(result) == Fraction("42.8") * Fraction("20.2") * Fraction("0.99") * 44 / 12
    assert {one.id for one in result.factors} == {"cn.fuel.diesel.carbon_content"}
    assert any("[report 17]" in step for step in result.steps)


def test_oxidation_applies_to_an_ipcc_factor_that_assumes_all_of_it(calc: Calculate) -> None:
    result = calc(
        f"{{activity: stationary_combustion, fuel: lignite, {GLOBAL}, quantity: 1 TJ(net), gwp: AR6,"
        " factor: {series: ipcc-2006, sector: energy}, oxidation: {value: 98 %, source: ash analysis}}"
    )
    assert mass(result, "CO2") == 101000 * Fraction("0.98")
    assert mass(result, "CH4") == 1


def test_a_leak_by_charge_and_rate(calc: Calculate) -> None:
    result = calc(
        "{activity: refrigerant_leakage, fuel: chillers, gas: R-134a, region: US, date: 2026-01-01, gwp: AR5,"
        " quantity: 200 kg, years: {value: 0.5, source: in operation since July}}"
    )
    assert total(result) == 200 * Fraction("0.15") * Fraction("0.5") * 1300


def test_the_three_values_of_methane(calc: Calculate) -> None:
    text = f"activity: fugitive, gas: CH4, {CN}, quantity: 1 kg, gwp: AR6"
    assert total(calc(f"{{{text}}}")) == Fraction("27.9")
    assert total(calc(f"{{{text}, methane: fossil}}")) == Fraction("29.8")
    assert total(calc(f"{{{text}, methane: non_fossil}}")) == 27


def test_standard_coal_is_looked_up_and_says_which_equivalent(calc: Calculate) -> None:
    result = calc(f"{{activity: standard_coal, fuel: electricity, {CN}, quantity: 10 MWh}}")
    assert result.coal_kgce == 1229
    assert result.coal_equivalent == "coal equivalent, calorific (当量值)"
    assert result.total is None
    heat = calc(f"{{activity: standard_coal, fuel: heat, {CN}, quantity: 1 GJ}}")
    assert heat.coal_kgce == Fraction("34.12")


def test_zhejiang_by_the_latest_published_factor_lists_the_deviation(calc: Calculate) -> None:
    result = calc(
        "{activity: purchased_electricity, fuel: grid_average, region: CN-ZJ, date: 2026-10-31, quantity: 1 万kWh,"
        " factor: {as_of: 2023-12-31, reason: latest published}}"
    )
    assert total(result) == 4974
    assert result.total is not None
    assert result.total.gas == "CO2"
    assert [line.co2e_kg for line in result.lines] == [None]
    (deviation,) = result.deviations
    assert "2023-01-01 to 2023-12-31" in deviation
    assert deviation.endswith("latest published")


def test_uncertainties_propagate_by_approach_1(calc: Calculate) -> None:
    text = (
        f"activity: stationary_combustion, fuel: gas_diesel_oil, {GLOBAL}, gwp: AR6,"
        " heating_value: {value: 43 GJ(net)/t, source: supplier, uncertainty_percent: 4}"
    )
    result = calc(
        f"{{{text}, quantity: {{value: 1 t, uncertainty_percent: 3}},"
        " factor: {series: ipcc-2006, sector: energy, uncertainty_percent: 12}}"
    )
    assert {line.uncertainty_percent for line in result.lines} == {13}  # root of 3^2 + 4^2 + 12^2
    assert result.total is not None
    weights = [line.co2e_kg or Fraction(0) for line in result.lines]
    share = float(sum(w * w for w in weights)) ** 0.5 / float(sum(weights))
    assert float(result.total.uncertainty_percent or 0) == pytest.approx((25 + (12 * share) ** 2) ** 0.5)
    without = calc(f"{{{text}, quantity: 1 t, factor: {{series: ipcc-2006, sector: energy}}}}")
    assert without.total is not None
    assert without.total.uncertainty_percent is None


def test_the_interval_of_the_catalogue_gives_the_larger_distance(calc: Calculate) -> None:
    result = calc(
        f"{{activity: stationary_combustion, fuel: natural_gas, {GLOBAL},"
        " quantity: {value: 1 t, uncertainty_percent: 0},"
        " factor: {series: ipcc-2006-carbon, uncertainty_percent: 0}}"
    )
    assert [line.uncertainty_percent for line in result.lines] == [5]  # (50.4 - 48) / 48


def test_every_gas_of_a_result_has_its_group(calc: Calculate) -> None:
    result = calc(
        "{activity: mobile_combustion, fuel: diesel_average_biofuel_blend, region: GB, date: 2025-06-30,"
        " quantity: 100 L}"
    )
    assert {line.gas: line.group for line in result.lines} == {
        "CO2": Group.KYOTO, "CH4": Group.KYOTO, "N2O": Group.KYOTO, "CO2_biogenic": Group.BIOGENIC,
    }  # fmt: skip
    assert total(result) == Fraction("257.082")


def test_the_primary_equivalent_is_stated_with_its_source(calc: Calculate) -> None:
    result = calc(
        f"{{activity: standard_coal, {CN}, quantity: 10 MWh,"
        " coefficient: {value: 0.3020 kgce(等价值)/kWh, source: provincial bulletin 2025}}"
    )
    assert result.coal_kgce == 3020
    assert result.coal_equivalent == "coal equivalent, primary (等价值)"


def test_tonnes_of_steam_are_multiplied_with_their_stated_enthalpy(calc: Calculate) -> None:
    steam = (
        f"activity: purchased_heat, fuel: heat, {CN}, quantity: 10 t, enthalpy: {{value: 2778 kJ/kg, source: supplier}}"
    )
    result = calc(f"{{{steam}}}")
    assert total(result) == Fraction("3055.8")  # 10 x 2778 / 1000 GJ x 110 kg/GJ
    assert "10 t x 2778 kJ/kg = 27780 MJ [supplier]" in result.steps
    less = calc(f"{{{steam}, feed_water: {{value: 84 kJ/kg, source: the contract}}}}")
    assert total(less) == Fraction("2963.4")
    assert "10 t x (2778 kJ/kg - 84 kJ/kg) = 26940 MJ [feed water: the contract] [supplier]" in less.steps


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("quantity: 10 t", "an `enthalpy` of the steam in kJ/kg with its source"),
        ("quantity: 10 GJ, enthalpy: {value: 2778 kJ/kg, source: x}", "enthalpy: is not needed"),
        ("quantity: 10 t, enthalpy: {value: 2778 kg/t, source: x}", "`2778 kg/t` is no enthalpy"),
        ("quantity: 10 t, enthalpy: {value: 2778 kJ/kg}", "needs its `source`"),
        ("quantity: 10 t, feed_water: {value: 84 kJ/kg, source: x}", "is deducted from the enthalpy of steam"),
        (
            "quantity: 10 t, enthalpy: {value: 84 kJ/kg, source: x}, feed_water: {value: 84 kJ/kg, source: x}",
            "`84 kJ/kg` is not less than the steam's `84 kJ/kg`",
        ),
    ],
)
def test_what_is_wrong_with_steam_is_told(calc: Calculate, said: str, message: str) -> None:
    with pytest.raises(ConfigErrors) as refused:
        calc(f"{{activity: purchased_heat, fuel: heat, {CN}, {said}}}")
    assert message in str(refused.value)
