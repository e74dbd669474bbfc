"""Signals to a function of the program."""

import asyncio
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


def test_only_a_function_is_accepted():
    with pytest.raises(ConfigurationError, match="function must be callable, got str"):
        CallableSink("print")
