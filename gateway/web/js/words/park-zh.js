// 园区页面的中文用语。键与 park-en.js 相同。
export default {
  "park.title": "园区当前", "park.grid": "当前电网受电", "park.no_grid": "没有进线给出数值。", "park.no_grid_meter": "电网受电未知：请在 park.yaml 中为进线电表设置 `role: grid`。", "park.exporting": "正在向电网上网。",
  "park.share": "占合同需量 {kw} kW 的 {share} %，低于合同 {left} kW。", "park.share_over": "占合同需量 {kw} kW 的 {share} %，超过合同 {left} kW。",
  "park.now": "当前 {kw} kW", "park.contract": "合同 {kw}",
  "park.energy": "今日用电", "park.emissions": "今日排放", "park.pv_share_now": "当前光伏占比", "park.pv_today": "今日 {share} %", "park.machines": "已接入设备", "park.of_known": "/ {n} 台已知",
  "park.answering": "有应答 {n} 台",
  "users.title": "用电去向", "users.legend": "接入：", "users.answering": "有应答", "users.silent": "无应答", "users.known": "已知未接入",
  "users.enterprise": "企业", "users.bar": "当前功率", "users.kw": "kW", "users.share": "占比", "users.kwh": "今日 kWh", "users.kwh_unknown": "电量不完整：{names}", "users.kwh_no_meter": "没有电表单独计量其用电", "users.connected": "已接入 / 已知", "users.rate": "应答率", "users.remark": "备注",
  "users.count_rate": "{connected} / {known}，{rate}", "users.residual": "损耗与未计量", "users.total": "电网受电 + 光伏",
  "users.some_silent": "{connected} 台中 {n} 台无应答", "users.partial": "缺一块表", "users.exporting": "上网",
  "users.includes": "含{name}无应答部分", "users.includes_many": "含 {n} 家无应答部分", "users.empty": "尚未配置企业。",
  "flow.grid": "电网受电", "flow.export": "上网", "flow.pv": "光伏", "flow.busbar": "母线", "flow.sentence": "供电：电网 {grid}，光伏 {pv}。旁边的表格列出全部数字。",
  "trend.today": "今日功率", "trend.yesterday": "昨日", "trend.contract": "合同需量 {kw} kW",
  "users.by": "按", "users.by_power": "功率", "users.by_energy": "今日电量", "users.by_co2e": "今日 tCO₂e", "users.bar_energy": "今日电量", "users.bar_co2e": "今日排放", "users.tco2e": "tCO₂e", "users.kwh_now": "kWh",
  "emitted.title": "今日逐时排放", "emitted.hour": "起始时刻", "emitted.one": "范围一", "emitted.two": "范围二", "emitted.scope1": "范围一，tCO₂e", "emitted.scope2": "范围二，tCO₂e", "emitted.sum": "合计，tCO₂e", "emitted.none": "今日尚无数据。",
  "emitted.sentence": "今日 {n} 个小时的排放：范围一 {one} t，范围二 {two} t。表格列出每小时。",
  "demand.so_far": "本周期平均 {kw} kW", "demand.forecast": "预计 {kw} kW", "demand.share": "至 {end} 的 15 分钟需量预计为合同需量 {kw} kW 的 {share} %，余 {left} kW。", "demand.share_over": "至 {end} 的 15 分钟需量预计为合同需量 {kw} kW 的 {share} %，超出 {left} kW。", "demand.alarm": "报警 {kw} · ",
};
