// 报警页面的中文用语。键与 alarms-en.js 相同。
export default {
  "area.cold-chain": "冷链", "area.communication": "通信", "area.environment": "环境", "area.gateway": "网关", "area.maintenance": "维护", "area.metering": "计量", "area.safety": "安全", "area.supply": "供电", "area.production": "生产",
  "alarms.views": "报警类别", "alarms.list": "报警列表", "alarms.selected": "选中的报警", "alarms.all": "全部报警",
  "view.active": "活动", "view.shelved": "已搁置", "view.suppressed": "抑制", "view.out_of_service": "停用", "view.journal": "记录",
  "alarms.priority": "优先级", "alarms.all_priorities": "全部优先级", "alarms.enterprise": "企业", "alarms.all_enterprises": "全部企业",
  "alarms.waiting": "{n} 条未确认", "alarms.none_waiting": "没有未确认的报警", "alarms.of_active": "，共 {n} 条活动。", "alarms.oldest": "最早的一条已等待 {age}。",
  "alarms.new": "{n} 条新报警", "alarms.more": "另有 {n} 条，请选择优先级或企业。", "alarms.choose": "未选中报警。请选择一行，或按 j 和 Enter。", "alarms.stale": "自 {time} 起无实时数据，列表可能已变化。",
  "empty.active": "没有活动的报警。", "empty.active_since": "自 {time} 起没有活动的报警。", "empty.shelved": "没有搁置的报警。", "empty.suppressed": "没有抑制的报警。",
  "empty.out_of_service": "没有停用的报警。", "empty.filtered": "没有符合条件的报警。",
  "legend.filled": "实心：尚未确认", "legend.outline": "空心：已确认", "legend.dashed": "虚线：已恢复，无人查看",

  "alarm.priority": "优先级", "alarm.state": "状态", "alarm.what": "内容与位置", "alarm.value_limit": "值、限值", "alarm.begun": "起始", "alarm.action": "操作",
  "alarm.park": "园区", "alarm.first_out": "本组首发", "alarm.limit": "限值", "alarm.comment": "备注",
  "alarm.shelve": "搁置", "alarm.unshelve": "取消搁置", "alarm.reset": "复位", "alarm.out_of_service": "停用", "alarm.back_to_service": "恢复使用",
  "state.normal": "正常",
  "state.shelved": "已搁置", "state.shelved_to": "搁置至 {time}",
  "state.shelved_once": "本次搁置", "state.suppressed": "抑制", "state.out_of_service": "停用", "state.gone": "已不在此列表",

  "pane.guidance": "处置建议：", "pane.history": "经过", "pane.no_event": "尚无记录。", "pane.by": "{name} {time}", "pane.lasts": "已持续 {age}。", "pane.lasted": "持续了 {age}。",
  "pane.shelve_15": "搁置 15 分钟", "pane.shelve_choice": "搁置…", "pane.add_comment": "添加备注", "pane.acknowledge_first": "请先确认", "pane.longer": "更长趋势", "pane.no_trend": "无法加载趋势。",

  "event.raised": "报警发生", "event.worsened": "优先级升高", "event.eased": "优先级降低", "event.reannunciated": "再次提示", "event.returned": "恢复正常", "event.acknowledged": "已确认",
  "event.reset": "已复位", "event.commented": "备注", "event.shelved": "已搁置", "event.unshelved": "取消搁置", "event.suppressed": "抑制", "event.unsuppressed": "解除抑制",
  "event.out_of_service": "停用", "event.in_service": "恢复使用", "event.removed": "不再配置", "event.notified": "已发送消息",
  "event.over": "{value}，限值 {limit}", "event.until": "至 {time}", "event.once": "仅本次", "event.by": "操作人 {name}",

  "health.title": "报警系统本身是否健康？", "health.note": "最近 {n} 小时，对照 EEMUA 191", "health.alarms": "报警数", "health.acceptable": "{n} 条以内可接受", "health.manageable": "每天超过 {n} 条：难以跟上", "health.over": "每天超过 {n} 条：无法跟上",
  "health.most": "10 分钟内最多", "health.no_flood": "超过 10 条为报警泛滥；无", "health.floods": "报警泛滥 {n} 次，占时间 {share} %", "health.flood_now": "自 {time} 起报警泛滥",
  "health.chattering": "频繁动作", "health.chattering_target": "目标 0", "health.standing": "持续超过 24 小时", "health.standing_target": "目标少于 5 条",
  "health.shares": "低、中、高", "health.between": ", ", "health.shares_target": "目标 80、15、5", "health.top": "前十占比", "health.which": "哪十条", "health.times": "次数", "health.chatters": "频繁动作，60 秒内最多",

  "journal.span": "时间范围", "span.1h": "1 小时", "span.24h": "24 小时", "span.7d": "7 天", "span.31d": "31 天", "journal.from": "从", "journal.to": "至", "journal.alarm": "报警", "journal.time": "时间", "journal.event": "经过",
  "journal.older": "更早", "journal.empty": "此时段没有记录。",
};
