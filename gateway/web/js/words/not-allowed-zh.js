// 无权查看的页面的中文用语。键与 not-allowed-en.js 相同。
export default {
  "page.not_allowed": "此账号不能查看", "page.who_may": "您的角色不包含此页面，可由管理员更改。",
};
