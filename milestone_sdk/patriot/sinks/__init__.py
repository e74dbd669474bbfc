"""Where signals go: the interface of a sink, and the sinks that come with the library."""

from .function import CallableSink
from .jsonlines import JsonLinesSink
from .outbox import PostgresOutboxSink
from .sink import SignalSink

__all__ = ["CallableSink", "JsonLinesSink", "PostgresOutboxSink", "SignalSink"]
