"""What has to be said with a basis of a summary, in both languages."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.carbon.runs import Figures
from gateway.accounts.carbon.summary_scopes import Entries, text
from gateway.accounts.periods import Period
from rules.carbon.inventory.activity import Direction
from rules.carbon.inventory.combined import known_percent, uncertainty_percent
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.inventory.indicator import counted as counted_by_park
from rules.carbon.inventory.indicator import indicator as indicator_of
from rules.carbon.numbers import rounded

_TCE_PLACES = 9

_FLAGS = {
    "co2_only": ("the factor covers CO2 only, not CO2e", "该因子仅涵盖 CO2，不是 CO2e"),
    "fallback": ("a named fallback was used, see the list of fallbacks", "使用了指定的替代因子，见替代清单"),
    "pending_factor": ("a factor was not reviewed against its source yet", "有因子尚未与原始文件核对"),
    "latest_published": (
        "the latest published national factor stands for this year",
        "采用最新公布的全国因子代表本年度",
    ),
    "default_factor": ("the default factor of the standard was used", "采用了标准给出的缺省因子"),
    "not_split_by_gas": (
        "the published CO2e is not split by gas",
        "公布的 CO2e 未按气体拆分",
    ),
    "estimated": ("a part of the activity data is estimated", "部分活动数据为估算"),
    "missing": ("data is missing: the figure is a lower bound", "数据缺失：该数值为下限"),
    "no_residual_mix": (
        "no residual mix is published: the grid average stands for it",
        "没有公布剩余混合因子：以电网平均因子代替",
    ),
}


Note = dict[str, Any]  # code, scope, en, zh


def direct_notes(entries: Entries, found: Sequence[Figures]) -> list[Note]:
    """Of scope 1: the flags of its entries, and what the inventory discloses of it."""
    direct = [entry for entry in entries.values() if entry.basis is Basis.DIRECT]
    return [*_flagged(direct, 1), *(one for one in _disclosed(Basis.DIRECT, found) if one["scope"] == 1)]


def notes_of(basis: Basis, entries: Entries, found: Sequence[Figures]) -> list[Note]:
    """The flags of what this basis counts, and what the inventory discloses, each with its scope."""
    direct = [entry for entry in entries.values() if entry.basis is Basis.DIRECT]
    if basis is Basis.CN_ZERO_CARBON_PARK:
        direct = list(counted_by_park(direct))
    own = [entry for entry in entries.values() if entry.basis is basis]
    return [*_flagged(direct, 1), *_flagged(own, 2), *_disclosed(basis, found)]


def _flagged(entries: Iterable[Entry], scope: int) -> list[Note]:
    flags = {flag for entry in entries for flag in entry.flags}
    return [{"code": flag, "scope": scope, "en": en, "zh": zh} for flag, (en, zh) in _FLAGS.items() if flag in flags]


def _disclosed(basis: Basis, found: Sequence[Figures]) -> list[Note]:
    """Sentences on purchased energy, but for those that begin with the name of scope 1."""
    chinese = {en: zh for one in found for en, zh in one.snapshot["chinese"].items()}
    said = dict.fromkeys(text_ for one in found for text_ in one.snapshot["disclosures"])
    return [
        {
            "code": "disclosure",
            "scope": 1 if text_.startswith(f"{Basis.DIRECT}:") else 2,
            "en": text_,
            "zh": chinese.get(text_, text_),
        }
        for text_ in said
        if _is_of(basis, text_)
    ]


def _is_of(basis: Basis, sentence: str) -> bool:
    """True unless it begins with the name of another basis."""
    name = sentence.partition(":")[0]
    return name in (basis, Basis.DIRECT) or name not in [*Basis]


def indicator(
    basis: Basis,
    entries: Entries,
    energy: Sequence[Mapping[str, Any]],
    books: Books,
    period: Period,
    *,
    is_complete: bool,
) -> dict[str, Any] | None:
    """tCO2 per tce of the zero-carbon park's basis; without a coefficient for some energy it says for which.

    Consumption: what came in and was made, less what was given back. A park's class goes by its year: of another period
    so much a day for 365 days. Of figures that lack something it is a ratio of two bounds: no limit is met by it.
    """
    if basis is not Basis.CN_ZERO_CARBON_PARK:
        return None
    coal = books.policy.indicator_coal
    lacking = [one["carrier"] for one in energy if one[f"tce_{coal}"] is None]
    used = sum((_signed(one, coal) for one in energy if one["carrier"] not in lacking), Decimal(0))
    if lacking or used <= 0:
        names = ", ".join(lacking)
        en = f"no coefficient of standard coal for {names}" if lacking else "no energy was consumed"
        zh = f"缺少折标准煤系数：{names}" if lacking else "没有能源消费"
        return {"value": None, "unit": "tCO2/tce", "coal": coal, "en": en, "zh": zh}
    year = used if period.days in (365, 366) else rounded(Fraction(used) * 365 / period.days, _TCE_PLACES)
    found = indicator_of(entries.values(), used, year, coal, is_complete=is_complete)
    return {
        "value": text(found.value),
        "unit": "tCO2/tce",
        "co2_t": text(found.co2_t),
        "consumption_tce": text(found.consumption_tce),
        "year_tce": text(year),
        "coal": coal,
        "limit": None if found.limit is None else text(found.limit),
        "is_met": found.is_met,
        "is_complete": is_complete,
        "en": found.en,
        "zh": found.zh,
    }


def _signed(energy: Mapping[str, Any], coal: str) -> Decimal:
    tce = Decimal(energy[f"tce_{coal}"])
    return -tce if energy["direction"] == Direction.EXPORT else tce


def uncertainty(entries: Entries, basis: Basis) -> dict[str, str | None]:
    """Of scope 1 and scope 2 on a basis, 95 %, in percent; `None` where an entry has none. For how much it is known."""
    counted = [entry for entry in entries.values() if entry.basis in (basis, Basis.DIRECT)]
    found = {"uncertainty_percent": uncertainty_percent(counted), "uncertainty_known_percent": known_percent(counted)}
    return {name: None if value is None else text(value) for name, value in found.items()}
