"""The ledger's proofs, pure: canonical JSON, RFC 6962 Merkle tree, C2SP checkpoints, inclusion and consistency."""
