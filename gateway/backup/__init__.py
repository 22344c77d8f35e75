"""Backup and restore: state, ledger, evidence and configuration in one file, checked before anything is touched."""
