"""Merkle trees: the reference vectors of Certificate Transparency, and a naive reading of RFC 6962 as the oracle."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.ledger import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (  # of the first 0, 1, ... 8 leaves: certificate-transparency, merkle_tree_test
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
CONSISTENCY = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}


class Tree:
    """Complete subtrees in a dictionary, as the store keeps them in a table; counts what is read."""

    def __init__(self, contents: list[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.reads = 0
        for index, content in enumerate(contents):
            for level, number, hash_ in merkle.nodes_of_append(index, merkle.leaf_hash(content), self.node):
                assert (level, number) not in self.nodes
                self.nodes[level, number] = hash_
        self.reads = 0

    def node(self, level: int, number: int) -> bytes:
        self.reads += 1
        return self.nodes[level, number]


def naive_root(contents: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not contents:
        return sha256(b"").digest()
    if len(contents) == 1:
        return sha256(b"\x00" + contents[0]).digest()
    k = 1
    while k * 2 < len(contents):
        k *= 2
    return sha256(b"\x01" + naive_root(contents[:k]) + naive_root(contents[k:])).digest()


def naive_path(index: int, contents: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(contents) == 1:
        return []
    k = 1
    while k * 2 < len(contents):
        k *= 2
    if index < k:
        return [*naive_path(index, contents[:k]), naive_root(contents[k:])]
    return [*naive_path(index - k, contents[k:]), naive_root(contents[:k])]


def naive_subproof(old: int, contents: list[bytes], is_whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    if old == len(contents):
        return [] if is_whole else [naive_root(contents)]
    k = 1
    while k * 2 < len(contents):
        k *= 2
    if old <= k:
        return [*naive_subproof(old, contents[:k], is_whole), naive_root(contents[k:])]
    return [*naive_subproof(old - k, contents[k:], False), naive_root(contents[:k])]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_roots_come_out(size: int) -> None:
    tree = Tree(LEAVES[:size])
    assert merkle.root(size, tree.node).hex() == ROOTS[size]
    frontier = merkle.Frontier()
    for leaf in LEAVES[:size]:
        list(frontier.append(merkle.leaf_hash(leaf)))
    assert frontier.root().hex() == ROOTS[size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_the_reference_consistency_proofs_come_out(old: int, new: int) -> None:
    proof = merkle.consistency_proof(old, new, Tree(LEAVES).node)
    assert tuple(hash_.hex() for hash_ in proof) == CONSISTENCY[old, new]
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert merkle.verify_consistency(old, new, *roots, proof)


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_reference_audit_paths_come_out(index: int, size: int) -> None:
    proof = merkle.inclusion_proof(index, size, Tree(LEAVES).node)
    assert tuple(hash_.hex() for hash_ in proof) == INCLUSION[index, size]
    assert merkle.verify_inclusion(merkle.leaf_hash(LEAVES[index]), index, size, proof, bytes.fromhex(ROOTS[size]))


CONTENTS = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@given(CONTENTS)
def test_the_root_is_the_one_of_the_definition(contents: list[bytes]) -> None:
    tree = Tree(contents)
    for size in range(len(contents) + 1):
        assert merkle.root(size, tree.node) == naive_root(contents[:size])


@given(CONTENTS, st.data())
def test_an_audit_path_is_the_one_of_the_definition_and_holds(contents: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(contents)))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, Tree(contents).node)
    assert proof == naive_path(index, contents[:size])
    root, leaf = naive_root(contents[:size]), merkle.leaf_hash(contents[index])
    assert merkle.verify_inclusion(leaf, index, size, proof, root)
    assert not merkle.verify_inclusion(merkle.leaf_hash(contents[index] + b"!"), index, size, proof, root)
    assert not merkle.verify_inclusion(leaf, index, size, [*proof, root], root)
    assert not merkle.verify_inclusion(leaf, size, size, proof, root)
    if proof:
        assert not merkle.verify_inclusion(leaf, index, size, proof[:-1], root)


@given(CONTENTS, st.data())
def test_a_consistency_proof_is_the_one_of_the_definition_and_holds(contents: list[bytes], data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(contents)))
    old = data.draw(st.integers(1, new))
    proof = merkle.consistency_proof(old, new, Tree(contents).node)
    assert proof == naive_subproof(old, contents[:new], True)
    roots = naive_root(contents[:old]), naive_root(contents[:new])
    assert merkle.verify_consistency(old, new, *roots, proof)
    assert not merkle.verify_consistency(old, new, sha256(b"x").digest(), roots[1], proof)
    assert not merkle.verify_consistency(old, new, roots[0], sha256(b"x").digest(), proof)


@given(CONTENTS, st.data())
def test_no_proof_leads_from_one_history_to_another(contents: list[bytes], data: st.DataObject) -> None:
    changed = data.draw(st.integers(0, len(contents) - 1))
    rewritten = [*contents[:changed], contents[changed] + b"!", *contents[changed + 1 :], b"new"]
    old, new = len(contents), len(rewritten)
    proof = merkle.consistency_proof(old, new, Tree(rewritten).node)
    assert not merkle.verify_consistency(old, new, naive_root(contents), naive_root(rewritten), proof)


def test_proofs_take_few_reads_in_a_large_log() -> None:
    size = 200_000
    frontier, nodes = merkle.Frontier(), {}
    for index in range(size):
        for level, number, hash_ in frontier.append(merkle.leaf_hash(index.to_bytes(4))):
            nodes[level, number] = hash_
    reads = []

    def node(level: int, number: int) -> bytes:
        reads.append((level, number))
        return nodes[level, number]

    root = merkle.root(size, node)
    assert root == frontier.root()
    proof = merkle.inclusion_proof(123_456, size, node)
    old = merkle.consistency_proof(77_777, size, node)
    assert len(reads) < 5 * size.bit_length()
    assert merkle.verify_inclusion(nodes[0, 123_456], 123_456, size, proof, root)
    assert merkle.verify_consistency(77_777, size, merkle.root(77_777, node), root, old)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 3)])
def test_there_is_no_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        merkle.consistency_proof(old, new, Tree(LEAVES).node)
    assert not merkle.verify_consistency(old, new, b"", b"", [b""])


def test_a_leaf_beyond_the_tree_has_no_path() -> None:
    with pytest.raises(ValueError, match="has no leaf 8"):
        merkle.inclusion_proof(8, 8, Tree(LEAVES).node)
