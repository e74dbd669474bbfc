"""Lists: a table in a terminal, lines with tabs elsewhere, JSON, CSV."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID

import typer
from attrs import frozen
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ..errors import ConfigurationError
from .groups import OptionGroup
from .screen import console, printable, say_columns

__all__ = ["Column", "Listing", "iso"]

T = TypeVar("T")
Value = str | int | float | bool | datetime | UUID | Path | Enum | None

_ID: Final = 36
"""Characters of an id, which is never cut and never wrapped, so that it can be copied."""
_LEAST: Final = 4
_BETWEEN: Final = 2
_NARROW: Final = 12
"""Characters that the other columns must have each; with less, the id is in a line below the last of them."""


@frozen
class Column(Generic[T]):
    """A column: its key in JSON and CSV, the value for an item. Without `table` it is in JSON and CSV only."""

    key: str
    value: Callable[[T], Value]
    table: bool = True

    @property
    def heading(self) -> str:
        """The key as the heading of a table."""
        return self.key.replace("_", " ").capitalize()


@frozen(kw_only=True)
class Listing(OptionGroup):
    """How a list is printed."""

    json: Annotated[bool, typer.Option("--json", help="Print JSON, times in ISO 8601.")] = False
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a line of headings.")] = False

    def __attrs_post_init__(self) -> None:
        if self.json and self.csv:
            raise ConfigurationError("--json and --csv are given: only one can be used")

    @property
    def is_table(self) -> bool:
        """Whether a person reads it."""
        return not (self.json or self.csv) and console().is_terminal

    def show(self, columns: Sequence[Column[T]], items: Iterable[T]) -> None:
        """Print all `items`: JSON is one array."""
        if self.json:
            print(json.dumps([_object(columns, item) for item in items], indent=2))
        elif self.is_table:
            console().print(_table([column for column in columns if column.table], items))
        else:
            add = self.opened(columns)
            for item in items:
                add(item)

    def opened(self, columns: Sequence[Column[T]]) -> Callable[[T], None]:
        """Return a call that prints one item more: JSON is one object a line."""
        if self.json:
            return lambda item: print(json.dumps(_object(columns, item)), flush=True)
        if self.csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(column.key for column in columns)

            def write(item: T) -> None:
                writer.writerow(printable(_text(column.value(item), iso)) for column in columns)
                sys.stdout.flush()

            return write
        shown = [column for column in columns if column.table]
        return lambda item: say_columns([_text(column.value(item), iso) for column in shown])


def iso(time: datetime) -> str:
    """Return a datetime in UTC as ISO 8601, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _object(columns: Sequence[Column[T]], item: T) -> dict[str, str | int | float | bool | None]:
    return {column.key: _plain(column.value(item)) for column in columns}


def _plain(value: Value) -> str | int | float | bool | None:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, UUID | Path) else value


def _text(value: Value, time: Callable[[datetime], str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return time(value) if isinstance(value, datetime) else str(_plain(value))


def _table(columns: Sequence[Column[T]], items: Iterable[T]) -> Table:
    """Return a table that fits: ids stay whole, everything else wraps."""
    rows = [[_cell(column.value(item)) for column in columns] for item in items]
    headings = [column.heading for column in columns]
    has_id = columns[-1].key == "id"
    others = len(columns) - has_id
    left = console().width - (_ID + _BETWEEN * others if has_id else 0)
    if has_id and left < _NARROW * others:
        rows = [[*row[:-2], f"{row[-2]}\n{row[-1]}"] for row in rows]
        headings[-2:] = [f"{headings[-2]}, id"]
    least = [_LEAST] * len(headings)
    if has_id:
        least[-1] = _ID
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _BETWEEN, 0, 0))
    for heading, width in zip(headings, _widths([headings, *rows], least), strict=True):
        table.add_column(heading, overflow="fold", width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _widths(rows: Sequence[Sequence[str]], least: Sequence[int]) -> list[int]:
    """Return the width of each column: what it needs, the widest cut until all fit, but none below its `least`."""
    widths = [max(cell_len(line) for row in rows for line in row[number].split("\n")) for number in range(len(least))]
    left = console().width - _BETWEEN * (len(widths) - 1)
    while sum(widths) > left and (wide := [number for number, width in enumerate(widths) if width > least[number]]):
        widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def _cell(value: Value) -> str:
    return printable(_text(value, lambda time: f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"))
