"""The faults of a network between two machines, by toxiproxy's names; `proxy` applies them to bytes."""

from collections.abc import Callable, Mapping
from typing import Literal, get_args

from attrs import define, field

__all__ = ["KINDS", "Stream", "Toxic", "new_toxic"]

Stream = Literal["downstream", "upstream", "both"]
"""Which way: downstream is from the server to the client."""

KINDS: Mapping[str, Mapping[str, float]] = {
    "latency": {"seconds": 0.1, "jitter": 0.0},
    "bandwidth": {"rate": 1000.0},
    "slow_close": {"seconds": 1.0},
    "timeout": {"seconds": 0.0},
    "reset_peer": {"seconds": 0.0},
    "slicer": {"size": 1.0, "variation": 0.0, "delay": 0.0},
    "limit_data": {"bytes": 0.0},
    "down": {},
}
"""Kind of toxic -> the attributes it knows, and what they are when not given; see `FaultProxy.add`."""
_AT_LEAST: Mapping[str, float] = {"rate": 1.0, "size": 1.0}


@define(eq=False)
class Toxic:
    """One fault that is on, until `remove`."""

    kind: str
    stream: Stream
    toxicity: float
    attributes: Mapping[str, float]
    _switch_off: Callable[["Toxic"], None] = field(repr=False)

    def __getitem__(self, attribute: str) -> float:
        return self.attributes[attribute]

    def flows(self, stream: Stream) -> bool:
        """Whether it acts in that direction."""
        return self.stream in (stream, "both")

    def remove(self) -> None:
        """Switch it off; harmless when it is off already."""
        self._switch_off(self)


def new_toxic(
    kind: str, stream: Stream, toxicity: float, given: Mapping[str, float], switch_off: Callable[[Toxic], None]
) -> Toxic:
    """Make a toxic; ValueError for an unknown kind or attribute or an impossible number."""
    known = KINDS.get(kind)
    if known is None:
        raise ValueError(f"no toxic {kind!r}; there are {', '.join(KINDS)}")
    if unknown := set(given) - set(known):
        raise ValueError(f"{kind} knows no {', '.join(sorted(unknown))}; it knows {', '.join(known) or 'nothing'}")
    if stream not in get_args(Stream):
        raise ValueError(f"no stream {stream!r}; there are downstream, upstream, both")
    if not 0 <= toxicity <= 1:
        raise ValueError(f"a toxicity of {toxicity} is not a share of the connections: it must be 0 to 1")
    for name, value in given.items():
        if not _AT_LEAST.get(name, 0.0) <= value < float("inf"):
            raise ValueError(f"{kind}: {name} cannot be {value}")
    return Toxic(kind, stream, toxicity, {**known, **given}, switch_off)
