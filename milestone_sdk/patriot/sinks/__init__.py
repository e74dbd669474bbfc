"""Where signals go: the interface of a sink, and the sinks that come with the library.

A sink is loaded when its name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from .sink import SignalSink

if TYPE_CHECKING:
    from .dc09 import Dc09Sink
    from .function import CallableSink
    from .http import HttpSink
    from .httplogin import HttpLogin
    from .jsonlines import JsonLinesSink
    from .outbox import PostgresOutboxSink

__all__ = [
    "CallableSink",
    "Dc09Sink",
    "HttpLogin",
    "HttpSink",
    "JsonLinesSink",
    "PostgresOutboxSink",
    "SignalSink",
]

_HOMES: Final = {
    "CallableSink": "function",
    "Dc09Sink": "dc09",
    "HttpLogin": "httplogin",
    "HttpSink": "http",
    "JsonLinesSink": "jsonlines",
    "PostgresOutboxSink": "outbox",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
