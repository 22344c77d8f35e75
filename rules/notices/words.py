"""The words of messages in the two languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.alarm import AlarmState, Priority
from gateway.core.point import Names


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Texts with braces are filled in with `str.format`."""

    code: str  # the field of `Names`
    priorities: Mapping[Priority, str]
    states: Mapping[AlarmState, str]
    joint: str  # between parts of a list
    clause: str  # between parts of a line
    colon: str
    returned: str  # before the title of one alarm that has returned
    ended: str  # of one that is not configured any more
    removed: str
    reminder: str
    escalation: str
    count: str  # alarms of a message
    one: str  # an alarm alone, where the number is part of a sentence
    of_priority: str
    of_returned: str
    all_returned: str
    all_ended: str
    device: str
    value: str
    limit: str
    state: str
    after: str
    waiting: str
    merged: str
    more: str
    units: tuple[str, str, str, str]  # d, h, min, s
    heartbeat_title: str
    heartbeat_text: str
    test_title: str
    test_text: str

    def of(self, names: Names, otherwise: str = "") -> str:
        """A name in this language, else in the other, else what is given."""
        own, other = (names.en, names.zh) if self.code == "en" else (names.zh, names.en)
        return own or other or otherwise


EN = Words(
    code="en",
    priorities={Priority.HIGH: "High", Priority.MEDIUM: "Medium", Priority.LOW: "Low"},
    states={
        AlarmState.NORMAL: "normal",
        AlarmState.UNACKNOWLEDGED: "unacknowledged",
        AlarmState.ACKNOWLEDGED: "acknowledged",
        AlarmState.RETURNED_UNACKNOWLEDGED: "returned, unacknowledged",
        AlarmState.LATCHED_UNACKNOWLEDGED: "latched, unacknowledged",
        AlarmState.LATCHED_ACKNOWLEDGED: "latched, acknowledged",
        AlarmState.SHELVED: "shelved",
        AlarmState.SUPPRESSED: "suppressed",
        AlarmState.OUT_OF_SERVICE: "out of service",
    },
    joint=", ",
    clause="; ",
    colon=": ",
    returned="Returned: ",
    ended="Ended: ",
    removed="its rule was removed (or its device)",
    reminder="Still unacknowledged: ",
    escalation="Nobody has acknowledged: ",
    count="{count} alarms",
    one="1 alarm",
    of_priority="{count} {priority}",
    of_returned="{count} returned",
    all_returned="{alarms} returned",
    all_ended="{alarms} ended",
    device="Device: ",
    value="Value: ",
    limit="limit {limit}",
    state="State: ",
    after="after {duration}",
    waiting="Told before and still unacknowledged: {count}",
    merged="{counts} more found no room in the queue",
    more="and {count} more",
    units=("d", "h", "min", "s"),
    heartbeat_title="The gateway is running - {site}",
    heartbeat_text="Active alarms: {active}; waiting for an acknowledgement: {waiting}. If this message fails to come, "
    "look after the gateway: the next one is due in {every}.",
    test_title="Test message - {site}",
    test_text="Somebody tests the channel `{channel}` of the gateway. Nothing has happened.",
)

ZH = Words(
    code="zh",
    priorities={Priority.HIGH: "高", Priority.MEDIUM: "中", Priority.LOW: "低"},
    states={
        AlarmState.NORMAL: "正常",
        AlarmState.UNACKNOWLEDGED: "未确认",
        AlarmState.ACKNOWLEDGED: "已确认",
        AlarmState.RETURNED_UNACKNOWLEDGED: "恢复未确认",
        AlarmState.LATCHED_UNACKNOWLEDGED: "锁存未确认",
        AlarmState.LATCHED_ACKNOWLEDGED: "锁存已确认",
        AlarmState.SHELVED: "搁置",
        AlarmState.SUPPRESSED: "抑制",
        AlarmState.OUT_OF_SERVICE: "停用",
    },
    joint="，",
    clause="；",
    colon="：",
    returned="已恢复：",
    ended="已结束：",
    removed="规则已删除（或其设备）",
    reminder="仍未确认：",
    escalation="无人确认：",
    count="{count} 条报警",
    one="1 条报警",
    of_priority="{priority} {count} 条",
    of_returned="已恢复 {count} 条",
    all_returned="{alarms}已恢复",
    all_ended="{alarms}已结束",
    device="设备：",
    value="数值：",
    limit="限值 {limit}",
    state="状态：",
    after="持续 {duration}",
    waiting="此前通知的报警仍有 {count} 条未确认",
    merged="另有{counts}未能进入队列",
    more="另有 {count} 条",
    units=("天", "小时", "分钟", "秒"),
    heartbeat_title="网关运行正常 - {site}",
    heartbeat_text="当前报警 {active} 条，待确认 {waiting} 条。若未按时收到本消息，请检查网关；"
    "下一条将在 {every}后发送。",
    test_title="测试消息 - {site}",
    test_text="有人正在测试网关的通知通道 `{channel}`，没有发生报警。",
)
