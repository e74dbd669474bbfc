"""Where signals go: the interface of a sink, and the sinks that come with the library."""

from .sink import SignalSink

__all__ = ["SignalSink"]
