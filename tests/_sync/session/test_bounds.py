# Generated from tests/_async/session/test_bounds.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What one answer of a server may cost: bytes, codings, headers, time; at every exchange."""

import gzip
import tracemalloc
from collections.abc import Generator, Callable
from contextlib import contextmanager
from functools import cache

import pytest

from milestone_sdk import (
    Client,
    BasicUser,
    MilestoneError,
    ReadTimeout,
    RemoteProtocolError,
    ReplyTooLarge,
    ServiceUnavailable,
    Trust,
    WindowsUser,
)
from milestone_sdk.simulator import Simulator

from ..opening import client_of

pytestmark = pytest.mark.anyio

MIB = 2**20
EXCHANGES = [
    ("idp", "openid-configuration"),
    ("idp", "token"),
    ("management", "Login"),
    ("management", "GetProductInfo"),
    ("management", "GetConfiguration"),
    ("management", "GetServices"),
    ("management", "QueryItems"),
    ("event_server", "GetAlarmLines"),
    ("recorder", "JPEGGetAtOrBefore"),
]
"""Service and operation of every kind of exchange."""
UNBOUNDED = ("GetConfiguration", "QueryItems")
"""What grows with the site, and is bounded by the client alone."""


def use_everything(client: Client) -> None:
    """Make each of `EXCHANGES` once."""
    with client as site:
        camera = (site.cameras())[0]
        site.alarms.list(limit=5)
        site.configuration.query("Camera")
        site.recordings.snapshot(camera, (site.recordings.snapshot(camera)).time)


@contextmanager
def little_memory(most: int) -> Generator[None]:
    """Let Python hold `most` bytes more at any time than at the beginning."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < most


@cache
def bomb(size: int) -> bytes:
    """An answer whose body is so many blanks, packed to a thousandth."""
    packed = gzip.compress(b" " * size, 6)
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n"
    return f"{head}Content-Length: {len(packed)}\r\n\r\n".encode() + packed


@pytest.mark.parametrize(("service", "operation"), EXCHANGES)
@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "deflate", "gzip, identity", "unheard-of"])
def test_a_coding_that_was_not_asked_for(simulator: Simulator, service: str, operation: str, coding: str) -> None:
    fault = simulator.faults.add(service, "compressed", operation=operation, coding=coding, layers=2)
    with pytest.raises(RemoteProtocolError, match="coding") as caught:
        use_everything(client_of(simulator))
    assert caught.value.server is not None
    assert fault.used == 1


def test_gzip_once_is_understood_at_every_exchange(simulator: Simulator) -> None:
    for service, operation in EXCHANGES:
        simulator.faults.add(service, "compressed", operation=operation)
    use_everything(client_of(simulator))
    assert {request.headers.get("accept-encoding") for request in simulator.requests} == {"gzip"}


@pytest.mark.parametrize("coding", ["identity", "", "X-GZIP"])
def test_other_names_of_the_same_codings(simulator: Simulator, coding: str) -> None:
    layers = 1 if "ZIP" in coding else 0
    simulator.faults.add("management", "compressed", coding=coding, layers=layers)
    with client_of(simulator) as site:
        assert len(site.cameras()) == 5


@pytest.mark.parametrize(("service", "operation"), [each for each in EXCHANGES if each[1] not in UNBOUNDED])
def test_a_bomb_of_one_coding(simulator: Simulator, service: str, operation: str) -> None:
    simulator.faults.add(service, "raw", operation=operation, bytes=bomb(70 * MIB))
    with pytest.raises(ReplyTooLarge) as caught:
        use_everything(client_of(simulator))
    assert caught.value.server is not None


@pytest.mark.parametrize(
    ("service", "operation"),
    [("idp", "openid-configuration"), ("idp", "token"), ("management", "Login"), ("event_server", None)],
)
def test_a_small_answer_never_costs_much(simulator: Simulator, service: str, operation: str | None) -> None:
    simulator.faults.add(service, "raw", operation=operation, bytes=bomb(70 * MIB))
    with little_memory(32 * MIB):
        with pytest.raises(ReplyTooLarge, match="longer than"):
            use_everything(client_of(simulator))


def test_the_bound_of_the_client_is_below_that_of_every_operation(simulator: Simulator) -> None:
    simulator.faults.add("management", "body", operation="Login", bytes=b" " * 200_000)
    user = BasicUser(simulator.username, simulator.password)
    client = Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), max_reply=100_000)
    with pytest.raises(ReplyTooLarge, match="max_reply"):
        use_everything(client)


@pytest.mark.parametrize(
    "body",
    [b"no gzip at all", gzip.compress(b"x" * 9000)[:-12], gzip.compress(b"x") * 2],
    ids=["no gzip", "cut", "goes on"],
)
def test_gzip_that_is_damaged_cut_or_goes_on(simulator: Simulator, body: bytes) -> None:
    simulator.faults.add("management", "body", operation="GetConfiguration", bytes=body)
    simulator.faults.add("management", "compressed", operation="GetConfiguration", layers=0)
    with pytest.raises(RemoteProtocolError) as caught:
        use_everything(client_of(simulator))
    assert caught.value.operation == "GetConfiguration"


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", RemoteProtocolError),
    "one header": (b"HTTP/1.1 200 OK\r\nA: ", b"b", RemoteProtocolError),
    "status lines": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", ReadTimeout),
    "one chunk extension": (CHUNKED + b"1;", b"a", RemoteProtocolError),
    "chunk extensions": (CHUNKED, b"1;aaaaaaaaaaaaaaaaaaaaa\r\n \r\n", RemoteProtocolError),
    "trailers": (CHUNKED + b"0\r\n", b"A: b\r\n", RemoteProtocolError),
    "chunks": (CHUNKED, b"100\r\n" + b" " * 256 + b"\r\n", ReplyTooLarge),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n", b" ", ReplyTooLarge),
}


@pytest.mark.parametrize("kind", sorted(ENDLESS))
def test_an_answer_without_end(simulator: Simulator, kind: str) -> None:
    head, repeated, error = ENDLESS[kind]
    simulator.faults.add("idp", "raw", bytes=head, repeat=repeated)
    with pytest.raises(error) as caught:
        use_everything(client_of(simulator, timeout=30.0 if error is not ReadTimeout else 0.5))
    assert caught.value.server == simulator.url


@pytest.mark.parametrize(
    "coding", ["gzip, chunked", "gzip", "chunked, chunked", "identity", "x\r\nTransfer-Encoding: y"]
)
def test_a_transfer_coding_other_than_chunks(simulator: Simulator, coding: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
    simulator.faults.add("idp", "raw", bytes=answer.encode())
    with pytest.raises(RemoteProtocolError):
        use_everything(client_of(simulator))


@pytest.mark.parametrize(
    ("status", "error", "match"),
    [
        ("502 Bad Gateway", ServiceUnavailable, "502"),
        ("503 Busy", ServiceUnavailable, "503"),
        ("302 Found\r\nLocation: https://127.0.0.1:1/", RemoteProtocolError, "redirects"),
        ("418 Teapot", MilestoneError, "418"),
    ],
)
def test_an_error_of_any_length_keeps_its_meaning(
    simulator: Simulator, status: str, error: type[MilestoneError], match: str
) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n\r\n"
    simulator.faults.add("management", "raw", operation="GetConfiguration", bytes=head.encode(), repeat=b"sorry ")
    with little_memory(32 * MIB):
        with pytest.raises(error, match=match):
            use_everything(client_of(simulator))


@pytest.mark.parametrize(
    ("release", "service", "operation"), [("2020R1", "management", "Login"), ("2025R2", "idp", "token")]
)
@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip"])
def test_the_private_connection_of_a_windows_user(
    simulator_factory: Callable[..., Simulator], release: str, service: str, operation: str, coding: str
) -> None:
    simulator = simulator_factory(release=release)
    known = next(user for user in simulator.site.users if user.kind == "windows")
    client = Client(
        simulator.url, WindowsUser(known.name, known.password), trust=Trust.ca_file(simulator.ca_file), timeout=10
    )
    if coding == "gzip":
        simulator.faults.add(service, "compressed", operation=operation)
        with client as site:
            assert site.info.version
        return
    simulator.faults.add(service, "compressed", operation=operation, coding=coding, layers=2)
    with pytest.raises(RemoteProtocolError, match="coding"):
        with client:
            pytest.fail("the client opened")


def test_diagnosis_says_what_is_wrong(simulator: Simulator) -> None:
    for service in ("idp", "management"):
        simulator.faults.add(service, "compressed", coding="br")
    client = client_of(simulator)
    report = client.diagnose()
    client.close()
    assert any("coding 'br'" in finding.what for finding in report)


def test_cookies_without_end_are_not_all_kept(simulator: Simulator) -> None:
    """Each answer may bring a hundred kilobytes of them, and the alarms are asked for every second."""
    cookies = "".join(f"Set-Cookie: c{number}=1\r\n" for number in range(2000))
    head = f"HTTP/1.1 404 Not Found\r\n{cookies}Connection: close\r\nContent-Length: 0\r\n\r\n"
    with client_of(simulator) as site:
        simulator.faults.add("management", "raw", operation="GetConfiguration", bytes=head.encode())
        for _ in range(2):
            with pytest.raises(ServiceUnavailable):
                site.cameras()
        site.services.server_command.GetVersion()
    assert "cookie" not in simulator.requests[-2].headers
