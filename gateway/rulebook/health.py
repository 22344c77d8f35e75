"""The gateway's own device: what it knows of itself as points, so that rules can watch it like any other."""

from dataclasses import replace

from gateway.config.devices import GATEWAY
from gateway.config.plan import ParkPlan
from gateway.core.device import Device, Site
from gateway.core.point import Names, Point, PointKind, ValueType

INTERVAL_S = 10.0

HEALTH_POINTS = (
    Point("outbox_bytes", "B", names=Names("Waiting for sinks", "待发送数据量")),
    Point("waiting_samples", type=ValueType.INT, names=Names("Samples waiting for sinks", "待发送数据数")),
    Point("outbox_age_s", "s", names=Names("Time that the oldest sample has waited", "最早数据已等待的时长")),
    Point("disk_free_bytes", "B", names=Names("Free space of the store", "存储剩余空间")),
    Point("disk_free_percent", "%", names=Names("Free space of the store", "存储剩余空间比例")),
    Point("sinks_failing", type=ValueType.INT, names=Names("Sinks that take nothing", "写入失败的目标数")),
    Point("quarantined_rate", "1/min", names=Names("Refused samples per minute", "每分钟被拒绝的数据数")),
    Point("dropped_rate", "1/min", names=Names("Dropped samples per minute", "每分钟丢弃的数据数")),
    Point("devices_silent", type=ValueType.INT, names=Names("Connected devices without answer", "无应答设备数")),
    Point("channels_failing", type=ValueType.INT, names=Names("Channels that do not deliver", "发送失败的通知渠道数")),
    Point("clock_offset_s", "s", names=Names("Steps of the clock in an hour", "一小时内时钟跳变")),
    Point("loop_lag_ms", "ms", names=Names("Longest hold of the loop", "事件循环最大延迟")),
)


CONNECTION_POINTS = (
    Point("devices_silent", type=ValueType.INT, names=Names("Devices without answer", "无应答设备数")),
    Point("devices_silent_percent", "%", names=Names("Share of devices without answer", "无应答设备占比")),
)
"""What is known of each connection: `gateway.devices_silent_line-1`. Of the connected devices behind it, those that
are overdue or never answered."""


def health_points(plan: ParkPlan) -> tuple[Point, ...]:
    """Every point of the gateway's own device: `HEALTH_POINTS`, one for each sink (`sink_up_influx`: it takes what is
    sent), and `CONNECTION_POINTS` for each connection."""
    sinks = (
        Point(f"sink_up_{sink.name}", kind=PointKind.STATE, type=ValueType.BOOL,
              names=Names(f"Sink {sink.name} works", f"写入目标 {sink.name} 正常"))
        for sink in plan.sinks
    )  # fmt: skip
    lines = (
        replace(point, name=f"{point.name}_{line.name}",
                names=Names(f"{point.names.en} on {line.name}", f"{line.name} {point.names.zh}"))
        for line in plan.connections for point in CONNECTION_POINTS
    )  # fmt: skip
    return (*HEALTH_POINTS, *sinks, *lines)


def gateway_device(site: Site) -> Device:
    """The gateway's own device. It belongs to no enterprise."""
    return Device(GATEWAY, site.id, "", GATEWAY, Names("Gateway", "网关"), connection=GATEWAY)


def park_device(site: Site) -> Device:
    """What derived points of the whole park belong to: a device with the site's id."""
    return Device(site.id, site.id, "", "park", site.names, connection=GATEWAY)
