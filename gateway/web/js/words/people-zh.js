// 用户与密钥页的中文用语。键与 people-en.js 相同。
export default {
  "people.title": "账号", "people.count": "{n} 个账号可登录。", "people.add": "添加账号",
  "people.name": "用户名", "people.role": "角色", "people.state": "状态", "people.until": "有效期至", "people.seen": "最近登录", "people.sessions": "会话", "people.acts": "操作",
  "people.usable": "可登录", "people.invited": "尚未登录", "people.disabled": "已停用", "people.ended": "已到期", "people.never": "从未", "people.wall": "墙面屏幕",
  "people.change": "修改", "people.link": "一次性链接", "people.cancel": "取消",
  "key.title": "接口密钥", "key.what": "供其他系统使用，仅限列明的权限", "key.none": "没有密钥，其他系统无法访问。", "key.make": "新建密钥", "key.made": "{name} 的密钥", "key.note": "此密钥只显示一次。请存入对方系统的密钥库，不要用邮件发送。",
  "key.name": "用途", "key.account": "账号", "key.may": "权限", "key.until": "有效期至", "key.used": "最近使用", "key.remove": "删除", "key.remove_sure": "确认删除", "key.days": "{n} 天", "key.no_scope": "请至少选择一项。",
  "scope.read": "读取", "scope.export": "导出文件", "scope.metrics": "Prometheus 指标", "scope.records": "提交记录", "scope.alarms": "确认报警", "scope.gateway": "网关内部",
};
