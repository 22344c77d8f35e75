"""The key that signs the ledger's checkpoints: a file in the data directory, made at the first start, for its user."""

import secrets
from pathlib import Path

from gateway.core.durable import write_whole
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
    write_whole(directory / NAME, f"{signer.text}\n".encode(), 0o600)
    publish_key(directory, signer)
    return signer


def publish_key(directory: Path, signer: Signer) -> None:
    """Put the public key beside the private one, for people to hand out. Raises OSError."""
    path = directory / PUBLIC_NAME
    text = f"{signer.verifier.text}\n".encode()
    if not path.exists() or path.read_bytes() != text:
        write_whole(path, text, 0o644)
