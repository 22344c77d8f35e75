// 账号对话框的中文用语。键与 people-form-en.js 相同。
export default {
  "people.name_hint": "用于登录：字母、数字、点、连字符。", "people.display": "姓名", "people.enterprise": "企业", "people.choose": "请选择", "people.until_hint": "留空表示无期限。审计员必须填写。",
  "people.wall_long": "用于墙面屏幕：保持登录，仅供显示。", "people.disable": "停用：不能登录", "people.save": "保存", "people.saved": "{name} 已修改，其会话已结束。",
  "people.no_session": "此账号目前无人登录。", "people.this_session": "本会话", "people.end_sessions": "结束其全部会话",
  "people.remove_title": "删除", "people.remove": "删除账号", "people.remove_sure": "确认删除 {name}", "people.remove_note": "其会话和密钥将失效；其操作仍留在审计日志中。", "people.removed": "{name} 已删除。",
  "people.link_title": "{name} 的链接", "people.link_note": "此链接无需密码，只能登录一次，且只显示一次：请以只有本人能看到的方式交付。", "people.good_until": "有效期至 {time}。", "people.copy": "复制", "people.copied": "已复制。", "people.copy_by_hand": "文字已选中，请用键盘复制。",
  "role_may.viewer": "可查看园区全部内容，不能更改。", "role_may.operator": "报警、记录与审批、核算、台账。", "role_may.engineer": "运行人员的全部权限，以及规则、设备和配置。", "role_may.administrator": "全部权限，包括账号、密钥、备份和审计日志。", "role_may.enterprise": "仅限本企业的设备、报警、记录和报告。", "role_may.auditor": "可查看全部内容和审计日志，不能更改，有期限。",
};
