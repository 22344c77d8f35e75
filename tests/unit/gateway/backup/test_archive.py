"""The file of a backup: what went in comes out, and nothing that somebody else made of it does harm."""

import io
import json
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.backup import archive, tarball
from gateway.backup.archive import Item, read_manifest, unpack, write
from gateway.backup.manifest import AuditHead, Entry, LedgerHead, Manifest, decoded, is_allowed
from gateway.backup.seal import PIECE_BYTES, Sealer, Unsealer
from gateway.core.errors import ConfigError, GatewayError, Rejected, Unavailable

PASSPHRASE = "correct horse battery"
FILES = {
    "state.db": b"state",
    "ledger.db": b"ledger" * 40_000,
    "config/park.yaml": b"site: {id: qinghe}\n",
    "config/devices.d/东岳.yaml": b"devices: []\n",
}


def manifest_of(files: dict[str, bytes], **changes: Any) -> Manifest:
    entries = tuple(Entry(name, len(data), sha256(data).hexdigest()) for name, data in files.items())
    ledger = LedgerHead(3, "ab" * 32, 2, "2026-11-22T00:00:00Z")
    found = Manifest(
        "1.0", "f00", "qinghe", 10**18, "park.yaml", ledger, AuditHead(7, "2026-11-22T00:00:00Z"), (), entries
    )
    return replace(found, **changes)


@pytest.fixture
def backup(tmp_path: Path) -> Callable[..., Path]:
    """A backup of `FILES`, sealed where a passphrase is given."""

    def make(passphrase: str | None = None, files: dict[str, bytes] = FILES) -> Path:
        items = []
        for number, (name, data) in enumerate(files.items()):
            path = tmp_path / f"source-{number}"
            path.write_bytes(data)
            items.append(Item(name, path))
        target = tmp_path / "x.tar.zst"
        write(target, manifest_of(files), items, passphrase)
        return target

    return make


def crafted(path: Path, members: list[tuple[str, bytes]], manifest: Manifest | None = None, **form: Any) -> Path:
    """A file that somebody else made."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=form.get("format", tarfile.USTAR_FORMAT)) as tar:
        first = [("manifest.json", manifest.encoded())] if manifest else []
        for name, data in [*first, *members]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.type = form.get("kind", tarfile.REGTYPE) if name != "manifest.json" else tarfile.REGTYPE
            info.linkname = "/etc/passwd" if info.type == tarfile.SYMTYPE else ""
            tar.addfile(info, io.BytesIO(data))
    path.write_bytes(zstandard.compress(raw.getvalue()))
    return path


def taken(path: Path, into: Path, passphrase: str | None = None) -> dict[str, bytes]:
    into.mkdir()
    unpack(path, passphrase, into)
    return {str(one.relative_to(into)): one.read_bytes() for one in into.rglob("*") if one.is_file()}


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_went_in_comes_out(backup: Any, tmp_path: Path, passphrase: str | None) -> None:
    path = backup(passphrase)
    assert taken(path, tmp_path / "out", passphrase) == FILES
    assert read_manifest(path, passphrase) == manifest_of(FILES)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_open_backup_can_be_looked_into_with_any_tar(backup: Any) -> None:
    raw = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(backup().read_bytes())).read()
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        assert tar.getnames() == ["manifest.json", *FILES]


def test_nothing_of_a_sealed_backup_can_be_read_without_its_passphrase(backup: Any, tmp_path: Path) -> None:
    path = backup(PASSPHRASE)
    assert b"qinghe" not in path.read_bytes()
    with pytest.raises(Rejected, match="is sealed"):
        read_manifest(path, None)
    with pytest.raises(Rejected, match="passphrase does not open"):
        read_manifest(path, "another passphrase")


def test_a_passphrase_that_can_be_guessed_is_refused(backup: Any) -> None:
    with pytest.raises(Rejected, match="too short"):
        backup("12345678901")


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_file_that_is_cut_off_is_refused(backup: Any, tmp_path: Path, passphrase: str | None, part: float) -> None:
    path = backup(passphrase)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(Rejected, match="is cut off"):
        taken(path, tmp_path / "out", passphrase)


LARGE = {**FILES, "history/2026-11-22.duckdb": Random(1).randbytes(3 * PIECE_BYTES)}


@pytest.mark.parametrize("files", [FILES, LARGE])
@pytest.mark.parametrize(
    "left", [1, 21, 22, 30, 39, 50, 80, 1000, PIECE_BYTES + 16 + 39, PIECE_BYTES + 60, 2 * PIECE_BYTES + 500, -1]
)
def test_a_sealed_file_that_is_cut_off_anywhere_says_so_and_does_not_blame_the_passphrase(
    backup: Any, tmp_path: Path, files: dict[str, bytes], left: int
) -> None:
    path = backup(PASSPHRASE, files)
    data = path.read_bytes()
    path.write_bytes(data[: min(left, len(data) - 1)])
    with pytest.raises(Rejected, match=r"^the file is cut off"):
        taken(path, tmp_path / "out", PASSPHRASE)


@pytest.mark.parametrize("at", [100, PIECE_BYTES + 100, -1])
def test_a_sealed_file_that_was_changed_and_is_whole_is_not_called_cut_off_where_that_can_be_told(
    backup: Any, tmp_path: Path, at: int
) -> None:
    path = backup(PASSPHRASE, LARGE)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    said = "its end was changed" if at == -1 else "the file was changed|does not open"
    with pytest.raises(Rejected, match=said):
        taken(path, tmp_path / "out", PASSPHRASE)
    path.write_bytes(data[:1000])
    with pytest.raises(Rejected, match="passphrase does not open"):
        taken(path, tmp_path / "other", "another passphrase")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../escaped", "which no backup has"),
        ("/etc/passwd", "which no backup has"),
        ("config/../../x.yaml", "which no backup has"),
        ("config/.ssh/x.yaml", "which no backup has"),
        ("config/authorized_keys", "which no backup has"),
        ("evidence/ab/../../../x", "which no backup has"),
        ("state.db-wal", "which no backup has"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str, said: str) -> None:
    files = {**FILES, name: b"x"}
    path = crafted(tmp_path / "x", list(files.items()), manifest_of(files))
    with pytest.raises(Rejected, match=said):
        taken(path, tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "x"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = crafted(tmp_path / "x", [("state.db", b"")], manifest_of(FILES), kind=kind)
    with pytest.raises(Rejected, match="no plain file"):
        taken(path, tmp_path / "out")


def test_what_the_manifest_does_not_say_is_refused(tmp_path: Path) -> None:
    told = manifest_of(FILES)
    for members, said in (
        ([*FILES.items(), ("outbox.db", b"")], "not in its manifest"),
        ([*FILES.items()][:-1], "ends where"),
        ([*reversed(FILES.items())], "goes on with"),
        ([*({**FILES, "state.db": b"stats"}).items()], "SHA-256 is another"),
    ):
        path = crafted(tmp_path / "x", members, told)
        with pytest.raises(Rejected, match=said):
            taken(path, tmp_path / f"out-{said[:3]}")


def test_a_bomb_is_stopped_by_the_free_space_and_by_its_header(tmp_path: Path) -> None:
    told, files = manifest_of(FILES), [("state.db", b""), ("ledger.db", b"")]
    big = replace(told, files=tuple(replace(entry, size=2**50) for entry in told.files))
    with pytest.raises(Unavailable, match="MiB free"):
        taken(crafted(tmp_path / "x", files, big), tmp_path / "out")
    raw = tarball.header("manifest.json", 2**33 - 1, 0) + bytes(2**20)
    (tmp_path / "y").write_bytes(zstandard.compress(raw))
    with pytest.raises(Rejected, match="too large"):
        read_manifest(tmp_path / "y", None)


def test_a_long_window_is_refused(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    stream = compressor.compressobj()  # without its size in the header: the window counts
    (tmp_path / "x").write_bytes(stream.compress(bytes(2**20)) + stream.flush())
    with pytest.raises(Rejected, match="damaged"):
        read_manifest(tmp_path / "x", None)


def test_a_backup_of_a_newer_version_says_so(tmp_path: Path) -> None:
    document = json.loads(manifest_of(FILES, gateway_version="9.1").encoded())
    path = crafted(tmp_path / "x", [("manifest.json", json.dumps({**document, "format": 2}).encode())])
    with pytest.raises(ConfigError, match=r"park-gateway 9\.1 \(format 2"):
        read_manifest(path, None)


def test_a_backup_without_its_databases_is_none(tmp_path: Path) -> None:
    files = {"state.db": b"", "config/park.yaml": b""}
    with pytest.raises(Rejected, match=r"ledger\.db is missing"):
        read_manifest(crafted(tmp_path / "x", list(files.items()), manifest_of(files)), None)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", zstandard.compress(b""), b"park-gateway se"])
def test_another_file_is_no_backup(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(Rejected):
        read_manifest(tmp_path / "x", None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    items = []
    for number, (name, data) in enumerate(FILES.items()):
        (folder / str(number)).write_bytes(data)
        items.append(Item(name, folder / str(number)))
    write(folder / "x", manifest_of(FILES), items, None)
    return (folder / "x").read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_changed_in_a_backup_it_is_refused_or_still_the_same(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    _refused_or_same(changed)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_changed_in_the_tar_it_is_refused_or_still_the_same(whole: bytes, data: st.DataObject) -> None:
    raw = bytearray(zstandard.ZstdDecompressor().stream_reader(io.BytesIO(whole)).read())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, min(len(raw), 4096) - 1))] = data.draw(st.integers(0, 255))
    _refused_or_same(zstandard.compress(bytes(raw)))


def _refused_or_same(changed: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, into = Path(folder) / "x", Path(folder) / "out"
        path.write_bytes(changed)
        try:
            found = taken(path, into)
        except GatewayError:
            return
        assert set(found.values()) == set(FILES.values()), "the bytes of every file are proven by their SHA-256"


@given(st.binary(max_size=3000))
def test_a_manifest_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    with pytest.raises(GatewayError):
        decoded(data)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*json.loads(manifest_of(FILES).encoded())]), _json)
def test_a_manifest_with_anything_in_a_field_is_read_or_refused(field: str, value: Any) -> None:
    document = {**json.loads(manifest_of(FILES).encoded()), field: value}
    try:
        found = decoded(json.dumps(document).encode())
    except GatewayError:
        return
    assert all(is_allowed(entry.name) for entry in found.files)
    assert found.time


@given(st.text(max_size=40))
def test_an_allowed_name_stays_below_its_folder(tail: str) -> None:
    name = f"config/{tail}"
    if is_allowed(name):
        assert not {"..", ".", ""} & set(name.split("/"))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 3 * PIECE_BYTES), st.integers(1, 100_000))
def test_a_sealed_stream_of_any_length_opens_and_only_whole(size: int, step: int) -> None:
    data, sealed = bytes(size), io.BytesIO()
    sealer = Sealer(sealed, PASSPHRASE, cost=14)
    for start in range(0, size, step):
        sealer.write(data[start : start + step])
    sealer.close()
    found = sealed.getvalue()
    opened = Unsealer(io.BytesIO(found), PASSPHRASE)
    assert b"".join(iter(lambda: opened.read(step), b"")) == data
    if size > PIECE_BYTES:  # whole pieces of the end are gone
        pieces = (len(found) - 39) // (PIECE_BYTES + 16)
        kept = pieces - (size % PIECE_BYTES == 0)
        short = Unsealer(io.BytesIO(found[: 39 + kept * (PIECE_BYTES + 16)]), PASSPHRASE)
        with pytest.raises(Rejected):
            list(iter(lambda: short.read(step), b""))


def test_an_unreadable_source_says_which(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nothing"):
        archive.entries_of([Item("state.db", tmp_path / "nothing")])
