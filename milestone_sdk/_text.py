"""Strings of servers and cameras, made safe for a terminal, a log line and an error."""

import re
from collections.abc import Callable
from typing import Final, cast

__all__ = ["each_string", "printable"]

_LONGEST: Final = 2000
"""Characters of one string that are shown."""

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Control characters, among them line ends and the start of terminal escapes; changes of the writing direction;
invisible characters; halves of surrogate pairs, which no stream can encode."""


def printable(text: str, longest: int = _LONGEST) -> str:
    r"""Return at most `longest` characters of `text` on one line, with unsafe ones as `\x1b`, `\u202e` and the like.

    A string that was cut ends in `...`; one that is safe and short enough is returned as it is.
    """
    cut = len(text) > longest
    shown = _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text[: longest + 1])
    if not cut and len(shown) <= longest:
        return shown
    return shown[: longest - 3] + "..."


def each_string(value: object, change: Callable[[str], str]) -> object:
    """Return the value with each string in it changed, in tuples too; other values are returned as they are."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(each_string(item, change) for item in cast("tuple[object, ...]", value))
    return value
