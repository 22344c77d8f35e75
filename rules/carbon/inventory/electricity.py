"""Scope 2 electricity: the same quantities valued on each basis.

location    grid average of place and date
market      claims at their instruments' factors, the rest at the residual mix
cn_...      China's national factors; non-fossil 0 with evidence; exports deducted
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rules.carbon.description import Description
from rules.carbon.inventory.activity import ActivityLine, Direction
from rules.carbon.inventory.claims import Claim, Claims
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.inventory.instrument import Instrument
from rules.carbon.inventory.published import FOSSIL, GRID, NON_FOSSIL, grid, named, national, non_fossil
from rules.carbon.inventory.valuation import Valuer, Way, entry_of, kwh_of, of_kwh
from rules.carbon.numbers import plain

CATEGORY = "electricity"
NON_FOSSIL_SOURCES = frozenset(
    (
        "wind", "solar", "pv", "hydro", "nuclear", "biomass", "geothermal", "ocean", "non_fossil",
        "风电", "风能", "光伏", "太阳能", "水电", "水能", "核电", "核能", "生物质", "地热", "海洋能", "非化石",
    )
)  # fmt: skip
_CHINESE_PROOF = ("gec", "ppa", "direct_supply", "self_generated")  # GB/T 32151 app. D; NEA 2023 no. 1044
_CHINESE = {Basis.CN_ENTERPRISE: GRID, Basis.CN_ZERO_CARBON_PARK: FOSSIL}


@dataclass(frozen=True, slots=True)
class Electricity:
    """Values electricity lines on the bases of the policy."""

    valuer: Valuer
    claims: Claims

    def value(self, line: ActivityLine, basis: Basis) -> None:
        """Entries, or a refusal."""
        if line.direction is Direction.GENERATION:
            self.valuer.disclose(
                f"own generation of `{line.source}` is used or exported: it is no purchase",
                f"`{line.source}` 自发电力自用或外供，不属于外购",
            )
        elif line.direction is Direction.EXPORT and basis not in _CHINESE:
            self.valuer.disclose(
                f"{basis}: exported electricity of `{line.source}` is not deducted",
                f"{basis}：`{line.source}` 外供电力不扣减",
            )
        else:
            self.valuer.tried(line, basis, lambda: self._entries(line, basis))

    def _entries(self, line: ActivityLine, basis: Basis) -> list[Entry]:
        kwh_of(line)  # refuses what is no electricity
        if basis in _CHINESE:
            return self._chinese(line, basis)
        if basis is Basis.LOCATION:
            return self._average(line, line.description, Way(basis, "purchased", CATEGORY))
        return self._claimed(line, basis, self.claims.of(line))

    # Location, market

    def _average(self, line: ActivityLine, description: Description, way: Way) -> list[Entry]:
        return self.valuer.value(line, grid(description, self.valuer.policy.region), way)

    def _claimed(self, line: ActivityLine, basis: Basis, claims: Sequence[Claim]) -> list[Entry]:
        found = [self._at_instrument(line, basis, claim) for claim in claims]
        rest = kwh_of(line) - sum((claim.kwh for claim in claims), Fraction(0))
        if rest or not claims:
            found += self._rest(line, basis, rest, is_part=bool(claims))
        return found

    def _at_instrument(self, line: ActivityLine, basis: Basis, claim: Claim) -> Entry:
        instrument = claim.instrument
        kg = claim.kwh * Fraction(instrument.factor_kg_per_kwh)
        working = f"{plain(claim.kwh)} kWh x {instrument.factor_kg_per_kwh:f} kg/kWh = {plain(kg)} kg"
        is_co2 = instrument.factor_kg_per_kwh == 0 or instrument.market == "CN"
        return entry_of(
            line,
            Way(basis, "instrument", CATEGORY, instrument=instrument.id),
            "CO2" if is_co2 else "CO2e",
            (kg, kg),
            (claim.kwh, "kWh"),
            gwp_set="" if is_co2 else self.valuer.policy.gwp_set,
            working=(_said(instrument), working),
            flags=("co2_only",) if is_co2 else (),
        )

    def _rest(self, line: ActivityLine, basis: Basis, kwh: Fraction, *, is_part: bool) -> list[Entry]:
        description = of_kwh(line.description, kwh, "not covered by instruments") if is_part else line.description
        residual = self.valuer.policy.residual_mix
        if residual:
            way = Way(basis, "remainder", CATEGORY)
            return self.valuer.value(line, named(description, self.valuer.catalogue, residual), way)
        self.valuer.disclose(
            f"{basis}: no residual mix is published: the remainder is valued at the grid average",
            f"{basis}：没有公布剩余混合因子，其余电量按电网平均因子计算",
        )
        return self._average(line, description, Way(basis, "remainder", CATEGORY, flags=("no_residual_mix",)))

    # China

    def _chinese(self, line: ActivityLine, basis: Basis) -> list[Entry]:
        if line.direction is Direction.EXPORT:
            return self._exported(line, basis)
        if line.is_non_fossil or line.description.fuel == NON_FOSSIL:
            return self._zero(line, basis, line.description, line.evidence)
        claims = [one for one in self.claims.of(line) if self._counts(one.instrument, basis)]
        found = []
        for claim in claims:
            part = of_kwh(line.description, claim.kwh, _said(claim.instrument))
            found += self._zero(line, basis, part, claim.instrument.evidence, claim.instrument.id)
        rest = kwh_of(line) - sum((claim.kwh for claim in claims), Fraction(0))
        if rest or not claims:
            part = of_kwh(line.description, rest, "not covered by non-fossil power") if claims else line.description
            found += self._national(line, part, Way(basis, "purchased", CATEGORY, is_basis_rule=True))
        return found

    def _counts(self, instrument: Instrument, basis: Basis) -> bool:
        """Whether a Chinese basis takes an instrument for non-fossil electricity; where it does not, why."""
        reason = _no_proof(instrument, basis)
        if reason:
            self.valuer.disclose(
                f"{basis}: instrument {instrument.id} changes nothing: {reason}",
                f"{basis}：工具 {instrument.id} 在该口径下不起作用（{reason}）",
            )
        return not reason

    def _exported(self, line: ActivityLine, basis: Basis) -> list[Entry]:
        self.valuer.disclose(
            f"{basis}: exported electricity of `{line.source}` is deducted with the same factor",
            f"{basis}：`{line.source}` 外供电力按同一因子扣减",
        )
        return self._national(line, line.description, Way(basis, "exported", CATEGORY, sign=-1, is_basis_rule=True))

    def _national(self, line: ActivityLine, part: Description, way: Way) -> list[Entry]:
        said = national(part, self.valuer.catalogue, _CHINESE[way.basis])
        flags = () if said.choice.as_of is None else ("latest_published",)
        return self.valuer.value(
            line, said, Way(way.basis, way.label, way.category, sign=way.sign, flags=flags, is_basis_rule=True)
        )

    def _zero(
        self, line: ActivityLine, basis: Basis, part: Description, evidence: tuple[str, ...], instrument: str = ""
    ) -> list[Entry]:
        """Non-fossil with evidence. The zero must be what the catalogue says; nothing is zero by itself."""
        way = Way(basis, "non_fossil", CATEGORY, is_basis_rule=True, instrument=instrument)
        return self.valuer.value(line, non_fossil(part, evidence), way)


def _no_proof(instrument: Instrument, basis: Basis) -> str:
    """Why an instrument is no proof of non-fossil electricity there; empty where it is. A GEC always is renewable."""
    if instrument.kind not in _CHINESE_PROOF:
        return f"`{instrument.kind}` is no proof of non-fossil electricity in China"
    if instrument.factor_kg_per_kwh != 0:
        return "its factor is not zero"
    if basis is Basis.CN_ZERO_CARBON_PARK and not instrument.is_compliant_green:
        return "it is not marked as compliant green power"
    if instrument.kind == "gec" or instrument.energy_source.strip().casefold() in NON_FOSSIL_SOURCES:
        return ""
    return f"its energy source `{instrument.energy_source[:40]}` is not known as non-fossil"


def _said(instrument: Instrument) -> str:
    days = f"{instrument.start.isoformat()} to {instrument.end.isoformat()}"
    return f"{instrument.kind} {instrument.id}, {instrument.energy_source or 'source not stated'}, {days}"
