"""What a first exchange with a device tells of its address and its register map: silence, exceptions, order. Pure."""

import math
import re
import struct
from collections.abc import Iterable, Iterator, Sequence

from drivers.modbus.config import PointAddress, RawType
from gateway.config.plan import DevicePlan
from gateway.core.point import Point
from gateway.core.ports import Advice, Exchange, Reading

_EXCEPTION = re.compile(r"exception (\d+)")
_LEAST, _MOST = 1e-4, 1e9  # what meters and machines measure, in any unit, apart from 0
_FLOATS = {RawType.FLOAT32: ">f", RawType.FLOAT64: ">d"}
_ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
_ENOUGH = 2  # values; with bytes swapped some of them look right by chance, all of them hardly ever

_TOLD = {
    1: ("wrong_table", "The device does not know this function: holding instead of input registers, or the other way.",
        "设备不支持此功能码：可能应读保持寄存器而不是输入寄存器，或相反。"),
    2: ("no_register", "The device has no such register: another model, or addresses that count from 1 instead of 0.",
        "设备没有该寄存器：型号不符，或地址从 1 而不是从 0 开始计数。"),
    3: ("too_many", "The device refuses so many registers at once: set `max_registers` lower, or `max_gap: 0`.",
        "设备拒绝一次读取这么多寄存器：请调小 `max_registers`，或设 `max_gap: 0`。"),
    4: ("device_failed", "The device itself reports a failure: look at its display.",
        "设备自身报告故障：请查看其显示屏。"),
    6: ("busy", "The device is busy: try again, or read it less often.", "设备忙：请重试，或降低读取频率。"),
    10: ("no_path", "The serial gateway knows no line for this unit id.", "串口网关没有通往该站号的线路。"),
    11: ("unit_silent", "The serial gateway answers, the device behind it does not: unit id, wiring, power.",
         "串口网关有应答，其后的设备没有：请检查站号、接线和电源。"),
}  # fmt: skip
_SILENT = Advice(
    "unit_silent",
    "The line is there, but this unit id does not answer: look for the unit id, speed and parity in the meter's menu, "
    "and whether A and B are swapped.",
    "线路已通，但该站号无应答：请在表计菜单中核对站号、波特率和校验位，并检查 A、B 线是否接反。",
)
_ZEROS = Advice(
    "all_zero",
    "Every register is 0: the addresses may belong to another model, or the machine stands still.",
    "所有寄存器均为 0：地址可能属于其他型号，或设备处于停机状态。",
)


def advise(device: DevicePlan, exchanges: Sequence[Exchange]) -> list[Advice]:
    """What a person should look at, the likeliest first; empty where nothing is odd."""
    found = {one.code: one for one in (*_of_errors(exchanges), *_of_values(device, exchanges))}
    return list(found.values())


def _of_errors(exchanges: Sequence[Exchange]) -> Iterator[Advice]:
    for exchange in exchanges:
        match = _EXCEPTION.match(exchange.error)
        if match and int(match[1]) in _TOLD:
            yield Advice(*_TOLD[int(match[1])], points=tuple(one.point for one in exchange.readings))
        elif exchange.error.startswith("no answer") and not any(one.readings and not one.error for one in exchanges):
            yield _SILENT


def _of_values(device: DevicePlan, exchanges: Sequence[Exchange]) -> Iterator[Advice]:
    readings = [one for exchange in exchanges if not exchange.error for one in exchange.readings]
    if readings and all(not one.value for one in readings):
        yield _ZEROS
        return
    places = _places(device)
    words = [(places[one.point], _registers(one)) for one in readings if one.point in places]
    floats = [(place, data) for place, data in words if place.raw_type in _FLOATS and data.strip(b"\0")]
    present = sum(_is_likely(place, data, place.order_name) for place, data in floats)
    if len(floats) < _ENOUGH or present == len(floats):
        return
    for order in _ORDERS:
        if all(_is_likely(place, data, order) for place, data in floats):
            yield Advice(
                "order",
                f"Not all values look like measurements; with order {order} they do.",
                f"部分数值不像测量值；按 {order} 字节顺序则全部合理。",
                suggestion=order,
            )
            return


def _places(device: DevicePlan) -> dict[str, PointAddress]:
    pairs: Iterable[tuple[Point, object]] = (
        pair for group in device.groups for pair in zip(group.points, group.addresses, strict=True)
    )
    return {point.name: place for point, place in pairs if isinstance(place, PointAddress)}


def _registers(reading: Reading) -> bytes:
    """The registers of a reading, as they came."""
    parts = reading.raw.split()
    return b"".join(bytes.fromhex(part[2:]) for part in parts if part.startswith("0x"))


def _is_likely(place: PointAddress, data: bytes, order: str) -> bool:
    """True where the registers, read in this order, are 0 or of a size that is measured."""
    if order in ("BADC", "DCBA"):
        data = b"".join(data[i + 1 : i + 2] + data[i : i + 1] for i in range(0, len(data), 2))
    if order in ("CDAB", "DCBA"):
        data = b"".join(data[i : i + 2] for i in range(len(data) - 2, -1, -2))
    value = float(struct.unpack(_FLOATS[place.raw_type], data)[0])
    return value == 0 or (math.isfinite(value) and _LEAST <= abs(value) <= _MOST)
