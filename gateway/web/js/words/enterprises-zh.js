// 企业页面的中文用语。键与 enterprises-en.js 相同。
export default {
  "conn.unknown_enterprise": "没有这家企业", "conn.unknown_hint": "园区中没有此名称的企业，或您无权查看。",
  "conn.question": "我的设备接入了吗？", "conn.value": "当前功率", "conn.rate": "应答率", "conn.now": "当前", "conn.last24": "最近 24 小时", "conn.why": "原因", "conn.longest": "最长的中断", "conn.no_outage": "此时段没有中断。",
  "conn.all": "已接入的设备均有应答。", "conn.some": "已接入的 {connected} 台设备中，{n} 台有应答。", "conn.none": "没有接入的设备。", "conn.apart": "{n} 台设备已知但未接入。", "conn.apart_list": "{n} 台清单",
  "conn.of_known": "/ {n} 台已知", "period.label": "时段", "conn.unanswered": "{n} 台未应答", "conn.rate_hour": "本小时应答率", "conn.rate_month": "本月应答率", "period.hour": "本小时", "period.day": "今日", "period.month": "本月", "conn.machines": "已接入设备",
  "conn.all_enterprises": "已接入的 {connected} 台设备中，{answering} 台有应答；已知 {known} 台。", "conn.enterprise": "企业", "conn.connected": "已接入 / 已知", "conn.highest": "最高的活动报警",
  "conn.empty": "尚未配置企业。", "conn.no_device": "此企业尚无设备。", "conn.alarms_active": "活动的报警", "conn.no_alarm": "没有活动的报警。",
};
