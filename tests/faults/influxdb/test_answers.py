"""The sink against a scripted server on a real socket: every answer of the policy table, and servers that misbehave."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.influxdb.config import SinkOptions
from drivers.influxdb.sink import InfluxSink, build
from gateway.config.plan import SinkPlan
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.errors import Unavailable
from gateway.core.point import Point
from gateway.core.ports import Sink
from tests.faults.influxdb.scripted import Reply, Request, Rule, ScriptedServer, refusal

T0_NS = 1_795_000_000_000_000_000
BLOCK = Block(Device("tx1", "park", "acme", "meter"), (Point("power", digits=7), Point("voltage")))
MakeSink = Callable[..., Sink]


def chunk(count: int, seq: int = 1, stream: Stream = Stream.TELEMETRY) -> Chunk:
    """`count` lines, numbered by their nanosecond."""
    batches = tuple(Batch(BLOCK, (1.5, 230.0 + i), T0_NS + seq * 1_000_000 + i) for i in range(count))
    return Chunk(seq, stream, batches, 2 * count, batches[0].time_ns, batches[-1].time_ns)


def number(line: bytes) -> int:
    return int(line.rsplit(b" ", 1)[1]) - T0_NS


def numbers(server: ScriptedServer) -> list[int]:
    return [number(line) for line in server.stored]


def all_of(*chunks: Chunk) -> list[int]:
    return [batch.time_ns - T0_NS for one in chunks for batch in one.batches]


def poison(*bad: int, status: int = 400, numbered: bool = False) -> Rule:
    """Refuses requests that carry one of these lines, and stores nothing of them."""

    def answer(request: Request) -> Reply:
        found = [at for at, line in enumerate(request.lines, 1) if not request.is_heartbeat and number(line) in bad]
        if not found:
            return Reply()
        data = [{"line_number": at, "error_message": f"poison {at}"} for at in found]
        return refusal(status, "poisoned", **({"data": data} if numbered else {}))

    return answer


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.fixture(params=["v2", "v1"])
async def sink(request: pytest.FixtureRequest, server: ScriptedServer, tmp_path: Path) -> AsyncIterator[Sink]:
    sink = make_sink(server, tmp_path, request.param)
    yield sink
    await sink.close()


def make_sink(server: ScriptedServer, directory: Path, api: str = "v2", **more: object) -> Sink:
    target = {"bucket": "park", "org": "site"} if api == "v2" else {"database": "park"}
    options = {"url": server.url, "api": api, "timeout": "5 s", **target, **more}
    return build(SinkPlan("influx", "influxdb", SinkOptions.model_validate(options)), directory, SystemClock())


@pytest.fixture
async def plain_talker() -> AsyncIterator[str]:
    """The address of something that speaks, but neither HTTP nor TLS."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(babble, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    listener.close()
    await listener.wait_closed()


async def refused(sink: Sink, one: Chunk) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        async with asyncio.timeout(30):
            await sink.write(one)
    return caught.value


async def test_204_delivers_every_line_once_and_in_order(server: ScriptedServer, sink: Sink) -> None:
    written = await sink.write(chunk(100))
    assert (written.durable_seq, list(written.refused), dict(written.skipped)) == (1, [], {})
    assert numbers(server) == all_of(chunk(100))
    assert len(server.requests) == 1


async def test_lines_that_were_refused_are_sent_again_in_order_and_what_is_refused_again_comes_back(
    server: ScriptedServer, sink: InfluxSink
) -> None:
    server.rule = poison(*all_of(chunk(9)))
    refused = (await sink.write(chunk(9))).refused
    assert len(refused) == 9
    server.rule = poison(*all_of(chunk(9))[3:5], status=422)
    again = await sink.resend(refused)
    assert numbers(server) == [one for at, one in enumerate(all_of(chunk(9))) if at not in (3, 4)]
    assert [(one.text, one.status, one.count) for one in again] == [(one.text, 422, 2) for one in refused[3:5]]
    await server.stop()
    with pytest.raises(Unavailable):
        await sink.resend(refused)


@pytest.mark.parametrize(
    ("reply", "words", "advice", "retry_after_s"),
    [
        (Reply(200, b"<html>welcome</html>"), "unexpected answer", "proxy", 30),
        (Reply(302, headers={"Location": "http://portal.example/login"}), "sends elsewhere", "captive portal", 30),
        (Reply(307, headers={"Location": "https://x/"}), "sends elsewhere", "http or https", 30),
        (refusal(401, "unauthorized access"), "unauthorized access", "set `", 30),
        (refusal(403, "insufficient permissions"), "insufficient permissions", "write permission", 30),
        (refusal(404, 'bucket "park" not found'), "not found", "create ", 30),
        (refusal(404, 'organization name "site" not found'), "not found", "check `org`", 30),
        (Reply(404, b"404 page not found"), "page not found", "has no api", 30),
        (Reply(429, headers={"Retry-After": "17"}), "busy", "sent later", 17),
        (Reply(503, headers={"Retry-After": "Wed, 18 Nov 2020 11:06:40 GMT"}), "busy", "sent later", 0),
        (Reply(503), "busy", "sent later", None),
        (Reply(500, b"disk full"), "disk full", "disk space", None),
        (Reply(502), "fault", "server's log", None),
        (Reply(400, b"bad org"), "bad org", "`org`", 30),
    ],
)
async def test_an_answer_that_is_not_about_the_lines_keeps_everything(
    server: ScriptedServer, sink: Sink, *, reply: Reply, words: str, advice: str, retry_after_s: float | None
) -> None:
    server.rule = lambda _: reply
    for _ in range(3):
        error = await refused(sink, chunk(3))
        assert server.url in error.message
        assert words in error.message
        assert advice in error.hint
        assert error.retry_after_s == retry_after_s
    assert sink.counts[f"status_{reply.status}"] >= 3
    assert sum(count for name, count in sink.counts.items() if name.startswith("kept_")) == 3
    server.rule = lambda _: Reply()
    written = await sink.write(chunk(3))
    assert not written.refused
    assert numbers(server) == all_of(chunk(3))


async def test_a_redirect_is_not_followed(server: ScriptedServer, sink: Sink) -> None:
    server.replies = [Reply(302, headers={"Location": server.url + "/trap"})]
    await refused(sink, chunk(1))
    assert [request.method for request in server.requests] == ["POST"]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("numbered", [True, False])
async def test_refused_lines_are_isolated_and_the_rest_is_stored_once(
    server: ScriptedServer, sink: Sink, status: int, numbered: bool
) -> None:
    one = chunk(64)
    bad = [all_of(one)[i] for i in (0, 17, 63)]
    server.rule = poison(*bad, status=status, numbered=numbered)
    written = await sink.write(one)
    assert [number(line.text.encode()) for line in sorted(written.refused, key=lambda line: line.text)] == bad
    assert {(line.status, line.count) for line in written.refused} == {(status, 2)}
    assert all("poison" in line.reason for line in written.refused)
    assert written.durable_seq == 1
    assert sorted(numbers(server)) == sorted(set(all_of(one)) - set(bad))
    assert len(server.requests) < 50


async def test_a_line_that_is_refused_with_a_nul_in_the_answers_head_is_not_retried_for_ever(
    server: ScriptedServer, sink: Sink
) -> None:
    one = chunk(8)
    bad = all_of(one)[3]
    plain = poison(bad)
    server.rule = lambda request: (
        Reply(400, headers={"X-Influxdb-Error": "unable to parse a\0b"}) if plain(request).status == 400 else Reply()
    )
    written = await sink.write(one)
    assert [number(line.text.encode()) for line in written.refused] == [bad]


async def test_413_halves_the_requests_and_remembers(server: ScriptedServer, sink: Sink) -> None:
    server.rule = lambda request: Reply(413) if len(request.lines) > 10 else Reply()
    await sink.write(chunk(64))
    assert numbers(server) == all_of(chunk(64))
    server.requests.clear()
    await sink.write(chunk(64, seq=2))
    assert max(len(request.lines) for request in server.requests) <= 10
    assert server.heartbeats == 0


async def test_a_wrong_server_behind_a_valid_heartbeat_path_gives_up_no_line(
    server: ScriptedServer, sink: Sink
) -> None:
    """The first refusal comes, then the server breaks wholly while the lines are isolated."""
    answers = [refusal(400, "x"), Reply()]
    server.rule = lambda _: answers.pop(0) if answers else refusal(400, "database is read-only")
    error = await refused(sink, chunk(16))
    assert "even the gateway's own heartbeat" in error.message
    server.rule = lambda _: Reply()
    assert not (await sink.write(chunk(16))).refused
    assert sorted(numbers(server)) == all_of(chunk(16))


@pytest.mark.parametrize("trick", ["reset", "reset_in_body"])
async def test_a_connection_that_breaks_keeps_everything(server: ScriptedServer, sink: Sink, trick: str) -> None:
    server.replies = [Reply(trick=trick)]
    error = await refused(sink, chunk(5))
    assert server.url in error.message
    assert error.hint
    await sink.write(chunk(5))
    assert numbers(server) == all_of(chunk(5))


@pytest.mark.parametrize("api", ["v1", "v2", "v3"])
@pytest.mark.parametrize("trick", ["half_open", "slow"])
async def test_a_server_that_does_not_finish_is_given_up_at_the_timeout(
    server: ScriptedServer, tmp_path: Path, api: str, trick: str
) -> None:
    server.replies = [Reply(400, trick=trick)]
    sink = make_sink(server, tmp_path, api, timeout="500 ms")
    error = await refused(sink, chunk(1))
    assert "within 0.5 s" in error.message
    assert "timeout" in error.hint
    await sink.write(chunk(1))
    await sink.close()
    assert numbers(server) == all_of(chunk(1))


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Nothing is closed by chance, because somebody tidied up."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("api", ["v1", "v2", "v3"])
@pytest.mark.parametrize("trick", ["half_open", "slow"])
async def test_the_connection_of_an_answer_that_was_given_up_is_closed_at_once(
    server: ScriptedServer, tmp_path: Path, api: str, trick: str
) -> None:
    server.replies = [Reply(400, trick=trick)]
    sink = make_sink(server, tmp_path, api, timeout="200 ms")
    error = await refused(sink, chunk(1))
    async with asyncio.timeout(10):
        while server.connections:
            await asyncio.sleep(0.005)
    assert "within 0.2 s" in error.message
    await sink.close()


async def test_an_answer_that_breaks_off_still_counts_by_its_status(server: ScriptedServer, sink: Sink) -> None:
    server.replies = [Reply(401, b'{"message":"unauth', trick="truncated")]
    error = await refused(sink, chunk(1))
    assert "unauth" in error.message


async def test_an_endless_answer_is_not_read_to_its_end(server: ScriptedServer, sink: Sink) -> None:
    server.replies = [Reply(401, b"x" * 5_000_000)]
    error = await refused(sink, chunk(1))
    assert len(error.message) < 1000
    await sink.write(chunk(1))
    assert numbers(server) == all_of(chunk(1))


async def test_nobody_listening_is_said_with_the_address(server: ScriptedServer, sink: Sink) -> None:
    await server.stop()
    error = await refused(sink, chunk(1))
    assert f"{server.url} cannot be reached" in error.message
    assert "ssl:" not in error.message


async def test_a_host_without_address_is_unavailable(tmp_path: Path) -> None:
    options = SinkOptions.model_validate({"url": "http://no-such-host.invalid:8086", "bucket": "b"})
    sink = build(SinkPlan("influx", "influxdb", options), tmp_path, SystemClock())
    error = await refused(sink, chunk(1))
    await sink.close()
    assert "no-such-host.invalid" in error.message


async def test_https_to_a_server_without_tls_says_so(plain_talker: str, tmp_path: Path) -> None:
    for api in ("v1", "v2"):
        sink = make_sink(ScriptedServer(), tmp_path, api, url=plain_talker.replace("http:", "https:"))
        error = await refused(sink, chunk(1))
        await sink.close()
        assert "no trusted TLS connection" in error.message
        assert "write http" in error.hint


async def test_an_authority_file_that_is_missing_or_broken_says_so(server: ScriptedServer, tmp_path: Path) -> None:
    for name, content in (("missing.pem", None), ("broken.pem", "nonsense")):
        if content:
            (tmp_path / name).write_text(content)
        sink = make_sink(server, tmp_path, url="https://127.0.0.1:1", ca=str(tmp_path / name))
        error = await refused(sink, chunk(1))
        assert name in error.message
        await sink.close()


async def test_what_is_not_http_at_all_keeps_everything(plain_talker: str, tmp_path: Path) -> None:
    for api in ("v1", "v2"):
        sink = make_sink(ScriptedServer(), tmp_path, api, url=plain_talker)
        error = await refused(sink, chunk(4))
        assert plain_talker in error.message
        await sink.close()


async def test_bodies_that_were_delivered_are_not_sent_again(server: ScriptedServer, tmp_path: Path) -> None:
    sink = make_sink(server, tmp_path, max_lines=10)
    one = chunk(30)
    bad = all_of(one)[4]
    server.rule = poison(bad)
    seen: list[int] = []

    def breaks_in_the_second_body(request: Request) -> Reply:
        if not request.is_heartbeat and number(request.lines[0]) == all_of(one)[10] and not seen:
            seen.append(1)
            return Reply(503)
        return poison(bad)(request)

    server.rule = breaks_in_the_second_body
    await refused(sink, one)
    before = len(server.requests)
    written = await sink.write(chunk(30))  # decoded anew by the outbox: equal, not the same object
    await sink.close()
    assert len(server.requests) == before + 2
    assert [number(line.text.encode()) for line in written.refused] == [bad]
    assert sorted(numbers(server)) == sorted(set(all_of(one)) - {bad})


async def test_another_chunk_in_its_place_starts_from_the_beginning(server: ScriptedServer, tmp_path: Path) -> None:
    sink = make_sink(server, tmp_path, max_lines=10)
    server.replies = [Reply(), Reply(503)]
    await refused(sink, chunk(20))
    await sink.write(chunk(20, seq=2))
    await sink.close()
    assert numbers(server)[10:] == all_of(chunk(20, seq=2))


async def test_streams_do_not_disturb_each_other(server: ScriptedServer, sink: Sink) -> None:
    telemetry, counters = chunk(20), chunk(20, seq=9, stream=Stream.COUNTERS)
    server.replies = [Reply(503)]
    await refused(sink, telemetry)
    await asyncio.gather(sink.write(counters), sink.write(telemetry))
    assert await sink.flush() == {"telemetry": 1, "counters": 9}
    assert sorted(numbers(server)) == sorted(all_of(telemetry, counters))


async def test_streams_that_start_at_the_same_time_share_one_client(server: ScriptedServer, sink: Sink) -> None:
    await asyncio.gather(sink.write(chunk(3)), sink.write(chunk(3, seq=2, stream=Stream.COUNTERS)))
    await sink.close()
    assert sorted(numbers(server)) == all_of(chunk(3), chunk(3, seq=2))


async def test_a_write_that_is_cancelled_can_be_repeated(server: ScriptedServer, sink: Sink) -> None:
    server.replies = [Reply(trick="half_open")]
    task = asyncio.create_task(sink.write(chunk(5)))
    while not server.requests:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    server.stored.clear()
    await sink.write(chunk(5))
    assert numbers(server) == all_of(chunk(5))


@pytest.mark.parametrize(
    ("api", "more", "path", "authorization"),
    [
        ("v2", {"token": "abc"}, "/api/v2/write?org=site&bucket=park&precision=ns", "Token abc"),
        ("v1", {"username": "u", "password": "pä"}, "/write?db=park&precision=ns", "Basic dTpww6Q="),
        ("v1", {"retention_policy": "a b"}, "/write?db=park&precision=ns&rp=a+b", None),
        ("v3", {"token": "abc"}, "/api/v3/write_lp?db=park&precision=nanosecond", "Bearer abc"),
    ],
)
async def test_each_api_is_asked_in_its_own_way(
    server: ScriptedServer, tmp_path: Path, *, api: str, more: dict[str, object], path: str, authorization: str | None
) -> None:
    sink = make_sink(server, tmp_path, api, **more)
    await sink.write(chunk(2))
    await sink.close()
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", path)
    assert request.headers.get("authorization") == authorization
    assert request.headers["content-encoding"] == "gzip"
    assert request.headers["content-type"].startswith("text/plain")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 120), st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.3, 1.0]), st.booleans())
async def test_any_set_of_poisoned_lines_is_exactly_what_is_refused(
    tmp_path: Path, count: int, seed: int, share: float, is_v1: bool
) -> None:
    chance = Random(seed)
    one = chunk(count)
    bad = [line for line in all_of(one) if chance.random() < share]
    async with ScriptedServer(poison(*bad)) as server:
        sink = make_sink(server, tmp_path, "v1" if is_v1 else "v2", max_lines=50)
        written = await sink.write(one)
        await sink.close()
        assert sorted(number(line.text.encode()) for line in written.refused) == bad
        assert sorted(numbers(server)) == sorted(set(all_of(one)) - set(bad))
