"""The interface of a signal sink."""

from typing import Protocol, runtime_checkable

from ..signals import Signal

__all__ = ["SignalSink"]


@runtime_checkable
class SignalSink(Protocol):
    """Takes the signals of the Milestone task, each at least once; `Signal.key` is the same at each try.

    The task calls `send` for one signal of a client at a time, in the order of its server; calls for different clients
    overlap, so a sink limits by itself how many it works on (back-pressure: `send` waits). A `send` that is cancelled
    leaves open whether the signal arrived; it is sent again. A sink belongs to the event loop that first uses it.
    """

    async def send(self, signal: Signal) -> None:
        """Return once the receiver has acknowledged the signal, so that it survives a crash of this process.

        Raises `SinkUnavailable` when trying again may help, and `SignalRefused` when the receiver refuses this signal.
        """
        ...

    async def aclose(self) -> None:
        """Close connections and files; waits for nothing that was not acknowledged."""
        ...
