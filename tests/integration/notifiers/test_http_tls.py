"""HTTP channels and TLS: whom they trust."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.wecom.config import ChannelOptions
from drivers.wecom.notifier import WecomNotifier
from gateway.config.plan import ChannelPlan
from gateway.core.errors import Unavailable
from tests.contract.http_far import HttpServer, reply
from tests.contract.notifier_suite import NOTICE, SECRET, FixedClock, failure
from tests.integration.notifiers.certificate import certificate


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("cert"))


@pytest.fixture
async def server(cert: Path) -> AsyncIterator[HttpServer]:
    async with HttpServer(cert) as server:
        server.reply = reply({"errcode": 0, "errmsg": "ok"})
        yield server


def robot(server: HttpServer, host: str = "127.0.0.1", **options: object) -> WecomNotifier:
    webhook = f"https://{host}:{server.port}/cgi-bin/webhook/send?key={SECRET}"
    given = {"webhook": webhook, "allow_loopback": True, **options}
    return WecomNotifier(ChannelPlan("duty", "wecom", ChannelOptions.model_validate(given)), FixedClock())


async def test_a_message_goes_to_a_server_of_the_named_authority(server: HttpServer, cert: Path) -> None:
    channel = robot(server, ca=str(cert))
    assert await channel.notify(NOTICE) == "errcode 0 ok"
    await channel.close()
    assert server.asked[0].path.endswith(f"key={SECRET}")


@pytest.mark.parametrize(
    ("host", "with_ca", "said"), [("127.0.0.1", False, "certificate"), ("localhost", True, "localhost")]
)
async def test_another_server_is_not_trusted(
    server: HttpServer, cert: Path, host: str, with_ca: bool, said: str
) -> None:
    channel = robot(server, host, **({"ca": str(cert)} if with_ca else {}))
    error = await failure(channel)
    await channel.close()
    assert isinstance(error, Unavailable)
    assert said in error.message
    assert not server.asked


async def test_a_missing_authority_file_is_tried_again(server: HttpServer) -> None:
    channel = robot(server, ca="/nonexistent/ca.pem")
    assert isinstance(await failure(channel), Unavailable)
    await channel.close()
