"""One gateway per data directory."""

import fcntl
import os
from pathlib import Path

from gateway.core.errors import ConfigError

RESTORING = Path("restore", "journal.json")
"""Below a data directory: files are being put in the place of others (`gateway.backup.switch`)."""


class DirectoryLock:
    """Held while the gateway runs; the kernel lets it go when the process ends, however it ends."""

    def __init__(self, directory: Path, *, is_restoring: bool = False) -> None:
        """Take the lock. Raises ConfigError where another process holds it or the directory cannot be written.

        A directory whose restoration was interrupted opens only for who finishes it.
        """
        path = directory / "gateway.lock"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            hint = "choose another `store: directory`, or give this user the right to write there"
            raise ConfigError(f"cannot write to {directory}: {error.strerror}", hint) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 20, 0).decode(errors="replace").strip()
            os.close(self._file)
            hint = f"stop it (process {holder}), or choose another `store: directory`"
            raise ConfigError(f"another gateway uses {directory}", hint) from error
        if not is_restoring and (directory / RESTORING).exists():
            os.close(self._file)
            hint = "start the gateway, or `park-gateway restore`, with the --config that it was for: they finish it"
            raise ConfigError(f"a restoration of {directory} was interrupted", hint)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let the directory go."""
        os.close(self._file)
