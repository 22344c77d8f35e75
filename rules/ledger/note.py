"""C2SP signed notes, checkpoints and proofs as text: what is printed, mailed, and checked by other programs too.

Formats: c2sp.org/signed-note (Ed25519, signature type 0x01), c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_SEED_BYTES = 32
_NAME = re.compile(r"[^\s+]+")  # signed-note: no spaces, no plus
_SIGNATURE = re.compile(r"— (?P<name>\S+) (?P<data>\S+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH_BYTES = 32
_MAX_NOTE = 64 * 1024
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_PATH = 64  # hashes; more than any tree has levels


class NotANote(ValueError):
    """The text has not the form, or its signature does not fit."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name under which it signs."""

    name: str
    public: bytes

    @property
    def text(self) -> str:
        """`name+hash+key`, as other programs take it."""
        return f"{self.name}+{key_hash(self.name, self.public).hex()}+{_base64(_ED25519 + self.public)}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and its name. Its `text` is the secret itself."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """`PRIVATE+KEY+name+hash+key`, as Go's `note` package and other programs store it."""
        hash_ = key_hash(self.name, self.verifier.public).hex()
        return f"PRIVATE+KEY+{self.name}+{hash_}+{_base64(_ED25519 + self.seed)}"

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says: whose log, how many records, their root, and when it was signed."""

    origin: str
    size: int
    root: bytes
    time: str = ""  # `2026-10-31T16:00:00Z`, an extension line `time ...`; empty: it does not say

    @property
    def text(self) -> str:
        """The signed text of a checkpoint."""
        when = f"time {self.time}\n" if self.time else ""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n{when}"


@dataclass(frozen=True, slots=True)
class Proof:
    """That record `index` (from 0) is in the tree of a checkpoint."""

    index: int
    path: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """As a `.tlog-proof` file."""
        lines = [_PROOF_HEADER, f"index {self.index}", *map(_base64, self.path)]
        return "\n".join(lines) + f"\n\n{self.note}"


def key_hash(name: str, public: bytes) -> bytes:
    """The four bytes that point from a signature to its key."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def read_signer(text: str) -> Signer:
    """A private key from its text. Raises NotANote."""
    parts = text.strip().split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
        raise NotANote("this is no private key of the form PRIVATE+KEY+name+hash+key")
    signer = Signer(parts[2], _key_bytes(parts[4]))
    if key_hash(signer.name, signer.verifier.public).hex() != parts[3]:
        raise NotANote("the private key does not fit its hash: the file was changed")
    return signer


def read_verifier(text: str) -> Verifier:
    """A public key from its text `name+hash+key`. Raises NotANote."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
        raise NotANote("this is no public key of the form name+hash+key")
    verifier = Verifier(parts[0], _key_bytes(parts[2]))
    if key_hash(verifier.name, verifier.public).hex() != parts[1]:
        raise NotANote("the public key does not fit its hash: a character of it was changed")
    return verifier


def signed(head: TreeHead, signer: Signer) -> str:
    """A checkpoint: the text, an empty line, the signature."""
    signature = Ed25519PrivateKey.from_private_bytes(signer.seed).sign(head.text.encode())
    data = key_hash(signer.name, signer.verifier.public) + signature
    return f"{head.text}\n— {signer.name} {_base64(data)}\n"


def read_checkpoint(note: str) -> TreeHead:
    """What a checkpoint says, its signature unchecked. Raises NotANote."""
    text, _ = _parts(note)
    lines = text.split("\n")
    if len(lines) < 4 or not _SIZE.fullmatch(lines[1]) or "" in lines[:-1]:
        raise NotANote("a checkpoint has three lines: origin, size, root")
    hash_ = _bytes_of(lines[2], "the root")
    if len(hash_) != _HASH_BYTES:
        raise NotANote("the root of a checkpoint has 32 bytes")
    times = [line.removeprefix("time ") for line in lines[3:] if line.startswith("time ")]
    return TreeHead(lines[0], int(lines[1]), hash_, times[0] if times else "")


def opened(note: str, verifiers: Sequence[Verifier]) -> TreeHead:
    """What a checkpoint says, signed by one of these keys. Raises NotANote.

    Signatures of other keys (witnesses) are passed over; one of a known key that does not fit refuses the note.
    """
    text, signatures = _parts(note)
    by_key = {(key.name, key_hash(key.name, key.public)): key for key in verifiers}
    is_signed = False
    for name, data in signatures:
        key = by_key.get((name, data[:4]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
        except InvalidSignature:
            raise NotANote(f"the signature of {name} does not fit the text") from None
        is_signed = True
    if not is_signed:
        raise NotANote("it is not signed by a key that is known")
    return read_checkpoint(note)


def read_proof(text: str) -> Proof:
    """A `.tlog-proof` file, nothing of it checked. Raises NotANote."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != _PROOF_HEADER or not note:
        raise NotANote(f"a proof begins with {_PROOF_HEADER} and ends with a checkpoint")
    rows = [line for line in lines[1:] if not line.startswith("extra ")]
    if not rows or not _SIZE.fullmatch(rows[0].removeprefix("index ")) or len(rows) > _MAX_PATH + 1:
        raise NotANote("a proof has a line `index N`, then one line for each hash")
    return Proof(int(rows[0].removeprefix("index ")), tuple(_bytes_of(row, "a hash") for row in rows[1:]), note)


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > _MAX_NOTE:
        raise NotANote("the note is too long")
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise NotANote("a note is a text, an empty line, and signatures, each line ended")
    found = []
    for line in tail[:-1].split("\n"):
        match = _SIGNATURE.fullmatch(line)
        data = b"" if match is None else _bytes_of(match["data"], "a signature")
        if match is None or len(data) <= 4:
            raise NotANote("a line of signature is: — name base64")
        found.append((match["name"], data))
    return text + "\n", found


def _key_bytes(text: str) -> bytes:
    data = _bytes_of(text, "the key")
    if len(data) != 1 + _SEED_BYTES or data[:1] != _ED25519:
        raise NotANote("the key is not Ed25519 (type 1, 32 bytes)")
    return data[1:]


def _bytes_of(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotANote(f"{what} is not base64") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
