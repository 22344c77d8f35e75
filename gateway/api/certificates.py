"""The certificate that new connections get: read again when its files change, made anew before it ends.

The listener stays, and so do the connections that are there: a handshake takes what is there when it begins.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.config.apireader import FILES_HINT, tls_context, told
from gateway.config.plan import ApiPlan, CertificateFiles
from gateway.core.clock import Clock
from gateway.core.errors import ConfigError
from gateway.identity import certificate as certificates
from gateway.identity.certificate import Certificate
from gateway.identity.machine import own_addresses, own_names

CHECK_S = 60.0
log = logging.getLogger("gateway.api")

Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Loaded:
    context: ssl.SSLContext
    certificate: Certificate
    stamp: Stamp


class CertificateKeeper:
    """Has the present certificate; `tell` gets each new one. Made by `open`."""

    def __init__(self, plan: ApiPlan, directory: Path, clock: Clock, tell: Callable[[Certificate], None]) -> None:
        self._plan = plan
        self._directory = directory
        self._clock = clock
        self._tell = tell
        self._loaded = self._load(self._files())
        self._refused: Stamp | None = None  # files that could not be used: said once
        tell(self._loaded.certificate)

    @classmethod
    async def open(
        cls, plan: ApiPlan, directory: Path, clock: Clock, tell: Callable[[Certificate], None]
    ) -> "CertificateKeeper":
        """With a certificate, made where there is none. Raises ConfigError."""
        try:
            return await asyncio.to_thread(cls, plan, directory, clock, tell)
        except (OSError, ValueError) as error:
            raise ConfigError(f"no certificate for the page: {told(error)}", FILES_HINT) from error

    def context(self) -> ssl.SSLContext:
        """For the next handshake."""
        return self._loaded.context

    async def run(self) -> None:
        """Look after it until cancelled."""
        while True:
            await self._clock.sleep(CHECK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Take new files, or make a new certificate, where it is time; what cannot be used is said, the old stays."""
        try:
            files = self._files()
            stamp = _stamp(files)
            if stamp in (self._loaded.stamp, self._refused):
                return
            self._refused = stamp
            self._loaded = self._load(files)
        except (OSError, ValueError) as error:
            log.error("certificate_not_taken the present one stays: %s", told(error))
            return
        self._refused = None
        log.warning("certificate_new fingerprint=%s", self._loaded.certificate.fingerprint)
        self._tell(self._loaded.certificate)

    def _files(self) -> CertificateFiles:
        """The owner's files, or those made here, made anew where that is due."""
        if self._plan.own is not None:
            return self._plan.own
        needed = (*self._plan.hosts, self._plan.host)
        try:
            return certificates.ensure(self._directory, needed, (*own_names(), *own_addresses()), self._clock.time_ns())
        except OSError as error:
            files = certificates.made_files(self._directory)
            if not files.key.exists():
                raise
            log.error("certificate_not_renewed reason=%s", error.strerror)  # a full disk is no reason not to start
            return files

    def _load(self, files: CertificateFiles) -> _Loaded:
        stamp = _stamp(files)
        certificate = certificates.read(files.certificate, is_own=self._plan.own is not None)
        return _Loaded(tls_context(files), certificate, stamp)


def _stamp(files: CertificateFiles) -> Stamp:
    """What changes when a file is replaced or written."""
    found = [path.stat() for path in (files.certificate, files.key)]
    return tuple((one.st_ino, one.st_size, one.st_mtime_ns) for one in found)
