"""Ledger entries: one gas of one activity line on one basis, with everything that made it."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any


class Basis(StrEnum):
    """By which rule emissions are counted. Quantities are the same for all; values are never interchangeable."""

    DIRECT = "direct"  # scope 1: the same on every basis
    LOCATION = "location"  # GHG Protocol scope 2 guidance; ISO 14064-1; IFRS S2
    MARKET = "market"
    CN_ENTERPRISE = "cn_enterprise"  # GB/T 32150-2025
    CN_ZERO_CARBON_PARK = "cn_zero_carbon_park"  # NDRC 2025 no. 910


SCOPE2_BASES = tuple(basis for basis in Basis if basis is not Basis.DIRECT)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. Masses in kg with nine decimals; `co2e_kg` is `None` for what no scope counts (biogenic, Montreal)
    and stands for CO2 alone where `gas` is CO2 of a factor that covers only that gas."""

    activity: str  # id of the activity line
    source: str
    enterprise: str
    start: date  # days, both included
    end: date
    scope: int  # 1 or 2
    category: str  # stationary | mobile | process | fugitive | electricity | heat
    basis: Basis
    gas: str
    group: str  # kyoto | montreal | biogenic
    quantity: Decimal  # that this entry is for (an instrument may cover only a part of the line's)
    unit: str
    mass_kg: Decimal
    co2e_kg: Decimal | None
    gwp_set: str
    method: str  # factor | carbon_content | mass_balance | measured (CEMS)
    factors: tuple[str, ...]  # ids in the catalogue, or of custom factors
    working: tuple[str, ...]  # each step as text
    instrument: str = ""  # id, where one covers it
    label: str = ""  # what kind of line of its basis: purchased | instrument | remainder | exported | heat | ...
    flags: tuple[str, ...] = ()  # co2_only | fallback | pending_factor | estimated | missing | no_residual_mix | ...
    uncertainty_percent: Decimal | None = None
    reverses: str = ""  # id of the entry that this one takes back (masses negative)

    @property
    def document(self) -> dict[str, Any]:
        """JSON: numbers as plain decimal texts, no floats; the `id` is not in it."""
        found: dict[str, Any] = {}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal):
                value = format(value, "f")
            elif isinstance(value, date):
                value = value.isoformat()
            elif isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, StrEnum):
                value = value.value
            found[name] = value
        return found

    @property
    def id(self) -> str:
        """SHA-256 of the canonical JSON: the same snapshot gives the same ids."""
        text = json.dumps(self.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode()).hexdigest()
