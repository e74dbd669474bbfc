"""Finding camera folders by their names or paths."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ...models.devices import CameraGroup

__all__ = ["find_groups", "group_names"]

_PART: Final = re.compile(r"(?:\\[/\\]|[^/])+")
"""A name in the path of a folder."""
_EMPTY_PART: Final = re.compile(r"(?<!\\)//")


def find_groups(tops: Sequence[CameraGroup], wanted: str) -> list[CameraGroup]:
    """Return the folders with that name at any depth, or that path; with a leading slash the path is from the root."""
    rooted = wanted.startswith("/")
    raw = wanted[rooted:], wanted[rooted:].removesuffix("/")
    parts = _parts(wanted)
    placed = [found for top in tops for found in _placed(top)]
    by_path = [group for names, group in placed if names == parts or "/".join(names) in raw]
    by_name = [group for _, group in placed if group.name == wanted or ("\\" in wanted and (group.name,) == parts)]
    meant = {id(group) for group in (by_path or by_name if rooted else by_path + by_name)}
    return [group for _, group in placed if id(group) in meant]


def group_names(tops: Sequence[CameraGroup]) -> list[str]:
    """Return the paths and names of all folders."""
    return [name for top in tops for _, group in _placed(top) for name in (group.path, group.name)]


def _parts(path: str) -> tuple[str, ...]:
    r"""Return the names in a path: separated by slashes; `\/` is a slash in a name, `\\` a backslash.

    A path with an empty name has no parts.
    """
    if _EMPTY_PART.search(path):
        return ()
    return tuple(re.sub(r"\\([/\\])", r"\1", name) for name in _PART.findall(path))


def _placed(group: CameraGroup, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], CameraGroup]]:
    """Yield a folder and those below it, parents first, each with the names from the root."""
    names = (*above, group.name)
    yield names, group
    for below in group.groups:
        yield from _placed(below, names)
