"""Finding one thing by its exact name or its id, and the names that resemble a wrong one."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Protocol, TypeVar
from uuid import UUID

from ...errors import AmbiguousName

__all__ = ["find_one", "near_misses"]


class _Named(Protocol):
    @property
    def id(self) -> UUID: ...

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


def find_one(kind: str, known: Collection[T], reference: UUID | str, *, server: str) -> T | None:
    """Return the one of that exact name or, if none has it, of that id; `None` if there is none.

    A name is never chosen between: raises `AmbiguousName` if several have it, which `kind` is the word for.
    """
    if isinstance(reference, UUID):
        return next((each for each in known if each.id == reference), None)
    found = [each for each in known if each.name == reference]
    if len(found) > 1:
        raise AmbiguousName(
            f"{len(found)} {kind}s are called {reference!r}", ids=[each.id for each in found], server=server
        )
    if found:
        return found[0]
    try:
        return find_one(kind, known, UUID(reference), server=server)
    except ValueError:
        return None


def near_misses(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that resemble `name`, best first, letter case aside."""
    by_folded = {known_name.casefold(): known_name for known_name in known}
    return [by_folded[found] for found in get_close_matches(name.casefold(), by_folded, n=5, cutoff=0.6)]
