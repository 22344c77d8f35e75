"""What the words of an account are called in a report, in both languages."""

from gateway.reports.language import Language

_TERMS = {
    "stationary": ("stationary combustion", "固定燃烧"),
    "mobile": ("mobile combustion", "移动燃烧"),
    "process": ("process", "工业过程"),
    "fugitive": ("fugitive", "逸散"),
    "electricity": ("electricity", "电力"),
    "heat": ("heat, steam, cooling", "热力、蒸汽、冷量"),
    "direct": ("direct (scope 1)", "直接排放（范围一）"),
    "location": ("location-based", "基于位置"),
    "market": ("market-based", "基于市场"),
    "cn_enterprise": ("China, enterprise (GB/T 32150)", "中国企业核算（GB/T 32150）"),
    "cn_zero_carbon_park": ("China, zero-carbon park", "国家零碳园区"),
    "open": ("open, may change", "未关账，可能变动"),
    "closed": ("closed", "已关账"),
    "restated": ("closed and restated", "已关账并重述"),
    "operational_control": ("operational control", "运营控制权法"),
    "financial_control": ("financial control", "财务控制权法"),
    "import": ("consumed", "输入"),
    "export": ("exported", "输出"),
    "generation": ("generated", "自发"),
    "purchased": ("purchased", "外购"),
    "remainder": ("remainder", "剩余部分"),
    "exported": ("exported", "输出"),
    "instrument": ("instrument", "合约工具"),
    "reviewed": ("reviewed", "已核对"),
    "own": ("own, approved", "自有，已批准"),
    "pending": ("pending", "待核对"),
    "output_value": ("output value", "产值"),
    "added_value": ("added value", "增加值"),
    "production": ("product", "产品产量"),
    "area": ("floor area", "建筑面积"),
    "employees": ("employees", "员工人数"),
    "tce": ("energy consumed, tce", "综合能耗 tce"),
    "other": ("other", "其他"),
    "gec": ("green certificate (GEC)", "绿色电力证书"),
    "ppa": ("power purchase agreement", "购电协议"),
    "direct_supply": ("direct supply", "绿电直连"),
    "supplier_rate": ("supplier rate", "供电商因子"),
    "self_generated": ("self-generated", "自发自用"),
    "high": ("high", "高"),
    "good": ("good", "良"),
    "fair": ("fair", "中"),
    "poor": ("poor", "低"),
    "natural_gas": ("natural gas", "天然气"),
    "diesel": ("diesel", "柴油"),
    "gasoline": ("gasoline", "汽油"),
    "lpg": ("LPG", "液化石油气"),
    "raw_coal": ("raw coal", "原煤"),
    "steam": ("steam", "蒸汽"),
    "hot_water": ("hot water", "热水"),
    "cooling": ("cooling", "冷量"),
    "missing": ("missing", "缺失"),
    "estimated": ("estimated", "估算"),
}
_STANDARDS = {
    "direct": "GHG Protocol Corporate Standard (2004); ISO 14064-1:2018; IPCC 2006/2019",
    "location": "GHG Protocol Scope 2 Guidance (2015); ISO 14064-1:2018; IFRS S2",
    "market": "GHG Protocol Scope 2 Guidance (2015); ISO 14064-1:2018 Annex E",
    "cn_enterprise": "GB/T 32150-2025",
    "cn_zero_carbon_park": "发改环资〔2025〕910号 (NDRC 2025 no. 910)",
}


def term(word: str | None, language: Language) -> str:
    """The word, or itself where it is its own name."""
    if not word:
        return "–"
    en, zh = _TERMS.get(word, (word, word))
    return language.say(en, zh)


def standard(basis: str) -> str:
    """The documents that a basis follows."""
    return _STANDARDS[basis]
