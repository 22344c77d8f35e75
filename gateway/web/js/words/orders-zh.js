// 报警操作的中文用语，首次操作时加载。键与 orders-en.js 相同。
export default {
  "alarm.saving": "正在保存…", "alarm.cancel": "取消", "shelve.title": "搁置", "shelve.once": "本次报警", "shelve.note": "到时自动恢复。如果条件仍然成立，则为新的报警。",
  "shelve.too_long": "此规则最长允许 {time}", "service.reason": "原因", "service.reason_missing": "请填写原因：他人需要知道为何不再报警。", "service.note": "停用后须由人恢复使用。姓名和原因保存在记录中。",
  "done.acknowledged": "已确认：{what}", "done.shelved": "已搁置至 {time}：{what}", "done.shelved_once": "本次已搁置：{what}", "done.unshelved": "已回到列表：{what}",
  "done.reset": "已复位：{what}", "done.commented": "备注已保存：{what}", "done.in_service": "已恢复使用：{what}", "done.out_of_service": "已停用：{what}", "done.refused": "未执行",
};
