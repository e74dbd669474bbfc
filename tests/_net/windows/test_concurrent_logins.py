"""NTLM belongs to one connection: many logins at once, and many requests on one connection."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from milestone_sdk._net.failures import NETWORK_EXCEPTIONS
from milestone_sdk.simulator import Simulator

from .clients import async_one_connection_client, one_connection_client
from .requests import (
    ASMX,
    FORM,
    IS_ONLINE,
    ONE_EACH,
    SOAP_HEADERS,
    TOKEN,
    arc,
    trusting,
    windows,
)

LOGINS = 100
CALLS = 20


@ONE_EACH
def test_a_hundred_threads_log_in_at_once(sim: Simulator, mechanisms: tuple[str, ...]) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).require_channel_binding = True
    context = trusting(sim)
    together = threading.Barrier(LOGINS)

    def log_in(_: int) -> int:
        with one_connection_client(context, 30.0) as client:
            together.wait(30)
            return client.post(sim.url + TOKEN, data=FORM, auth=arc()).status_code

    with ThreadPoolExecutor(LOGINS) as threads:
        assert list(threads.map(log_in, range(LOGINS))) == [200] * LOGINS
    assert (len(windows(sim).logins), windows(sim).refusals) == (LOGINS, [])


@ONE_EACH
def test_a_hundred_tasks_log_in_at_once(sim: Simulator, mechanisms: tuple[str, ...]) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).require_channel_binding = True
    context = trusting(sim)

    async def log_in() -> int:
        async with async_one_connection_client(context, 30.0) as client:
            return (await client.post(sim.url + TOKEN, data=FORM, auth=arc())).status_code

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(log_in() for _ in range(LOGINS)))

    assert asyncio.run(all_of_them()) == [200] * LOGINS
    assert (len(windows(sim).logins), windows(sim).refusals) == (LOGINS, [])


def test_threads_that_share_a_connection_take_turns(sim: Simulator) -> None:
    sim.faults.add("management", "delay", times=3, seconds=0.05)  # all of them wait while the first one logs in
    auth = arc()
    together = threading.Barrier(CALLS)
    with one_connection_client(trusting(sim), 30.0) as client, ThreadPoolExecutor(CALLS) as threads:

        def call(_: int) -> int:
            together.wait(30)
            return client.post(sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth).status_code

        assert list(threads.map(call, range(CALLS))) == [200] * CALLS
    assert (len(windows(sim).logins), windows(sim).refusals) == (1, [])


def test_tasks_that_share_a_connection_take_turns(sim: Simulator) -> None:
    async def call(client: httpx.AsyncClient, auth: httpx.Auth) -> int:
        return (await client.post(sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth)).status_code

    sim.faults.add("management", "delay", times=3, seconds=0.05)  # all of them wait while the first one logs in

    async def all_of_them() -> list[int]:
        auth = arc()
        async with async_one_connection_client(trusting(sim), 30.0) as client:
            return await asyncio.gather(*(call(client, auth) for _ in range(CALLS)))

    assert asyncio.run(all_of_them()) == [200] * CALLS
    assert (len(windows(sim).logins), windows(sim).refusals) == (1, [])


def test_a_turn_is_given_back_by_whoever_fails(sim: Simulator) -> None:
    auth = arc()
    with one_connection_client(trusting(sim), 1.0) as client:
        sim.faults.add("management", "reset", times=1)
        with pytest.raises(NETWORK_EXCEPTIONS):
            client.post(sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth)
        answer = client.post(sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth)
    assert answer.status_code == 200


def test_who_waits_too_long_for_his_turn_is_told_so(sim: Simulator) -> None:
    auth = arc()
    with one_connection_client(trusting(sim), 0.2) as client, ThreadPoolExecutor(1) as other:
        sim.faults.add("management", "deaf", times=1)
        slow = other.submit(
            client.post, sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth, timeout=3.0
        )
        while not sim.requests:
            threading.Event().wait(0.01)
        with pytest.raises(httpx.PoolTimeout, match="busy"):
            client.post(sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth)
        sim.stop_service("management")
        with pytest.raises(NETWORK_EXCEPTIONS):
            slow.result(10)


def test_a_task_that_is_given_up_gives_its_turn_back(sim: Simulator) -> None:
    async def scenario() -> int:
        auth = arc()
        async with async_one_connection_client(trusting(sim), 30.0) as client:
            sim.faults.add("management", "deaf", times=1)
            given_up = asyncio.create_task(
                client.post(sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth)
            )
            while not sim.requests:
                await asyncio.sleep(0.01)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
            answer = await client.post(sim.url + ASMX, content=IS_ONLINE, headers=SOAP_HEADERS, auth=auth)
            return answer.status_code

    assert asyncio.run(scenario()) == 200
