"""RFC 6962 Merkle trees: the root of a list, proofs that an entry is in it, that a longer list begins with a shorter.

Proofs are worked out from the hashes of complete subtrees (`NodeOf`), which never change once their leaves are there:
a tree of any size is a few of them, so that everything takes O(log n) reads. Sections name RFC 6962; its errata and
RFC 9162, 2.1, give the algorithms that verify.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

NodeOf = Callable[[int, int], bytes]
"""The hash of the complete subtree over leaves [index * 2**level, (index + 1) * 2**level): `node_of(level, index)`."""

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The hash of one leaf (2.1): SHA-256(0x00 || content)."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (2.1): SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def nodes_of_append(index: int, leaf: bytes, node_of: NodeOf) -> list[tuple[int, int, bytes]]:
    """The subtrees that leaf `index` (from 0) completes, the leaf itself first: (level, index, hash)."""
    found = [(0, index, leaf)]
    level, hash_ = 0, leaf
    while index & 1:
        hash_ = node_hash(node_of(level, index - 1), hash_)
        level, index = level + 1, index >> 1
        found.append((level, index, hash_))
    return found


def root(size: int, node_of: NodeOf) -> bytes:
    """The root over the first `size` leaves (2.1)."""
    return EMPTY_ROOT if size == 0 else _range_hash(0, size, node_of)


def inclusion_proof(index: int, size: int, node_of: NodeOf) -> list[bytes]:
    """The audit path of leaf `index` in the tree of the first `size` leaves (2.1.1). Raises ValueError."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, node_of))
            end = middle
        else:
            path.append(_range_hash(start, middle, node_of))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node_of: NodeOf) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the one of `old` (2.1.2). Raises ValueError."""
    if not 0 < old <= new:
        raise ValueError(f"there is no proof from {old} to {new} leaves")
    path: list[bytes] = []
    start, end, is_whole = 0, new, True  # is_whole: the old tree is [start, old) and its root is known
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, node_of))
            end = middle
        else:
            path.append(_range_hash(start, middle, node_of))
            start, is_whole = middle, False
    if not is_whole:
        path.append(_range_hash(start, end, node_of))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """True where `leaf` (its hash) is number `index` of the tree of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, hash_ = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            hash_ = node_hash(sibling, hash_)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hash_ == root_hash


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """True where the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(hash_, first), node_hash(hash_, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, hash_)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


class Frontier:
    """A tree that only grows, of which nothing is kept but its right edge: for reading a log from end to end."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes | None] = []  # by level: the complete subtree that waits for its right neighbour

    def append(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Take the next leaf (its hash); yields the subtrees that it completes, like `nodes_of_append`."""
        level, index, hash_ = 0, self.size, leaf
        self.size += 1
        yield level, index, hash_
        while level < len(self._edge) and (left := self._edge[level]) is not None:
            self._edge[level] = None
            hash_ = node_hash(left, hash_)
            level, index = level + 1, index >> 1
            yield level, index, hash_
        if level == len(self._edge):
            self._edge.append(None)
        self._edge[level] = hash_

    def root(self) -> bytes:
        """The root over what was appended."""
        found: bytes | None = None
        for hash_ in self._edge:
            if hash_ is not None:
                found = hash_ if found is None else node_hash(hash_, found)
        return EMPTY_ROOT if found is None else found


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2 (`k` of 2.1)."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(start: int, end: int, node_of: NodeOf) -> bytes:
    """The hash over leaves [start, end), which begins where a subtree of its size may begin."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node_of(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_hash(start, middle, node_of), _range_hash(middle, end, node_of))
