"""Evidence: a file is kept under the hash of its bytes, and is what its name says or refused."""

from hashlib import sha256
from pathlib import Path

import pytest

from gateway.core.errors import GatewayError, Rejected, Unavailable
from gateway.store.evidence import MAX_BYTES, MIN_FREE_BYTES, EvidenceStore


def test_a_file_is_read_back_by_its_hash(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    digest = store.put(b"delivery note")
    assert digest == sha256(b"delivery note").hexdigest()
    assert store.read(digest) == b"delivery note"
    assert store.path(digest) == tmp_path / "evidence" / digest[:2] / digest
    assert list(store.digests()) == [digest]


def test_the_same_file_again_is_the_same(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    assert store.put(b"x") == store.put(b"x")
    assert len(list(store.digests())) == 1


def test_files_of_people_leave_room_on_the_disk_for_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EvidenceStore(tmp_path)
    kept = store.put(b"there before")
    monkeypatch.setattr("gateway.store.evidence.free_bytes", lambda _: MIN_FREE_BYTES + 3)
    with pytest.raises(Unavailable, match="no room"):
        store.put(b"four")
    assert store.put(b"six") != kept
    assert store.put(b"there before") == kept
    assert len(list(store.digests())) == 2


@pytest.mark.parametrize("data", [b"", b"x" * (MAX_BYTES + 1)])
def test_an_empty_or_too_large_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Rejected):
        EvidenceStore(tmp_path).put(data)
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_what_is_no_hash_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match="SHA-256"):
        EvidenceStore(tmp_path).read(name)


def test_a_changed_file_is_told_and_put_right_by_the_original(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    digest, other = store.put(b"invoice"), store.put(b"other")
    store.path(digest).write_bytes(b"invoicE")
    assert store.check() == [digest]
    with pytest.raises(GatewayError, match="was changed"):
        store.read(digest)
    assert store.read(other) == b"other"
    store.put(b"invoice")
    assert store.check() == []


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="there is no evidence"):
        EvidenceStore(tmp_path).read("a" * 64)
    assert not EvidenceStore(tmp_path).is_sound("a" * 64)


def test_a_disk_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_bytes(b"in the way")
    with pytest.raises(Unavailable):
        EvidenceStore(tmp_path).put(b"x")
