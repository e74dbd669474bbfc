"""Signals to a function of the program."""

import asyncio
import subprocess
import sys
import textwrap
import threading

import pytest

from milestone_sdk import ConfigurationError, SignalRefused, SinkUnavailable
from milestone_sdk.patriot.sinks import CallableSink

from .signals import make_signal


def test_an_async_function_is_awaited_and_a_blocking_one_runs_in_a_thread():
    taken = []

    async def take(signal):
        taken.append((signal, threading.current_thread() is threading.main_thread()))

    def take_blocking(signal):
        taken.append((signal, threading.current_thread() is threading.main_thread()))

    signal = make_signal()
    asyncio.run(CallableSink(take).send(signal))
    asyncio.run(CallableSink(take_blocking).send(signal))
    assert taken == [(signal, True), (signal, False)]


@pytest.mark.parametrize(("raised", "kind"), [(KeyError("x"), SinkUnavailable), (SignalRefused("no"), SignalRefused)])
def test_what_the_function_raises_is_no_acknowledgement(raised, kind):
    def take(signal):
        raise raised

    with pytest.raises(kind):
        asyncio.run(CallableSink(take).send(make_signal()))


def test_a_function_that_takes_too_long_is_not_called_again_for_that_client_while_it_runs():
    gate, running, most, calls = threading.Event(), 0, 0, list[str]()

    def take(signal):
        nonlocal running, most
        running += 1
        most = max(most, running)
        gate.wait()
        running -= 1
        calls.append(signal.line)

    async def hang_and_go_on():
        sink = CallableSink(take)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await sink.send(make_signal("first"))
        gate.set()
        await sink.send(make_signal("first"))
        await sink.send(make_signal("second"))

    asyncio.run(hang_and_go_on())
    assert (most, calls) == (1, ["first", "first", "second"])


def test_a_function_that_hangs_does_not_keep_the_process_from_ending(tmp_path):
    program = textwrap.dedent(
        """
        import asyncio, threading
        from milestone_sdk.patriot.sinks import CallableSink
        from tests.patriot.sinks.signals import make_signal

        async def main():
            sink = CallableSink(lambda signal: threading.Event().wait())
            try:
                async with asyncio.timeout(0.1):
                    await sink.send(make_signal())
            except TimeoutError:
                print("ended")

        asyncio.run(main())
        """
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert ended.stdout == "ended\n"


def test_only_a_function_is_accepted():
    with pytest.raises(ConfigurationError, match="function must be callable, got str"):
        CallableSink("print")
