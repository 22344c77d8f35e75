// The words of the Setup page in Chinese. Keys are the same as in setup-en.js.
export default {
  "setup.title": "接入向导", "setup.question": "这台设备的应答是否正确？", "setup.steps": "步骤",
  "setup.step_machine": "设备", "setup.step_address": "模板与地址", "setup.step_live": "现场测试", "setup.step_lines": "写入内容与保存",
  "setup.deaf": { other: "{n} 台设备已知但未接入。请选择一台，或新增设备。" },
  "setup.find": "按名称、标识或企业查找", "setup.more": "还有 {n} 个，请缩小范围。", "setup.none_found": "没有该名称的设备。", "setup.new": "新增设备", "setup.other": "换一台设备", "setup.next": "下一步", "setup.skip": "不测试", "setup.back": "上一步", "setup.choose": "请选择",
  "setup.id": "标识", "setup.id_hint": "小写字母、数字、- 和 _，永久不变：dongyue-oven-3", "setup.name_en": "英文名称", "setup.name_zh": "中文名称", "setup.enterprise": "企业", "setup.kind": "类别", "setup.kind_hint": "meter、boiler、machine；留空则取模板的类别。", "setup.role": "在园区汇总中的角色",
  "meter_role.none": "无", "meter_role.grid": "园区进线", "meter_role.pv": "光伏", "meter_role.main": "企业总表", "meter_role.sub": "分表",
  "setup.find_profile": "按产品查找设备模板", "setup.no_profile": "没有该名称的模板。可在 profiles/ 文件夹中编写。", "setup.n_points": { other: "{n} 个点位" }, "setup.points": "该模板的 {n} 个点位", "setup.other_profile": "换一个模板", "setup.point": "点位", "setup.unit_of": "单位", "setup.where": "地址",
  "setup.connection": "连接", "setup.new_connection": "新建连接", "setup.unit": "站号", "setup.unit_hint": "1 到 247，见表计菜单", "setup.topic_id": "主题中的名称", "setup.topic_id_hint": "留空则为设备标识", "setup.order": "字节顺序", "setup.order_profile": "按模板", "setup.order_hint": "仅在数值不合理时选择。",
  "setup.c_name": "连接名称", "setup.c_name_hint": "line-9", "setup.c_transport": "传输方式", "setup.c_host": "主机名或 IP 地址", "setup.c_port": "端口", "setup.c_device": "串口设备", "setup.c_baudrate": "波特率", "setup.c_parity": "校验位", "setup.c_stopbits": "停止位", "setup.c_topics": "主题",
  "transport.tcp": "Modbus TCP", "transport.rtu": "RTU，串口", "transport.rtu-over-tcp": "RTU over TCP", "transport.udp": "UDP", "transport.ascii": "ASCII，串口", "parity.N": "无", "parity.E": "偶", "parity.O": "奇",
  "setup.test": "测试", "setup.live": "设备的应答", "setup.trying": "正在询问设备…", "setup.answers": "{n} 个点位中 {good} 个良好，{ms}\u00a0毫秒。", "setup.no_value": "没有点位有值。", "setup.not_asked": "未询问",
  "setup.values": "数值", "setup.raw": "寄存器", "setup.raw_value": "原始值", "setup.value": "数值", "setup.quality": "质量", "setup.frames": "报文（{n}）", "setup.sent": "发送", "setup.received": "接收", "setup.use_order": "改用 {order}", "setup.to_lines": "查看写入内容",
  "quality.good": "良好", "quality.uncertain": "可疑：{reason}", "quality.bad": "坏：{reason}",
  "reason.precision": "精度", "reason.range": "超范围", "reason.time": "设备时间", "reason.retained": "保留消息", "reason.timeout": "超时", "reason.disconnected": "断线", "reason.no_register": "无此寄存器", "reason.device": "设备故障", "reason.gateway_path": "无路径", "reason.protocol": "协议", "reason.not_available": "不可用", "reason.not_a_number": "非数值", "reason.type": "类型不符", "reason.encoding": "无法解读",
  "setup.lines": "将要写入的内容", "setup.in_file": "文件 {file}", "setup.no_change": "没有变化：设备已是如此。", "setup.save": "保存并重新加载", "setup.saving": "正在保存…", "setup.saved": "已保存并重新加载。", "setup.copy": "旧文件保存为 {file}。", "setup.not_reloaded": "文件已写入，网关仍按原配置运行。", "setup.open_device": "打开设备页面",
};
