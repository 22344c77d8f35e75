// 月份结账与报告文件的中文用语。键与 closing-en.js 相同。
export default {
  "closing.title_close": "{name}结账", "closing.title_restate": "{name}重述", "closing.cancel": "取消",
  "closing.means_close": "结账后这些数字即固定：条目写入台账，并由签名的检查点保存。之后到来的数据只能通过写明理由的重述改变它们。",
  "closing.means_restate": "该已结账月份的数据已变化。重述会冲销不再成立的条目并写入新条目；已发布的数字仍可查阅，理由与影响列于其旁。",
  "closing.second": "这是一项提议，须由另一人用自己的账号查看这些数字后批准或驳回。",
  "closing.basis": "核算口径", "closing.scope": "范围", "closing.figures": "将固定的数字（tCO₂e）", "closing.incomplete": "有数据缺失：合计为下限。", "closing.before": "原数", "closing.after": "新数", "closing.difference": "差额", "closing.no_effect": "数字与已发布的相同。",
  "closing.reason": "已发布数字变化的理由", "closing.reason_missing": "须写明理由：每份报告都会列出。",
  "closing.send_close": "提议结账", "closing.send_restate": "提议重述", "closing.sending": "正在检查…", "closing.sent": "已提议，待另一人批准。",
  "closing.against": "尚不能进行的原因", "closing.accept_missing": "接受数据缺失的理由", "closing.exclude": "不计入 {name} 的理由",
  "against.missing": "补录读数或更正，或写明理由接受缺失；每份报告都会列出。", "against.refusal": "解决无法核算的原因，或写明理由不计入该排放源；每份报告都会列出。", "against.no_record": "请填报，没有发生则填 0；或写明理由不计入该排放源，每份报告都会列出。", "against.waiting": "待审批的记录须由填报人以外的人通过或驳回。", "against.not_over": "该月结束后再结账。", "against.no_sources": "排放源在配置中声明。", "against.closed": "请重新加载页面：已有人结账。", "against.earlier_open": "须按顺序结账：先结更早的月份。", "against.uncounted": "撤销该记录，或重新声明其排放源。",
  "closing.by": "提议人", "closing.missing": "已接受的数据缺失", "closing.left_out": "不计入：{name}",
  "closing.fixes_close": "批准后，这些数字以两人的名义写入台账并签名，不能撤销。", "closing.fixes_restate": "批准后，冲销与新条目以两人的名义写入台账并签名，不能撤销。",
  "closing.approve": "批准", "closing.reject": "驳回", "closing.reject_reason": "驳回理由", "closing.reject_missing": "驳回须写明理由，以便改正。",
  "closing.done_close": "已结账并签名。", "closing.done_restate": "已重述并签名。", "closing.done_reject": "已驳回。",
  "closing.not_approved": "未批准：没有写入任何内容。", "closing.changed": "原提议（{name}）依据的是另外的数字。请查看新数字，再次提议后由另一人批准。", "closing.again": "查看新数字",

  "files.title": "{name}报告", "files.close": "完成", "files.language": "文件语言", "files.open": "该月未结账：每份文件都注明数字可能变化。",
  "files.pdf": "PDF", "files.pdf_holds": "供阅读与打印", "files.xlsx": "XLSX", "files.xlsx_holds": "含对条目的公式", "files.csv": "CSV", "files.csv_holds": "全部条目，不舍入", "files.json": "JSON", "files.json_holds": "汇总、条目、明细、因子，供程序读取", "files.zip": "ZIP", "files.zip_holds": "以上全部，含检查点、公钥与各文件的 SHA-256",
  "files.label": "带二维码的碳标签", "files.label_of": "标签对象", "files.whole": "整个期间", "files.label_html": "网页", "files.label_svg": "SVG", "files.label_pdf": "PDF",

  "sample.title": "{name}条目抽样", "sample.means": "条目随机抽取，以 ZIP 给出，各附完整溯源与文件。同一个词抽出相同的条目，请在结账之后再给出。",
  "sample.seed": "抽样用词", "sample.seed_hint": "您自定的任意词或数字；记入审计日志。", "sample.count": "条目数", "sample.no_seed": "请先给出一个词。", "sample.no_count": "1 到 {n} 的整数。", "sample.load": "抽取并下载",
};
