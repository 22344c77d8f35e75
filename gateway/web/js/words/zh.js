// 页面的中文用语。键与 en.js 相同。
export default {
  "skip": "跳到正文",
  "nav.main": "主导航", "nav.park": "园区", "nav.devices": "设备", "nav.alarms": "报警", "nav.enterprises": "企业", "nav.carbon": "碳排放", "nav.records": "填报记录", "nav.gateway": "网关", "nav.setup": "接入向导", "nav.users": "用户", "nav.audit": "审计日志", "nav.mine": "我的企业", "nav.inside": "网关内部", "nav.more": "更多",
  "language.other": "English", "theme.dark": "深色", "theme.light": "浅色", "theme.other": "浅色或深色",
  "punct.comma": "，", "punct.colon": "：", "punct.stop": "；",
  "age.s": "{n} 秒", "age.min": "{n} 分钟", "age.h": "{n} 小时", "age.d": "{n} 天",

  "live.connecting": "正在连接", "live.live": "实时", "live.waiting": "等待数据，{age}",
  "live.lost": "自 {time} 起无实时数据，正在重试", "live.never": "尚无实时数据，正在重试",
  "line.label": "报警与设备状态", "line.empty": "尚无已知设备。请在 park.yaml 中添加。",
  "line.answering": "已接入的 {n} 台设备均有应答。",
  "line.silent": "{n} 台无应答", "line.waiting": "已接入的 {connected} 台设备中，{n} 台尚未应答。",
  "line.full": "网关存储空间不足：最旧的数据正在丢弃。", "line.failing": "网关无法存储数据。", "line.show": "查看",
  "line.no_alarm": "没有未确认的报警；{n} 条活动。", "line.counts": "{waiting} 条未确认，{active} 条活动",

  "priority.1": "高", "priority.2": "中", "priority.3": "低",
  "state.unacknowledged": "未确认", "state.acknowledged": "已确认", "state.returned_unacknowledged": "恢复未确认", "state.latched_unacknowledged": "锁存，未确认", "state.latched_acknowledged": "锁存，已确认",
  "alarm.since": "自 {time} 起", "alarm.acknowledge": "确认", "alarm.unacknowledged": "未确认", "alarm.undo": "撤销",

  "foot.zone": "时间为 {zone}。每个数字都可追溯到读数。", "foot.printed": "打印于 {time}。", "foot.ledger": "台账检查点 {size}，根 {root}。",

  "state.loading": "正在加载", "error.title": "无法加载", "error.retry": "重试",
  "error.timeout": "网关 {n} 秒内没有应答。", "error.unreachable": "无法连接网关。请检查网关是否在运行。", "error.read_only": "此屏幕仅供显示，不能更改任何内容。",

  "news.configuration": "打开此页后，网关的配置已更新。", "news.load": "重新加载页面",

  "value.none": "无值", "value.on": "开", "value.off": "关",

  "device.answering": "有应答", "device.silent": "无应答", "device.waiting": "尚未应答", "device.not_connected": "已知未接入",
  "driver.modbus": "Modbus", "driver.mqtt": "MQTT", "driver.influxdb": "InfluxDB", "driver.history": "本网关的日文件",

  "users.count": "{connected} / {known}",

  "chart.table": "表格", "chart.time": "时间", "chart.gap": "无数据", "chart.none": "{name}：无数据。", "chart.alarms": "此时段有 {n} 条报警。", "chart.empty": "此时段尚无数据。",
  "chart.sentence": "{name}：最新 {last}，最低 {lowest}，最高 {highest}。", "chart.gaps": "阴影：{list} 无数据。", "chart.gaps_many": "阴影：{n} 段无数据。", "chart.span": "{from} 至 {to}",

  "keys.title": "键盘", "keys.close": "关闭",
};
