"""Text in the OpenMetrics format 1.0."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

__all__ = ["Number", "family"]

Number = int | float

_SUFFIXES: Final = {"counter": "_total", "info": "_info"}
"""Ends of the names of samples, by the type of their family."""


def family(name: str, kind: str, text: str, samples: Iterable[tuple[Mapping[str, str], Number]]) -> Iterator[str]:
    """Yield the lines of one metric family; each sample is its labels and its value."""
    yield f"# TYPE {name} {kind}"
    if name.endswith("_seconds"):
        yield f"# UNIT {name} seconds"
    yield f"# HELP {name} {_escaped(text)}"
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(content)}"' for label, content in labels.items())
        number = str(value) if isinstance(value, int) else format(value, ".6f")
        yield f"{name}{_SUFFIXES.get(kind, '')}{{{shown}}} {number}"


def _escaped(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
