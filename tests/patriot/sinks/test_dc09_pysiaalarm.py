"""The DC-09 sink against a receiver that others wrote: pysiaalarm."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from pysiaalarm.aio import SIAAccount, SIAClient, SIAEvent

from milestone_sdk.errors import SignalRefused, SinkUnavailable
from milestone_sdk.patriot.sinks import Dc09Sink

from .signals import NOON, signal

pytestmark = pytest.mark.anyio

KEYS = ["0123456789ABCDEF", "0123456789ABCDEF01234567", "0123456789ABCDEF0123456789ABCDEF"]


@asynccontextmanager
async def pysiaalarm(key: str | None = None, account: str = "1234"):
    events: asyncio.Queue[SIAEvent] = asyncio.Queue()

    client = SIAClient("127.0.0.1", 0, [SIAAccount(account, key)], events.put)
    await client.async_start()
    port = client.server.sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(30):
            yield port, events, client.counts
    finally:
        await client.async_stop()


def errors(counts) -> int:
    return sum(value for name, value in vars(counts).items() if name.startswith("error"))


def sink_for(port: int, key: str | None = None, **settings) -> Dc09Sink:
    return Dc09Sink(host="127.0.0.1", port=port, key=key.encode().hex() if key else None, **settings)


@pytest.mark.parametrize("key", [None, *KEYS])
async def test_it_reads_sia_with_text(key: str | None) -> None:
    line = "High Zone 0 (unknown zone: C1 alarm) AXIS Perimeter_Defender alarm START on camera C1"
    async with pysiaalarm(key) as (port, events, counts), sink_for(port, key, codes={"1": "BA"}) as sink:
        await sink.send(signal(line=line))
        await sink.send(signal(event_type=2, key="1234:b", zone=129, line="Medium Yard"))
    first, second = await events.get(), await events.get()
    assert (first.code, first.message, first.account, first.sequence) == ("BA", f"002^{line}^", "1234", "0001")
    assert (second.code, second.message, second.sequence) == ("UA", "129^Medium Yard^", "0002")
    assert first.encrypted == bool(key)
    assert abs((first.timestamp - datetime.now(UTC)).total_seconds()) < 60
    (occurred,) = first.extended_data
    assert (occurred.name, occurred.value) == ("Time of Occurence", f"{NOON:%H:%M:%S,%m-%d-%Y}")
    assert errors(counts) == 0


@pytest.mark.parametrize("key", [None, KEYS[0]])
async def test_it_reads_contact_id(key: str | None) -> None:
    """With one extension: its expression for Contact ID has room for no more."""
    settings = {"token": "ADM-CID", "codes": {"1": "130", "2": "R130"}, "area": 4, "occurrence_time": False}
    async with pysiaalarm(key) as (port, events, counts), sink_for(port, key, **settings) as sink:
        await sink.send(signal())
        await sink.send(signal(event_type=2, key="1234:b"))
    first, second = await events.get(), await events.get()
    assert (first.event_qualifier, first.event_type, first.partition, first.ri) == ("1", "130", "04", "002")
    assert (second.event_qualifier, second.event_type) == ("3", "130")
    assert [(each.name, each.value) for each in first.extended_data] == [("Alarm Text", "High Front Hallway")]
    assert errors(counts) == 0


@pytest.mark.parametrize("key", [None, KEYS[0]])
async def test_it_reads_supervision(key: str | None) -> None:
    settings = {"supervision_interval": 0.02, "supervision_account": "1234"}
    async with pysiaalarm(key) as (port, events, counts), sink_for(port, key, **settings) as sink:
        for _ in range(3):
            event = await events.get()
            assert (event.message_type.value, event.sequence) == ("NULL", "0000")
        assert sink.connected
    assert errors(counts) == 0


async def test_a_code_that_it_does_not_know_is_refused() -> None:
    async with pysiaalarm() as (port, events, _), sink_for(port, codes={"1": "QQ"}) as sink:
        with pytest.raises(SignalRefused, match="DUH"):
            await sink.send(signal())
        assert events.empty()


async def test_a_wrong_key_is_not_acknowledged() -> None:
    async with pysiaalarm(KEYS[0]) as (port, events, _), sink_for(port, KEYS[0][::-1]) as sink:
        with pytest.raises(SinkUnavailable, match="NAK"):
            await sink.send(signal())
        assert events.empty()
