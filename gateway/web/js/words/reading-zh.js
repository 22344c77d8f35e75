// The words of the page for one meter reading in Chinese. Keys are the same as in reading-en.js.
export default {
  "reading.title": "录入抄表读数", "reading.photo": "表计照片（选填）", "reading.photo_taken": "将要发送的照片", "reading.time": "日期与时间（本地时间）", "reading.now": "现在读取。", "reading.other_time": "其他时间", "reading.last": "上次读数 {value}，{time}", "reading.first": "该表计从未抄读。", "reading.send": "发送", "reading.next": "下一块表", "reading.open": "打开记录", "reading.no_meter": "没有可抄读的表计。",
};
