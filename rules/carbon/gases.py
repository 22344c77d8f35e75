"""Gases: which count into a total of CO2e, which stand apart.

The seven groups of the Kyoto Protocol with its Doha Amendment count. HCFCs belong to the Montreal Protocol and stay
outside every total (GHG Protocol Corporate Standard, ch. 4 and 9); biogenic CO2 is reported apart, biogenic CH4 and N2O
are not.
"""

from enum import StrEnum


class Group(StrEnum):
    """Where a gas is counted."""

    KYOTO = "kyoto"
    MONTREAL = "montreal"  # outside the totals
    BIOGENIC = "biogenic"  # CO2 from biomass: apart


GASES: dict[str, Group] = {
    **dict.fromkeys(("CO2", "CH4", "N2O", "SF6", "NF3", "CF4", "C2F6", "C3F8"), Group.KYOTO),
    **dict.fromkeys(
        (
            "HFC23", "HFC32", "HFC125", "HFC134a", "HFC143a", "HFC152a", "HFC227ea", "HFC236fa", "HFC245fa",
            "HFC365mfc", "HFC4310mee",
        ),
        Group.KYOTO,
    ),
    **dict.fromkeys(("HCFC22", "HCFC123", "HCFC141b", "HCFC142b"), Group.MONTREAL),
    "CO2_biogenic": Group.BIOGENIC,
}  # fmt: skip
CO2E = "CO2e"
CO2E_PARTS = {"CO2e_of_CO2": "CO2", "CO2e_of_CH4": "CH4", "CO2e_of_N2O": "N2O"}  # in CO2e, not in mass of the gas
_R_NUMBERS = {
    "R-22": "HCFC22", "R-123": "HCFC123", "R-141b": "HCFC141b", "R-142b": "HCFC142b", "R-23": "HFC23", "R-32": "HFC32",
    "R-125": "HFC125", "R-134a": "HFC134a", "R-143a": "HFC143a", "R-152a": "HFC152a", "R-227ea": "HFC227ea",
    "R-236fa": "HFC236fa", "R-245fa": "HFC245fa", "R-14": "CF4", "R-116": "C2F6", "R-218": "C3F8",
}  # fmt: skip
_FOLDED = {name.lower().replace("-", ""): name for name in GASES} | {
    number.lower().replace("-", ""): gas for number, gas in _R_NUMBERS.items()
}


def gas_named(text: str) -> str | None:
    """The gas of this name, however it is spelt: `HFC-134a`, `R134a`, `hfc134a`. `None` for another text."""
    return _FOLDED.get(text.strip().lower().replace("-", "").replace(" ", ""))


def folded(text: str) -> str:
    """A name of a gas or blend without the differences of spelling: `R410A` and `r-410a` are one."""
    return text.strip().lower().replace("-", "").replace(" ", "")
