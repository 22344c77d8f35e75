// 用能、电费与排放的中文用语。键与 energy-en.js 相同。
export default {
  "energy.import": "电网 {kwh}", "energy.generation": "光伏 {kwh}", "energy.cost": "电费 {money}", "energy.estimated": "{percent} % 的时间为估算",
  "energy.no_tariff_short": "电费：未配置电价", "energy.no_register": "尚无纳入核算的计量寄存器。",
  "energy.scope1": "范围一 {t}", "energy.scope2": "范围二 {t}，{basis}", "energy.without": "不含 {n} 个排放源",
  "on.location": "基于位置", "on.market": "基于市场", "on.cn_enterprise": "中国企业口径", "on.cn_zero_carbon_park": "零碳园区",
};
