"""A stream of bytes under a passphrase: scrypt (RFC 7914) for the key, ChaCha20-Poly1305 (RFC 8439) piece by piece.

    magic  log2 n  salt          pieces of 64 KiB, each with its tag; the last one says that it is the last

The key belongs to one file (its salt is random), so the number of the piece is nonce enough. A piece that is changed,
left out, put elsewhere or cut off does not open. The head is authenticated with every piece.
"""

import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.config.backupmodels import LEAST_CHARACTERS
from gateway.core.errors import Rejected

MAGIC = b"park-gateway sealed 1\n"
PIECE_BYTES = 64 * 1024
_COST = 16  # log2 of scrypt's n: 64 MiB and a fifth of a second, which a small board has
_COSTS = range(14, 19)  # what is opened: a hostile file may not ask for all memory
_BLOCK, _PARALLEL = 8, 1  # scrypt's r and p
_SALT_BYTES = 16
_TAG_BYTES = 16
_FIRST_BLOCK = (1).to_bytes(4, "little")  # RFC 8439, 2.8: block 0 makes the key of the tag
_HEAD_BYTES = len(MAGIC) + 1 + _SALT_BYTES
CUT_OFF = "the file is cut off"
COPY_AGAIN = "copy it again from where it was complete"


def checked_passphrase(text: str) -> str:
    """The passphrase. Raises Rejected for one that can be guessed."""
    if len(text) < LEAST_CHARACTERS:
        hint = f"use {LEAST_CHARACTERS} characters or more, and keep it elsewhere: without it the file cannot be opened"
        raise Rejected("the passphrase is too short", hint)
    return text


class Sealer:
    """Writes to `target` what is written to it; `close` writes the last piece and leaves `target` open."""

    def __init__(self, target: BinaryIO, passphrase: str, *, cost: int = _COST) -> None:
        head = MAGIC + bytes([cost]) + secrets.token_bytes(_SALT_BYTES)
        self._head = head
        self._cipher = ChaCha20Poly1305(_key(checked_passphrase(passphrase), head))
        self._target = target
        self._waiting = bytearray()
        self._number = 0
        target.write(head)

    def write(self, data: bytes) -> int:
        """Take bytes; whole pieces are written."""
        self._waiting += data
        while len(self._waiting) > PIECE_BYTES:  # the last piece, maybe a whole one, waits for `close`
            self._put(bytes(self._waiting[:PIECE_BYTES]), is_last=False)
            del self._waiting[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last piece."""
        self._put(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), piece, self._head))
        self._number += 1


class Unsealer:
    """Reads what a `Sealer` wrote. Raises Rejected where the passphrase is another or the file was changed.

    `begins`: what was sealed begins so. It tells a file that is cut off in its first piece from another passphrase.
    """

    def __init__(self, source: BinaryIO, passphrase: str, begins: bytes = b"") -> None:
        head = source.read(_HEAD_BYTES)
        if len(head) < _HEAD_BYTES or not head.startswith(MAGIC):
            is_beginning = MAGIC.startswith(head[: len(MAGIC)])
            raise Rejected(CUT_OFF, COPY_AGAIN) if is_beginning else Rejected("this is no sealed file")
        if head[len(MAGIC)] not in _COSTS:
            raise Rejected("the file was sealed in a way that this version does not know", "is it damaged?")
        self._head = head
        self._key = _key(passphrase, head)
        self._cipher = ChaCha20Poly1305(self._key)
        self._begins = begins
        self._source = source
        self._next = source.read(PIECE_BYTES + _TAG_BYTES)
        self._number = 0
        self._ready = b""
        self._is_over = False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; nothing at the end."""
        while not self._ready and not self._is_over:
            self._open()
        size = len(self._ready) if size < 0 else size
        found, self._ready = self._ready[:size], self._ready[size:]
        return found

    def _open(self) -> None:
        piece, self._next = self._next, self._source.read(PIECE_BYTES + _TAG_BYTES)
        self._is_over = not self._next
        try:
            self._ready = self._cipher.decrypt(_nonce(self._number, is_last=self._is_over), piece, self._head)
        except InvalidTag:
            raise self._refusal(piece) from None
        self._number += 1

    def _refusal(self, piece: bytes) -> Rejected:
        if len(piece) < _TAG_BYTES or (self._is_over and self._opens_as_middle(piece)):
            return Rejected(CUT_OFF, COPY_AGAIN)
        is_short = len(piece) < PIECE_BYTES + _TAG_BYTES
        if self._number == 0 and not (is_short and self._begins_rightly(piece)):
            return Rejected("the passphrase does not open the file", "is it another one, or was the file changed?")
        if is_short:
            return Rejected(f"{CUT_OFF}, or its end was changed", COPY_AGAIN)
        return Rejected("the file was changed", "copy it again from where it was whole")

    def _opens_as_middle(self, piece: bytes) -> bool:
        try:
            self._cipher.decrypt(_nonce(self._number, is_last=False), piece, self._head)
        except InvalidTag:
            return False
        return True

    def _begins_rightly(self, piece: bytes) -> bool:
        """True where the first bytes of the first piece are right under this passphrase, whatever became of its end."""
        size = len(self._begins)
        nonces = [_FIRST_BLOCK + _nonce(0, is_last=is_last) for is_last in (False, True)]
        return bool(size) and any(
            Cipher(ChaCha20(self._key, nonce), None).decryptor().update(piece[:size]) == self._begins
            for nonce in nonces
        )


def is_sealed(beginning: bytes) -> bool:
    """True where a file that begins like this was sealed."""
    return beginning.startswith(MAGIC)


def _key(passphrase: str, head: bytes) -> bytes:
    salt, cost = head[-_SALT_BYTES:], head[len(MAGIC)]
    return Scrypt(salt, 32, 2**cost, _BLOCK, _PARALLEL).derive(passphrase.encode())


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
