"""The key that signs the ledger's checkpoints: a file in the data directory, made at the first start, for its user."""

import os
import secrets
from pathlib import Path

from gateway.store.space import sync_directory
from rules.ledger.note import NotANote, Signer, read_signer

NAME = "ledger.key"
PUBLIC_NAME = "ledger.pub"
_SEED_BYTES = 32


def existing_key(directory: Path) -> Signer | None:
    """The key in this directory. Raises NotANote for a file that holds none, OSError."""
    try:
        text = (directory / NAME).read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise NotANote(f"{directory / NAME} holds no key") from None
    return read_signer(text)


def make_key(directory: Path, origin: str) -> Signer:
    """A new key for the log `origin` (empty: a name of its own, `park-gateway/<16 hex digits>`). Raises OSError."""
    signer = Signer(origin or f"park-gateway/{secrets.token_hex(8)}", secrets.token_bytes(_SEED_BYTES))
    _write(directory / NAME, signer.text, 0o600)
    publish_key(directory, signer)
    return signer


def publish_key(directory: Path, signer: Signer) -> None:
    """Put the public key beside the private one, for people to hand out. Raises OSError."""
    path = directory / PUBLIC_NAME
    text = signer.verifier.text + "\n"
    if not path.exists() or path.read_bytes() != text.encode():
        _write(path, text, 0o644)


def _write(path: Path, text: str, mode: int) -> None:
    part = path.with_name(path.name + ".new")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    os.fchmod(handle, mode)  # whatever the umask is
    with os.fdopen(handle, "w") as file:
        file.write(text.rstrip("\n") + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    sync_directory(path.parent)
