"""What an enterprise reads about its device."""

import pytest

from rules.connectivity.reason import Reason
from rules.connectivity.sentence import Presence, Standing, sentence

SAID = [
    (Standing(Presence.NOT_CONNECTED), "Known, not connected.", "已登记，未接入。"),
    (Standing(Presence.ANSWERING, points=12), "Answers.", "应答正常。"),
    (Standing(Presence.ANSWERING, points=12, is_listened=True), "Publishes as expected.", "上报正常。"),
    (
        Standing(Presence.ANSWERING, points=12, missing_points=2, reason=Reason.NO_REGISTER, code=2),
        "Answers, but 2 of 12 values are refused by the device (exception 2).",
        "有应答，但12 个数值中有 2 个被设备拒绝（异常码 2）。",
    ),
    (
        Standing(Presence.ANSWERING, points=12, missing_points=1, reason=Reason.DEVICE),
        "Answers, but 1 of 12 values does not come: the device reports a failure.",
        "有应答，但12 个数值中有 1 个未到：设备报告故障。",
    ),
    (
        Standing(Presence.SILENT, "14:02", reason=Reason.TIMEOUT, others=4, others_answering=3),
        "No answer since 14:02. The line is fine: 3 other devices on it answer. "
        "Check the device's power, its cable and its unit id.",
        "自 14:02 起无应答。线路正常：同线路另有 3 台设备应答。请检查该设备的电源、接线和单元号。",
    ),
    (
        Standing(Presence.SILENT, "14:02", reason=Reason.GATEWAY_PATH, others=4),
        "No answer since 14:02. The gateway of the line answers in its place: "
        "check the device's power, its cable and the gateway's routing.",
        "自 14:02 起无应答。线路网关代其应答：请检查该设备的电源、接线和网关的路由设置。",
    ),
    (
        Standing(Presence.SILENT, "14:01", "14:02", reason=Reason.TIMEOUT, others=7),
        "The whole line is silent since 14:02 (8 devices): check the converter or its network.",
        "整条线路自 14:02 起无应答（8 台设备）：请检查转换器或其网络。",
    ),
    (
        Standing(Presence.WAITING, "09:00", has_answered=False, others=1, others_answering=1),
        "Connected by configuration, never answered since 09:00. The line is fine: 1 other device on it answers. "
        "Check the device's power, its cable and its unit id.",
        "已配置接入，自 09:00 起从未应答。线路正常：同线路另有 1 台设备应答。请检查该设备的电源、接线和单元号。",
    ),
    (
        Standing(Presence.SILENT, "14:02", reason=Reason.SILENT, is_listened=True, others=9, others_answering=5),
        "Nothing published since 14:02. The broker is connected, 5 other devices publish. "
        "Check the device's power, its network and its topic.",
        "自 14:02 起无上报。消息服务器已连接，另有 5 台设备在上报。请检查该设备的电源、网络和主题。",
    ),
    (
        Standing(Presence.SILENT, "14:02", reason=Reason.DISCONNECTED, is_listened=True, others=9),
        "Nothing published since 14:02. The broker is not reachable: check it and the network.",
        "自 14:02 起无上报。无法连接消息服务器：请检查服务器和网络。",
    ),
    (
        Standing(Presence.SILENT, "14:02", reason=Reason.NO_REGISTER, code=2, others=2),
        "No value since 14:02: the device refuses them (exception 2). Check its profile against the device's manual.",
        "自 14:02 起无数值：设备拒绝读取（异常码 2）。请对照设备手册检查设备模板。",
    ),
]


@pytest.mark.parametrize(("standing", "english", "chinese"), SAID)
def test_the_sentence_names_the_likely_place_of_the_cause(standing: Standing, english: str, chinese: str) -> None:
    said = sentence(standing)
    assert (said.en, said.zh) == (english, chinese)


@pytest.mark.parametrize("presence", Presence)
@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("is_listened", [True, False])
@pytest.mark.parametrize("others", [(0, 0), (3, 0), (3, 2)])
def test_there_is_a_sentence_for_everything(
    presence: Presence, reason: Reason, is_listened: bool, others: tuple[int, int]
) -> None:
    standing = Standing(
        presence, "14:02", "14:03", reason=reason, is_listened=is_listened, points=3, missing_points=1,
        others=others[0], others_answering=others[1],
    )  # fmt: skip
    said = sentence(standing)
    assert said.en.endswith(".")
    assert said.zh.endswith("。")
