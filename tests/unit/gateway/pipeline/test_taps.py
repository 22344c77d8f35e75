"""Watching frames costs nothing while nobody watches, and never blocks the line."""

import asyncio

from gateway.core.ports import Frame
from gateway.pipeline.taps import QUEUE_BYTES, QUEUE_FRAMES, Taps


def frame(number: int, device: str = "m1") -> Frame:
    return Frame(number, device, sent=True, data=b"\x00")


async def test_a_watcher_sees_the_frames_of_its_device_only() -> None:
    taps = Taps()
    seen = []

    async def watch() -> None:
        async for item in taps.watch("m1", 5):
            seen.append(item.time_ns)
            if len(seen) == 2:
                return

    task = asyncio.ensure_future(watch())
    while not taps.is_traced("m1"):
        await asyncio.sleep(0)
    for item in (frame(1), frame(2, "m2"), frame(3)):
        taps.frame(item)
    await asyncio.wait_for(task, 5)
    assert seen == [1, 3]


async def test_nobody_watches_after_the_time_is_over() -> None:
    taps = Taps()
    assert [item async for item in taps.watch("m1", 0.01)] == []
    assert not taps.is_traced("m1")


async def test_a_slow_watcher_loses_frames_and_they_are_counted() -> None:
    taps = Taps()
    watcher = taps.watch("m1", 5)
    first = asyncio.ensure_future(anext(watcher))
    while not taps.is_traced("m1"):
        await asyncio.sleep(0)
    for number in range(QUEUE_FRAMES + 10):
        taps.frame(frame(number))
    await first
    assert taps.lost >= 9
    await watcher.aclose()


async def test_what_waits_for_a_slow_watcher_is_bounded_in_bytes_too() -> None:
    taps = Taps()
    watcher = taps.watch("m1", 5)
    first = asyncio.ensure_future(anext(watcher))
    while not taps.is_traced("m1"):
        await asyncio.sleep(0)
    assert taps.count == 1
    for number in range(10):
        taps.frame(Frame(number, "m1", sent=False, data=bytes(QUEUE_BYTES // 4)))
    await first
    assert taps.lost == 6
    taps.frame(Frame(10, "m1", sent=False, data=bytes(QUEUE_BYTES // 4)))
    assert taps.lost == 6  # what was taken made room
    await watcher.aclose()
    assert taps.count == 0
