// 账号菜单的中文用语，打开时载入。键与 account-menu-en.js 相同。
export default {
  "account.until": "有效期至 {day}", "account.password": "修改密码", "account.sign_out": "退出登录",
  "account.old": "当前密码", "account.change": "修改", "account.saving": "正在保存…", "account.changed": "密码已修改；您的其他会话均已结束。", "account.old_wrong": "当前密码不正确。", "account.cancel": "取消",
  "account.sessions": "已登录的位置", "account.this_session": "本次", "account.end_others": "退出其他所有登录", "account.no_others": "仅此处。",
};
