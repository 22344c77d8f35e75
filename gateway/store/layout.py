"""Layouts: what is constant about the batches of a block, kept once so that old outbox chunks explain themselves."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from gateway.core.batch import Block
from gateway.core.device import Device, MeterRole
from gateway.core.point import Point, PointKind, ValueType


def layout_json(block: Block) -> str:
    """The block as JSON with a fixed order of keys: device (id, site, enterprise, kind, role) and its points
    `[name, unit, kind, type, digits, id]`. Names for display are not part of it."""
    device = block.device
    ids: Iterable[int | None] = block.ids or (None for _ in block.points)
    return json.dumps(
        {
            "device": device.id,
            "site": device.site,
            "enterprise": device.enterprise,
            "kind": device.kind,
            "role": device.role,
            "points": [
                [point.name, point.unit, point.kind, point.type, point.digits, number]
                for point, number in zip(block.points, ids, strict=True)
            ],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def layout_hash(text: str) -> int:
    """63 bits that stand for a layout: no two of a park's are alike, and nobody has to hand out numbers."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def block_from_json(text: str) -> Block:
    """A block as far as the layout tells. Raises ValueError, KeyError or TypeError where it is no layout."""
    layout: dict[str, Any] = json.loads(text)
    role = layout["role"]
    device = Device(
        id=layout["device"],
        site=layout["site"],
        enterprise=layout["enterprise"],
        kind=layout["kind"],
        role=None if role is None else MeterRole(role),
    )
    rows = layout["points"]
    points = tuple(Point(row[0], row[1], PointKind(row[2]), ValueType(row[3]), row[4]) for row in rows)
    ids = () if any(row[5] is None for row in rows) else tuple(row[5] for row in rows)
    return Block(device, points, ids=ids)


class Layouts:
    """Layouts by hash, one `Block` object each, so that sinks can keep what they compiled by it.

    `hash_of` is called on the loop, `block_of` in the outbox's thread.
    """

    def __init__(self) -> None:
        self._hashes: dict[Block, int] = {}
        self._blocks: dict[int, Block] = {}

    def hash_of(self, block: Block) -> int:
        """The hash of the block's layout, worked out once."""
        known = self._hashes.get(block)
        return self._add(block) if known is None else known

    def _add(self, block: Block) -> int:
        number = self._hashes[block] = layout_hash(layout_json(block))
        self._blocks.setdefault(number, block)
        return number

    def block_of(self, number: int, read: Callable[[int], str]) -> Block:
        """The block of a hash; `read` fetches the JSON of one that no batch of this run had."""
        block = self._blocks.get(number)
        return self._blocks.setdefault(number, block_from_json(read(number))) if block is None else block

    def hashes(self) -> list[int]:
        """The hash of every block that is known."""
        return list(self._blocks)

    def json_of(self, number: int) -> str:
        """The JSON of a known block, as the table keeps it."""
        return layout_json(self._blocks[number])
