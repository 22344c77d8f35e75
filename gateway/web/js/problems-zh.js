// Why the gateway refused, in Chinese, by the kind of its problem document; its own words, in English, follow.
export default {
  "bad-request": "请求或配置有误",
  "not-signed-in": "尚未登录或会话已结束",
  "not-allowed": "没有权限",
  "not-found": "没有找到",
  conflict: "与当前状态冲突，可能已有他人处理",
  "too-large": "内容过大",
  "wrong-content-type": "文件或内容的类型不对",
  "bad-parameter": "填写的内容有误",
  "too-many": "请求过于频繁，请稍后重试",
  failed: "网关内部出错，请查看日志",
  "not-delivered": "对方系统没有接受",
  unavailable: "网关暂时无法完成，请稍后重试",
};
