// 中断表格的中文用语。键与 outages-en.js 相同。
export default {
  "conn.equipment": "设备", "conn.from": "开始", "conn.lasted": "持续", "conn.reason": "原因", "conn.goes_on": "仍在持续",
};
