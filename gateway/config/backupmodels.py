"""`backup:` - backups that the gateway makes by itself."""

from typing import Annotated

from pydantic import Field, field_validator

from gateway.config.models import Strict
from gateway.config.types import Duration, HintedError, Secret

LEAST_CHARACTERS = 12  # of a passphrase


class BackupModel(Strict):
    """Where to, how often, how many are kept, and the passphrase that seals them."""

    directory: Annotated[str, Field(min_length=1)]
    every: Annotated[Duration, Field(ge=3600, le=366 * 86_400)] = 86_400.0
    keep: Annotated[int, Field(ge=1, le=1000)] = 14
    passphrase: Secret | None = None

    @field_validator("passphrase")
    @classmethod
    def _is_no_guess(cls, passphrase: Secret | None) -> Secret | None:
        if passphrase is not None and len(passphrase.reveal()) < LEAST_CHARACTERS:
            raise HintedError("the passphrase is too short", f"use {LEAST_CHARACTERS} characters or more")
        return passphrase
