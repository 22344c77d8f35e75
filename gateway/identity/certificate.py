"""The certificate of the page: one that the gateway makes for itself, or one of the owner's own; what people see of it.

A made one is ECDSA on P-256, signed by itself, for this machine's names and addresses. People accept it once in the
browser, after they compared the fingerprint with the one that the gateway printed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from drivers.outbound.address import is_address
from gateway.config.plan import CertificateFiles
from gateway.core.durable import write_whole
from gateway.identity.machine import is_dns_name

NAME = "tls.pem"  # key and certificate in one file: it is replaced whole or not at all
PUBLIC_NAME = "tls.crt"  # the certificate alone, for people to hand out
LIFE = timedelta(days=825)  # the most that Apple's systems accept (support.apple.com/103769)
RENEWED_BEFORE = timedelta(days=30)
TOLD_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(days=1)  # for browsers whose clock is behind
_MOST_NAMES = 100
_MAX_BYTES = 1024 * 1024
_USES = (  # all of RFC 5280, 4.2.1.3
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What people see of a certificate. Times in UTC nanoseconds."""

    fingerprint: str  # SHA-256, `AB:CD:…`, as browsers show it
    names: tuple[str, ...]  # host names and addresses that it is for
    begins_ns: int
    ends_ns: int
    is_own: bool  # the owner's; else made and renewed by the gateway

    def days_left(self, now_ns: int) -> int:
        """Whole days until it ends; negative after that."""
        return (self.ends_ns - now_ns) // (86_400 * 10**9)

    def findings(self, now_ns: int) -> list[str]:
        """What a person should do about it; the gateway renews those that it made."""
        left = self.days_left(now_ns)
        if not self.is_own or left >= TOLD_BEFORE.days:
            return []
        state = "has ended: browsers refuse the page" if left < 0 else f"ends in {left} days"
        return [f"the certificate of the page {state}; replace its files, they are read again by themselves"]

    def as_json(self) -> dict[str, Any]:
        """The fields by name; the end as milliseconds of UTC."""
        return {
            "fingerprint_sha256": self.fingerprint,
            "ends_ms": self.ends_ns // 10**6,
            "is_own": self.is_own,
            "names": list(self.names),
        }

    def is_worn(self, now_ns: int) -> bool:
        """True where a made one should be replaced: it ends soon, or begins after now (the clock was wrong)."""
        return self.ends_ns - now_ns < RENEWED_BEFORE.total_seconds() * 1e9 or now_ns < self.begins_ns


def read(path: Path, *, is_own: bool) -> Certificate:
    """The first certificate in a PEM file. Raises OSError; ValueError where there is none."""
    with path.open("rb") as file:
        found = x509.load_pem_x509_certificate(file.read(_MAX_BYTES))
    return Certificate(
        fingerprint=found.fingerprint(hashes.SHA256()).hex(":").upper(),
        names=_names_in(found),
        begins_ns=_ns(found.not_valid_before_utc),
        ends_ns=_ns(found.not_valid_after_utc),
        is_own=is_own,
    )


def ensure(directory: Path, needed: Iterable[str], names: Iterable[str], now_ns: int) -> CertificateFiles:
    """The gateway's own certificate, made anew where there is none, it is damaged, worn, or not for all of `needed`.

    A new one is for `names` too: those that come and go with networks are no reason to ask people to trust another one.
    Raises OSError.
    """
    files = made_files(directory)
    wanted = set(_legal(needed))
    try:
        present = read(files.certificate, is_own=False)
        serialization.load_pem_private_key(files.key.read_bytes(), None)
        if not present.is_worn(now_ns) and wanted <= set(present.names):
            return files
    except (FileNotFoundError, ValueError, TypeError):
        pass
    made = make((*needed, *names), now_ns)
    write_whole(files.certificate, made, 0o600)
    write_whole(directory / PUBLIC_NAME, made[made.index(b"-----BEGIN CERTIFICATE") :], 0o644)
    return files


def made_files(directory: Path) -> CertificateFiles:
    """Where the gateway keeps the one that it made."""
    return CertificateFiles(directory / NAME, directory / NAME)


def make(names: Iterable[str], now_ns: int) -> bytes:
    """A new key and a certificate for it, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "park-gateway")])
    begins = datetime.fromtimestamp(now_ns // 10**9, UTC) - _BACKDATED
    alternatives = [_alternative(name) for name in _legal(names)[:_MOST_NAMES]]
    usage = x509.KeyUsage(**{use: use == "digital_signature" for use in _USES})
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LIFE)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _legal(names: Iterable[str]) -> list[str]:
    """The names in the form in which they stand in a certificate; others are left out."""
    found: dict[str, None] = {}
    for name in names:
        if is_address(name):
            address = ip_address(name)
            if not address.is_unspecified:
                found[str(address)] = None
        elif is_dns_name(name.lower()):
            found[name.lower()] = None
    return list(found)


def _alternative(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name)


def _names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    addresses = (str(address) for address in found.get_values_for_type(x509.IPAddress))
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**9
