"""Modbus/TCP Security: the same frames inside TLS, and no peer whose certificate nobody vouches for."""

import asyncio
import ssl
from pathlib import Path

import pytest

from gateway.core.errors import Unavailable
from tests.contract.source_suite import FakeIntake, running, until
from tests.integration.modbus import parks
from tests.integration.modbus.peer import Peer


async def test_tls_carries_the_same_frames(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    process = await asyncio.create_subprocess_exec(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    peer = Peer(tls=context)
    peer.put(0, ">f", 1.25)
    await peer.up()
    options = {"transport": "tls", "ca_file": str(certificate)}
    source = parks.source(peer.port, [parks.device(1, [parks.group(parks.floats(1))])], **options)
    intake = FakeIntake()
    async with running(source, intake):
        await until(lambda: len(intake.good()) >= 2)
    assert {batch.values for batch in intake.batches} == {(1.25,)}
    with pytest.raises(Unavailable, match="certificate verify failed"):
        await parks.source(peer.port, [], transport="tls").run(FakeIntake())
    await peer.down()
