// 登录页的中文用语。键与 login-en.js 相同。
export default {
  "login.gateway": "园区网关", "login.title": "登录", "login.name": "用户名", "login.password": "密码", "login.show": "显示", "login.hide": "隐藏",
  "login.sign_in": "登录", "login.signing_in": "正在登录…", "login.oidc": "使用园区账号登录",
  "login.wrong": "用户名或密码不正确。", "login.waits": "尝试次数过多。", "login.again": "请在 {age}后重试。",
  "login.ended": "会话已结束。登录后可回到原来的页面。", "login.signed_out": "您已退出登录。",
  "login.link_used": "此链接已用过或已过期。请向管理员索取新链接，或用用户名和密码登录。",
  "login.right": "这是正确的网关吗？", "login.right_how": "在浏览器中打开证书，将其 SHA-256 指纹与网关标签核对。页面无法证明自身。",
  "setup_code.title": "首次设置网关", "setup_code.intro": "目前还没有人能登录。用设置码建立第一个账号，即管理员。",
  "setup_code.code": "设置码", "setup_code.where": "网关首次启动时已打印；也在其数据目录的 setup-code 文件中。",
  "setup_code.make": "建立管理员", "setup_code.wrong": "设置码不正确。请与 setup-code 文件核对。",
  "setup_code.code_missing": "请输入设置码。", "setup_code.name_missing": "请输入用户名。",
  "setup_code.name_wrong": "用户名为 1 至 32 位小写字母、数字、点、连字符或下划线，以字母或数字开头，例如 li.wei",
  "password.title": "设置密码", "password.intro": "您是用一次性链接登录的。设置密码后，下次无需新链接。",
  "password.new": "新密码", "password.again": "再次输入", "password.rule": "至少 {n} 个字符，字符不限。一句话即可。",
  "password.short": "密码至少需要 {n} 个字符。", "password.differ": "两次输入的密码不同。",
  "password.refused": "这个密码太容易被猜到。请用一句话，或四个互不相关的词，且不含用户名。",
  "password.keep": "设置密码", "password.skip": "暂不设置",
};
