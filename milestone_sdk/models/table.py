"""A tuple of models that a notebook shows as a table."""

from collections.abc import Iterable
from html import escape
from typing import Any, Final, TypeVar, cast

from .model import Model

__all__ = ["Table"]

_MOST_ROWS: Final = 100
_MOST_COLUMNS: Final = 8
_LONGEST: Final = 60

M = TypeVar("M", bound=Model)


class Table(tuple[M, ...]):
    """A tuple of models; a notebook shows it as a table, of the members in which its first models differ from empty."""

    __slots__ = ()

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return `as_dict()` of each, for `json`, `csv.DictWriter` or a data frame."""
        return [model.as_dict() for model in self]

    def _repr_html_(self) -> str:
        rows = [model.as_dict() for model in self[:_MOST_ROWS]]
        told = {name for row in rows for name, value in row.items() if value not in _EMPTY}
        first = ("name", *(self[0].shown_first if self else ()))
        columns = [name for name in dict.fromkeys((*first, *(name for row in rows for name in row))) if name in told]
        columns = columns[:_MOST_COLUMNS]
        body = "".join(f"<tr>{_cells('td', (_text(row[name]) for name in columns))}</tr>" for row in rows)
        more = f"<p>{len(self) - _MOST_ROWS} more</p>" if len(self) > _MOST_ROWS else ""
        return f"<table><thead><tr>{_cells('th', columns)}</tr></thead><tbody>{body}</tbody></table>{more}"


_EMPTY: Final[tuple[object, ...]] = (None, "", [], {}, 0, False)


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def _text(value: Any) -> str:
    """Return a value in a cell: of a model in a model its name, of a list how many."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        value = members.get("name") or members.get("id") or ""
    elif isinstance(value, list):
        value = len(value)  # pyright: ignore[reportUnknownArgumentType]: of what, does not matter
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
