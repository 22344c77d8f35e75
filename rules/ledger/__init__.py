"""The ledger's proofs, pure: canonical JSON, RFC 6962 Merkle tree, C2SP checkpoints, inclusion and consistency."""

from rules.ledger.canonical import canonical, content_id

__all__ = ["canonical", "content_id"]
