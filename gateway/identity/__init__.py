"""Who somebody is and what they may: accounts, passwords, sessions, API keys, one-time links, the first set-up.

`Identities` is the door to all of it. What is valid is held in memory, because every request asks, and state.db has
it for the next start; this process is the only one that writes.
"""
