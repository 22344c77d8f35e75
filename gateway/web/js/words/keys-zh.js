// 键盘列表的中文用语，需要时加载。键与 keys-en.js 相同。
export default {
  "keys.on": "在本设备上启用单键",
  "keys.g p": "园区", "keys.g d": "设备", "keys.g a": "报警", "keys.g e": "企业", "keys.g c": "碳排放", "keys.g w": "网关", "keys.a": "确认选中的报警", "keys.s": "搁置选中的报警", "keys./": "查找设备", "keys.j k": "下一行、上一行", "keys.Enter": "打开", "keys.n": "下一台异常设备",
  "keys.[ ]": "时段后退、前进", "keys.+ -": "缩放", "keys.t": "图或表", "keys.?": "此列表", "keys.Esc": "关闭",
};
