"""Certificates of our own for servers on loopback."""

import ssl
import subprocess
from pathlib import Path


def certificate(directory: Path, names: str = "IP:127.0.0.1") -> Path:
    """A self-signed certificate for these names, its own authority; the key lies beside it."""
    cert = directory / "server.pem"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=server", "-addext", f"subjectAltName={names}", "-days", "2"]
    files = ["-keyout", str(cert.with_suffix(".key")), "-out", str(cert)]
    subprocess.run([*request, *subject, *files], check=True, capture_output=True)
    return cert


def server_context(cert: Path) -> ssl.SSLContext:
    """What a server with this certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, cert.with_suffix(".key"))
    return context
