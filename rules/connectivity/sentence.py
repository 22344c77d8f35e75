"""One sentence for the enterprise: does its device answer, since when not, and where the cause is likely to be."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.point import Names
from rules.connectivity.reason import Reason


class Presence(StrEnum):
    """Does the device answer?"""

    ANSWERING = "answering"
    SILENT = "silent"
    WAITING = "waiting"  # connected by configuration, no answer since the gateway started
    NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a device now. Times are text in the site's zone, as a person reads them."""

    presence: Presence
    since: str = ""  # the last answer; where it never answered: from when on it did not
    line_since: str = ""  # the last answer of any device on its line
    has_answered: bool = True
    is_listened: bool = False  # publishes by itself; its line is a broker
    reason: Reason = Reason.UNKNOWN
    code: int | None = None  # the Modbus exception, where the reason is one
    points: int = 0
    missing_points: int = 0  # points that the device does not give although it answers
    others: int = 0  # other devices on its line
    others_answering: int = 0


def sentence(standing: Standing) -> Names:
    """The state of a device in one or two sentences, English and Chinese."""
    if standing.presence is Presence.NOT_CONNECTED:
        return Names("Known, not connected.", "已登记，未接入。")
    if standing.presence is Presence.ANSWERING:
        return _answering(standing)
    return _silent(standing)


def _answering(standing: Standing) -> Names:
    if not standing.missing_points:
        if standing.is_listened:
            return Names("Publishes as expected.", "上报正常。")
        return Names("Answers.", "应答正常。")
    which_en = f"{standing.missing_points} of {standing.points} values"
    which_zh = f"{standing.points} 个数值中有 {standing.missing_points} 个"
    verb = "are" if standing.missing_points > 1 else "is"
    if standing.reason is Reason.NO_REGISTER:
        return Names(
            f"Answers, but {which_en} {verb} refused by the device{_code_en(standing)}.",
            f"有应答，但{which_zh}被设备拒绝{_code_zh(standing)}。",
        )
    comes = "do not come" if standing.missing_points > 1 else "does not come"
    return Names(
        f"Answers, but {which_en} {comes}: {_CAUSES_EN[standing.reason]}.",
        f"有应答，但{which_zh}未到：{_CAUSES_ZH[standing.reason]}。",
    )


def _silent(standing: Standing) -> Names:
    head = _head(standing)
    if standing.is_listened:
        return _joined(head, _broker(standing))
    if standing.others and not standing.others_answering and standing.reason not in _LINE_WORKS:
        return _whole_line(standing)
    return _joined(head, _line(standing))


def _head(standing: Standing) -> Names:
    since = standing.since
    if not standing.has_answered:
        return Names(
            f"Connected by configuration, never answered since {since}.", f"已配置接入，自 {since} 起从未应答。"
        )
    if standing.reason in _ANSWERS_SOMETHING:
        return Names(
            f"No value since {since}: {_CAUSES_EN[standing.reason]}{_code_en(standing)}.",
            f"自 {since} 起无数值：{_CAUSES_ZH[standing.reason]}{_code_zh(standing)}。",
        )
    if standing.is_listened:
        return Names(f"Nothing published since {since}.", f"自 {since} 起无上报。")
    return Names(f"No answer since {since}.", f"自 {since} 起无应答。")


def _whole_line(standing: Standing) -> Names:
    count, since = standing.others + 1, standing.line_since or standing.since
    return Names(
        f"The whole line is silent since {since} ({count} devices): check the converter or its network.",
        f"整条线路自 {since} 起无应答（{count} 台设备）：请检查转换器或其网络。",
    )


def _line(standing: Standing) -> Names:
    if standing.reason in _ANSWERS_SOMETHING:
        if standing.reason is Reason.NO_REGISTER:
            return Names("Check its profile against the device's manual.", "请对照设备手册检查设备模板。")
        return Names("See the device's own diagnostics.", "请查看设备自身的诊断信息。")
    if standing.reason is Reason.GATEWAY_PATH:
        return Names(
            "The gateway of the line answers in its place: "
            "check the device's power, its cable and the gateway's routing.",
            "线路网关代其应答：请检查该设备的电源、接线和网关的路由设置。",
        )
    if not standing.others:
        return Names(
            "It is alone on its line: check its power, its cable and the network.",
            "线路上只有这一台设备：请检查电源、接线和网络。",
        )
    count = standing.others_answering
    what = f"{count} other devices on it answer" if count > 1 else "1 other device on it answers"
    return Names(
        f"The line is fine: {what}. Check the device's power, its cable and its unit id.",
        f"线路正常：同线路另有 {count} 台设备应答。请检查该设备的电源、接线和单元号。",
    )


def _broker(standing: Standing) -> Names:
    if standing.reason is Reason.DISCONNECTED:
        return Names(
            "The broker is not reachable: check it and the network.", "无法连接消息服务器：请检查服务器和网络。"
        )
    count = standing.others_answering
    if count:
        what = f"{count} other devices publish" if count > 1 else "1 other device publishes"
        return Names(
            f"The broker is connected, {what}. Check the device's power, its network and its topic.",
            f"消息服务器已连接，另有 {count} 台设备在上报。请检查该设备的电源、网络和主题。",
        )
    if standing.others:
        return Names(
            f"The broker is connected, but none of its {standing.others + 1} devices publishes: check their network.",
            f"消息服务器已连接，但其 {standing.others + 1} 台设备均无上报：请检查设备侧网络。",
        )
    return Names(
        "The broker is connected: check the device's power, its network and its topic.",
        "消息服务器已连接：请检查该设备的电源、网络和主题。",
    )


def _joined(head: Names, tail: Names) -> Names:
    return Names(f"{head.en} {tail.en}", f"{head.zh}{tail.zh}")


def _code_en(standing: Standing) -> str:
    return "" if standing.code is None else f" (exception {standing.code})"


def _code_zh(standing: Standing) -> str:
    return "" if standing.code is None else f"（异常码 {standing.code}）"


_ANSWERS_SOMETHING = frozenset({Reason.NO_REGISTER, Reason.DEVICE, Reason.PROTOCOL})
"""The device is there and the line works; it is its answers that are of no use."""

_LINE_WORKS = _ANSWERS_SOMETHING | {Reason.GATEWAY_PATH}

_CAUSES_EN = {
    Reason.TIMEOUT: "they are asked for, but not answered in time",
    Reason.DISCONNECTED: "the connection is gone",
    Reason.NO_REGISTER: "the device refuses them",
    Reason.DEVICE: "the device reports a failure",
    Reason.GATEWAY_PATH: "the gateway of the line does not reach the device",
    Reason.PROTOCOL: "its answers do not fit the request",
    Reason.SILENT: "nothing is published",
    Reason.STALE: "they come late",
    Reason.CONFIGURATION: "no source reads them",
    Reason.UNKNOWN: "the cause is not known",
    Reason.NOT_AVAILABLE: "the device says that they are not available",
    Reason.NOT_A_NUMBER: "they come as no number",
    Reason.TYPE: "they come in another type than configured",
    Reason.ENCODING: "they come, but cannot be decoded",
    Reason.NO_VALUE: "they come without a value",
}
_CAUSES_ZH = {
    Reason.TIMEOUT: "请求后超时无应答",
    Reason.DISCONNECTED: "连接中断",
    Reason.NO_REGISTER: "设备拒绝读取",
    Reason.DEVICE: "设备报告故障",
    Reason.GATEWAY_PATH: "线路网关连不到该设备",
    Reason.PROTOCOL: "应答与请求不符",
    Reason.SILENT: "无上报",
    Reason.STALE: "数据到达过迟",
    Reason.CONFIGURATION: "没有数据源读取",
    Reason.UNKNOWN: "原因不明",
    Reason.NOT_AVAILABLE: "设备报告数值不可用",
    Reason.NOT_A_NUMBER: "收到的不是数值",
    Reason.TYPE: "收到的类型与配置不符",
    Reason.ENCODING: "收到但无法解读",
    Reason.NO_VALUE: "收到但没有数值",
}
