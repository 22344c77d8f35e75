"""What an inventory gives."""

from dataclasses import dataclass, field
from decimal import Decimal

from rules.carbon.errors import Wrong
from rules.carbon.factor import Factor
from rules.carbon.inventory.entry import Basis, Entry


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that could not be valued on a basis, and why: no factor, no evidence. Never left out silently."""

    activity: str  # id of the line
    source: str
    enterprise: str
    basis: Basis
    wrongs: tuple[Wrong, ...]


@dataclass(slots=True)
class Inventory:
    """The entries of one period, what could not be valued, and what a report has to disclose."""

    entries: list[Entry] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    factors: dict[str, Factor] = field(default_factory=dict)  # every value that was used, by id
    fallbacks: list[str] = field(default_factory=list)  # used ones, as sentences
    disclosures: list[str] = field(default_factory=list)  # `no residual mix is published`, ...
    chinese: dict[str, str] = field(
        default_factory=dict
    )  # disclosures and fallbacks in Chinese, by the English sentence
    unallocated_mwh: dict[str, Decimal] = field(default_factory=dict)  # instrument id: what is left of it
    rejected_instruments: dict[str, tuple[Wrong, ...]] = field(default_factory=dict)  # criteria that are not met
