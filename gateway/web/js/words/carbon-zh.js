// 碳排放页面的中文用语。键与 carbon-en.js 相同。
export default {
  "carbon.open": "未结账，数字可能变化", "carbon.closed": "已结账 {day}", "carbon.restated": "已重述", "carbon.boundary": "{approach}，核算政策第 {n} 版", "approach.operational_control": "运营控制权", "approach.financial_control": "财务控制权", "carbon.entity": "核算主体",
  "carbon.before": "上一期", "carbon.after": "下一期", "carbon.whole_year": "全年", "carbon.scope1": "范围一", "carbon.scope2": "范围二", "carbon.both": "范围一与范围二",
  "carbon.incomplete": "有数据缺失：合计为下限。缺失内容见旁。", "carbon.silent": "{name}没有任何记录（{when}）",
  "report.xlsx": "XLSX（含公式）", "report.csv": "CSV",
  "period.close": "结账", "period.restate": "重述", "period.decide": "查看并决定", "period.withdraw": "撤回", "period.withdrawn": "已撤回。", "period.fault": "无法查询结账与提议的状态", "period.report": "报告", "period.sample": "条目抽样",
  "period.own_close": "您已提议本月结账（{time}），待另一人批准。", "period.own_restate": "您已提议重述本月（{time}），待另一人批准。", "period.other_close": "{name}：提议本月结账（{time}），待另一人批准。", "period.other_restate": "{name}：提议重述本月（{time}），待另一人批准。", "period.due": "结账之后数据已变化：{names}。",

  "basis.location": "基于位置", "basis.market": "基于市场", "basis.cn_enterprise": "中国企业", "basis.cn_zero_carbon_park": "零碳园区", "basis.direct": "范围一",
  "basis_rule.location": "GHG Protocol、IFRS S2", "basis_rule.market": "GHG Protocol、RE100", "basis_rule.cn_enterprise": "GB/T 32150-2025", "basis_rule.cn_zero_carbon_park": "〔2025〕910 号，tCO₂",
  "bases.title": "各核算口径的范围一与范围二", "bases.label": "各核算口径的范围一与范围二，{period}，tCO₂e", "bases.how": "范围二的构成", "bases.trace": "{value}，查看来源", "bases.factor": "电网排放因子", "bases.none": "不适用", "bases.refused": "无法核算",
  "bases.park": "园区合计不等于各企业之和：园区另有自己的绿证、线损、发电和公共设施用能。",
  "bases.location.instrument": "无影响", "bases.location.remainder": "无影响", "bases.location.exported": "不扣减", "bases.market.exported": "不扣减", "bases.market.purchased": "见下", "bases.cn_zero_carbon_park.exported": "无规则",
  "line.purchased": "外购电力", "line.instrument": "凭证覆盖", "line.remainder": "剩余电量", "line.non_fossil": "非化石电力（有证据）", "line.exported": "输出", "line.generation": "自发电", "line.heat_exported": "输出热力", "line.heat": "外购热力", "line.steam": "外购蒸汽", "line.cooling": "外购冷量",

  "trust.title": "可信程度", "trust.bar": "实测 {measured}，估算 {estimated}，缺失 {missing}", "trust.measured": "实测", "trust.estimated": "估算", "trust.missing": "缺失",
  "trust.gaps": { one: "{n} 处间断", other: "{n} 处间断" }, "trust.uncertainty": "不确定度", "trust.plus_minus": "± {value}（95\u00a0%），IPCC 方法一", "trust.known_for": "排放量的 {value} 已知", "trust.grade": "数据质量", "trust.unexplained": "进线与分表之差", "trust.no_balance": "没有带分表的进线", "trust.not_explained": "超出电表精度", "trust.not_metered": "未全部计量",
  "trust.restatements": "重述", "trust.restated": "结账后 {n} 次", "trust.none": "无", "trust.unknown": "未知", "trust.base_year": "基准年", "trust.base": "{year} 年，变动达 {percent} % 时重算", "trust.exclusions": "排除项", "trust.fallbacks": "使用的替代因子", "trust.pending": "未复核的因子",
  "trust.waiting": "待审批", "trust.records": { one: "{n} 条记录", other: "{n} 条记录" }, "trust.checkpoint": "检查点", "trust.size": "{n} 条记录",
  "grade.high": "高", "grade.good": "良好", "grade.fair": "一般", "grade.poor": "差",

  "instrument.title": "凭证", "instrument.empty": "本期没有登记绿证或合同。", "instrument.kind": "类型", "instrument.energy": "电量", "instrument.allocated": "分配至此", "instrument.of": "{allocated}，余 {left}", "instrument.retired": "注销", "instrument.not_retired": "尚未", "instrument.evidence": "证据", "instrument.criteria": "质量准则",
  "instrument.gec": "绿证", "instrument.i_rec": "I-REC", "instrument.go": "来源担保", "instrument.ppa": "购电协议", "instrument.direct_supply": "绿电直供", "instrument.supplier_rate": "供电商因子", "instrument.self_generated": "自发电",
  "criterion.1": "传递排放率", "criterion.2": "唯一声明", "criterion.3": "追踪并注销", "criterion.4": "接近用电期", "criterion.5": "同一市场", "criterion.6": "供电商因子按交付", "criterion.7": "无其他声明", "criterion.8": "剩余结构", "criterion.disclosed": "已披露",

  "scope1.title": "范围一：按排放源与气体", "scope1.source": "排放源", "scope1.activity": "活动数据", "scope1.others": "其他", "scope1.empty": "本期没有登记范围一排放源。", "scope1.outside": "范围之外：{list}。", "scope1.biogenic": "生物质 CO₂ {value}\u00a0t", "scope1.no_biogenic": "无生物质 CO₂", "scope1.non_kyoto": "{gas} {value}（非京都气体）", "scope1.gwp": "GWP：IPCC {set}，100 年。",
  "category.stationary": "固定燃烧", "category.mobile": "移动燃烧", "category.process": "工艺过程", "category.fugitive": "逸散", "category.electricity": "电力", "category.heat": "热力",

  "energy.title": "能源与折标煤", "energy.carrier": "能源", "energy.quantity": "数量", "energy.tce": "tce（当量值）", "energy.tce_primary": "tce（等价值）", "energy.empty": "本期没有能源数据。", "energy.intensity": "每 {unit} {of} {value} kgCO₂e",
  "carrier.electricity": "电力", "carrier.natural_gas": "天然气", "carrier.heat": "热力", "carrier.steam": "蒸汽", "carrier.cooling": "冷量", "carrier.diesel": "柴油", "carrier.gas_diesel_oil": "柴油", "carrier.motor_gasoline": "汽油", "carrier.liquefied_petroleum_gases": "液化石油气", "carrier.liquefied_natural_gas": "液化天然气", "carrier.residual_fuel_oil": "燃料油", "carrier.gasoline": "汽油", "carrier.lpg": "液化石油气", "carrier.other": "其他",
  "direction.export": "输出", "direction.generation": "自发", "direction.import": "外购",
  "denominator.output_value": "产值", "denominator.added_value": "增加值", "denominator.product": "产量", "denominator.area": "建筑面积", "denominator.employees": "员工", "denominator.energy": "能耗",

  "months.title": "{year} 年逐月", "months.label": "逐月范围一与范围二", "months.bar": "{month}：范围一 {one}，范围二 {two} tCO₂e", "months.empty": "本年还没有数据。",

  "factor.title": "使用的排放因子", "factor.name": "排放因子", "factor.value": "数值", "factor.unit": "单位", "factor.source": "来源", "factor.valid": "有效期", "factor.review": "复核", "factor.document": "文件", "factor.no_hash": "无哈希", "factor.empty": "没有使用排放因子。",
  "review.reviewed": "已复核", "review.pending": "未复核", "review.own": "自有，已批准",

  "trace.title": "数字的来源", "trace.note": "从合计到读数", "trace.close": "关闭溯源", "trace.broken": "证据链到此为止：{reason}", "trace.more": "另有 {n} 条", "trace.show_all": "显示全部 {n} 条", "trace.day": "日期", "trace.no_interval": "这一天没有存储的时段。", "trace.hidden": "另有 {n} 个他方寄存器，不予显示。", "trace.csv": "{register} 自 {day} 起的时段（CSV）", "trace.file": "含全部时段的溯源（JSON）", "trace.inclusion": "包含性证明", "trace.prepared": "编制：{name}", "trace.approved": "批准：{name}", "trace.no_person": "由电表计量，非人工填报", "trace.all_days": "{n} 天",
  "step.total": "合计", "step.entry": "台账条目", "step.activity": "活动数据", "step.days": "日", "step.intervals": "时段", "step.ledger": "台账",
  "trace.proof": "证明有效", "trace.no_proof": "尚未进入签名的树",
  "trace.of": "数字的来源：{name}", "trace.run": "核算", "trace.reverses": "冲销", "trace.as_of": "截至 {time} 所知", "trace.lacking": "缺失", "trace.decided": "决定这些时段的读数（电表原始示值）：", "trace.one_day": "每块表各显示一天；每一天都已累加", "trace.leaf": "叶 {index} 位于含 {size} 条记录的已签名树中；包含性证明含 {n} 个哈希。",
  "step.records": "记录", "kind.approval": "批准", "step.factors": "排放因子",
  "method.measured": "实测", "method.interpolated": "实测，边界内插", "method.exchange": "换表", "method.gap_estimated": "间断估算", "method.virtual": "计算", "method.partial": "部分缺失", "method.missing": "缺失", "method.manual": "人工更正", "method.factor": "活动数据 × 因子", "method.carbon_content": "含碳量法", "method.mass_balance": "物料平衡",
  "verify.ledger": "台账", "verify.not_yet": "尚未校验", "verify.do": "校验", "verify.doing": "正在校验…", "verify.good": "{time} 校验通过", "verify.entry": "第 {n} 条：", "verify.broken": "{count} 处被更改",
  "verify.what": "{records} 条记录、{rows} 个时段行、{files} 个凭证文件、{audit} 条审计日志", "verify.signed": "{time} 对 {n} 条记录签名", "verify.unsigned": "尚未签名",
};
