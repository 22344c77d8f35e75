"""The sink over TLS: trusted is who was named, and nobody else."""

import asyncio
import ssl
from pathlib import Path

from tests.faults.influxdb.scripted import ScriptedServer
from tests.faults.influxdb.test_answers import chunk, make_sink, refused


async def test_a_server_with_a_certificate_of_its_own_is_trusted_by_its_file_only(tmp_path: Path) -> None:
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    make = await asyncio.create_subprocess_exec(
        *(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await make.wait() == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ScriptedServer()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        for more in ({"ca": str(certificate)}, {"verify_tls": False}):
            trusting = make_sink(server, tmp_path, url=url, **more)
            await trusting.write(chunk(1))
            await trusting.close()
        doubting = make_sink(server, tmp_path, url=url)
        error = await refused(doubting, chunk(1))
        await doubting.close()
        assert "self-signed" in error.message
        assert "set `ca`" in error.hint
    finally:
        listener.close()
        await listener.wait_closed()
    assert len(server.stored) == 2
