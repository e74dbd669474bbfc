"""Where signals go: the interface of a sink, and the sinks that come with the library.

A sink is loaded when its name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from .sink import SignalSink

if TYPE_CHECKING:
    from .dc09 import Dc09Sink
    from .http import HttpSink
    from .httplogin import HttpLogin

__all__ = ["Dc09Sink", "HttpLogin", "HttpSink", "SignalSink"]

_HOMES: Final = {"Dc09Sink": "dc09", "HttpLogin": "httplogin", "HttpSink": "http"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
