"""A read that somebody asked for by hand (`park-gateway read`): one exchange, its bytes kept, no data produced."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from drivers.modbus.config import PointAddress
from drivers.modbus.decode import Decoder, raw_text
from drivers.modbus.plan import Read
from drivers.modbus.request import Request
from gateway.core.errors import Unavailable
from gateway.core.point import Point
from gateway.core.ports import Exchange, Frame, Reading
from gateway.core.quality import Quality


class Ask(Request):
    """One read of chosen points, and the exchange that came of it. `places[i]` belongs to `points[i]`."""

    __slots__ = ("_decoder", "_done", "_frames", "_places", "_points", "_received", "_sent", "_started_s")

    def __init__(
        self, device: str, unit_id: int, read: Read, points: Sequence[Point], places: Sequence[PointAddress]
    ) -> None:
        super().__init__(device, unit_id, read)
        self._points = [points[one] for one in read.points]
        self._places = [places[one] for one in read.points]
        self._decoder = Decoder(self._places, read.start)
        self._sent = self._received = b""
        self._frames: list[Frame] = []
        self._started_s = 0.0
        self._done: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()

    def passed(self, frame: Frame) -> None:
        """Keep the frames that passed while this was under way."""
        if frame.sent:
            self._sent, self._started_s = frame.data, time.perf_counter()
        else:
            self._received = frame.data
        self._frames.append(frame if frame.note else replace(frame, note=self._meaning(frame)))

    def _meaning(self, frame: Frame) -> str:
        """What a frame says, in words."""
        read = self.read
        if frame.sent:
            end = read.start + read.count - 1
            return f"read {read.table} {read.start} to {end} of unit {self.unit_id} (function {read.table.function})"
        return f"{self.data_bytes} bytes of data" if len(frame.data) > self.data_bytes else "no data"

    def answer(self, data: bytes, offset: int) -> None:
        """It was answered: decode."""
        values, quality = self._decoder.decode(data, offset)
        data = data[offset:]
        readings = tuple(
            Reading(
                point.name,
                raw_text(place, data, self.read.start),
                values[i],
                Quality.GOOD if quality is None else quality[i],
            )
            for i, (point, place) in enumerate(zip(self._points, self._places, strict=True))
        )
        self._finish(readings, "")

    def fail(self, quality: Quality, error: str) -> None:
        """It was not answered as it should be."""
        self._finish(tuple(Reading(point.name, "", None, quality) for point in self._points), error)

    def _finish(self, readings: tuple[Reading, ...], error: str) -> None:
        if not self._done.done():
            elapsed_s = time.perf_counter() - self._started_s if self._sent else 0.0  # it may fail before it is sent
            if error and self._frames and not self._frames[-1].sent:
                self._frames[-1] = replace(self._frames[-1], note=error)
            frames = tuple(self._frames)
            self._done.set_result(Exchange(self.device, self._sent, self._received, elapsed_s, readings, error, frames))

    def lose(self, why: str) -> None:
        """The line was lost before it was decided."""
        if not self._done.done():
            self._done.set_exception(Unavailable(why, "try again when the connection is back"))

    async def exchange(self, patience_s: float) -> Exchange:
        """The exchange, once it is decided. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(patience_s):
                return await self._done
        except TimeoutError as error:
            message = f"the request did not get its turn within {patience_s:g} s"
            raise Unavailable(message, "the line is busy: try again") from error
