"""The sink for receivers of ANSI/SIA DC-09: what a signal becomes, its frames, and the connection."""

from .sink import Dc09Sink

__all__ = ["Dc09Sink"]
