"""However much one site sends, the event loop gives every other task its turn."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from milestone_sdk import AsyncClient, BasicUser, MilestoneError, Trust
from milestone_sdk.simulator import Simulator

from .support.stopwatch import Stopwatch

pytestmark = pytest.mark.anyio

ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'


@asynccontextmanager
async def turns() -> AsyncGenerator[list[float]]:
    """Measure how long another task waits for each of its turns, in seconds, while the process has a core."""
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            watch = Stopwatch()
            await asyncio.sleep(0.001)
            gaps.append(watch.seconds)

    ticking = asyncio.create_task(tick())
    try:
        yield gaps
    finally:
        await asyncio.sleep(0.01)  # the last turn counts, too
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking


def client_of(simulator: Simulator, timeout: float = 30.0) -> AsyncClient:
    user = BasicUser(simulator.username, simulator.password)
    return AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=timeout)


async def test_a_large_reply_is_decoded_beside_the_event_loop(simulator: Simulator) -> None:
    """References to control characters by the million: 40 MB stopped every site of a monitor for 6.5 s."""
    texts = "<a>" + f"<b>{'&#1;' * 500_000}</b>" * 8 + "</a>"
    simulator.faults.add("management", "body", operation="GetConfiguration", bytes=ENVELOPE.format(texts))
    async with client_of(simulator) as site, turns() as gaps:
        began = time.monotonic()
        with pytest.raises(MilestoneError, match="GetConfigurationResponse"):
            await site.cameras()
        took = time.monotonic() - began
    assert max(gaps) < took / 2, f"{max(gaps):.2f} s of {took:.2f} s"
    assert len(gaps) > 20


async def test_an_answer_in_tiny_chunks_lets_others_run(simulator: Simulator) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    simulator.faults.add("idp", "raw", bytes=head, repeat=b"1\r\nx\r\n")
    async with turns() as gaps:
        with pytest.raises(MilestoneError):
            await client_of(simulator).open()
    assert len(gaps) > 10


async def test_status_lines_without_end_are_ended_by_the_timeout(simulator: Simulator) -> None:
    """The loop was never given back, so that no timeout could strike."""
    simulator.faults.add("idp", "raw", repeat=b"HTTP/1.1 100 Continue\r\n\r\n")
    with pytest.raises(TimeoutError):
        await client_of(simulator, timeout=0.5).open()
