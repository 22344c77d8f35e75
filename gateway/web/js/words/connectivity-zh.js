// 接入情况的中文用语。键与 connectivity-en.js 相同。
export default {
  "conn.title": "接入情况", "conn.rate_day": "今日应答率", "conn.answered": "有应答", "conn.silent": "无应答", "conn.down": "网关停机，不计入", "conn.down_for": "网关停机 {age}，不计入",
  "conn.bar": "最近 24 小时：应答率 {rate}", "conn.outages_n": "{n} 次中断", "conn.no_outage_31": "最近 31 天没有中断。", "conn.lost": "无有效值的样本：{list}",
  "conn.samples": "有效样本 {received} / {expected} 个", "conn.alarms_more": "另有 {n} 条", "reason.timeout": "无应答", "reason.disconnected": "线路中断", "reason.no_register": "无此寄存器",
  "reason.device": "设备故障", "reason.gateway_path": "路径不通", "reason.protocol": "应答有误", "reason.silent": "未上报", "reason.stale": "过期或过少", "reason.configuration": "配置",
  "reason.unknown": "未知", "reason.not_available": "不可用", "reason.not_a_number": "非数值", "reason.type": "类型不符", "reason.encoding": "无法解读", "reason.no_value": "无数值",
};
