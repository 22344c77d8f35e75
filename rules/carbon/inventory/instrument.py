"""Contractual instruments: what conveys the emission rate of electricity, and to which lines it was allocated."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CRITERIA = 8  # GHG Protocol scope 2 guidance (2015), table 7.1


@dataclass(frozen=True, slots=True)
class Instrument:
    """A certificate, contract or supplier's rate, in MWh.

    `criteria[i]` says whether quality criterion i + 1 of table 7.1 is met: `True`, `False`, or `None` for "disclosed"
    (criterion 8 where no residual mix is published). One `False` and it counts nowhere.
    """

    id: str
    kind: str  # gec | i_rec | go | ppa | direct_supply | supplier_rate | self_generated
    energy_mwh: Decimal
    factor_kg_per_kwh: Decimal  # 0 only with evidence
    start: date  # vintage: days of generation, both included
    end: date
    market: str  # of generation: `CN`
    beneficiary: str  # enterprise id, or the site's
    retired_on: date | None
    criteria: tuple[bool | None, ...]
    evidence: tuple[str, ...]  # SHA-256
    energy_source: str = ""  # wind | solar | hydro | nuclear | ...
    is_compliant_green: bool = False  # accepted by NDRC 2025 no. 910 (direct supply, compliant green power)


@dataclass(frozen=True, slots=True)
class Allocation:
    """So much of an instrument is claimed for an emission source's electricity of a period; the rest stays free."""

    instrument: str
    source: str
    start: date
    end: date
    energy_mwh: Decimal
