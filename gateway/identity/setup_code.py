"""The code of the first start: whoever reads the console or the file in the data directory becomes administrator."""

import os
from pathlib import Path

from gateway.core.errors import ConfigError
from gateway.identity.secret_text import is_same, new_code

FILE = "setup-code"


class SetupCode:
    """One code, in memory and in a file of mode 0600, until it is used. Another start makes another one."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self.text: str | None = None

    def make(self) -> None:
        """Make one and write the file. Raises ConfigError where that cannot be done."""
        self.text = new_code()
        try:
            self.path.unlink(missing_ok=True)  # what somebody else put there is not written into
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "w", encoding="ascii") as opened:
                opened.write(f"{self.text}\n")
        except OSError as error:
            hint = "check the disk and who may write to the data directory"
            raise ConfigError(f"cannot write {self.path}: {error.strerror}", hint) from error

    def is_right(self, given: str) -> bool:
        """True for the code, however it is capitalised and grouped. Compared in constant time."""
        return self.text is not None and is_same(_bare(given), _bare(self.text))

    def forget(self) -> None:
        """It was used, or nobody needs it any more."""
        self.text = None
        self.path.unlink(missing_ok=True)


def _bare(code: str) -> str:
    return "".join(letter for letter in code.casefold() if letter.isalnum())
