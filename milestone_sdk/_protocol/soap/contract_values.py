"""The plain values that `contract` takes and gives: records, typed values, and simple values as text.

A message about a value that does not fit never shows the value: it may be a token given in the wrong place.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast
from uuid import UUID

from attrs import field, frozen
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage]  # lxml has no public name for it

from . import values
from .faults import local_name

__all__ = ["INTEGERS", "NIL", "Record", "Typed", "read_text", "unread", "written"]

NIL: Final = f"{{{values.XMLSCHEMA_INSTANCE}}}nil"

INTEGERS: Final = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1),
}
GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


_SHOWN: Final = 5
_SECRET: Final = frozenset({"SLC", "Token", "currentToken", "token"})


class Record(dict[str, Any]):
    """A structure of a reply: every member of the contract by its wire name, also as an attribute.

    Members that the server left out are None, or an empty list where they repeat. `unknown` has the members that are
    not in the description, as strings or records; they are not sent when a record is used in a request. `wire_type` is
    the type that the reply states (`xsi:type`), else empty. The repr is one line with the first members that have a
    value; it shows no token and no licence code.
    """

    def __init__(
        self,
        members: Mapping[str, Any],
        *,
        wire_type: str = "",
        unknown: Mapping[str, Any] | None = None,
        name: str = "Record",
    ) -> None:
        super().__init__(members)
        self.wire_type = wire_type
        self.unknown: dict[str, Any] = dict(unknown or {})
        self._name = name

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def __repr__(self) -> str:
        filled = [(name, value) for name, value in self.items() if value is not None and value != []]
        shown = [f"{name}={self._shown(name, value)}" for name, value in filled[:_SHOWN]]
        more = [f"{len(filled) - _SHOWN} more"] if len(filled) > _SHOWN else []
        return f"{self._name}({', '.join([*shown, *more])})"

    @staticmethod
    def _shown(name: str, value: object) -> str:
        """Return a member as the repr shows it; in full only where it is short."""
        if name in _SECRET:
            return "..."
        if isinstance(value, Record):
            return f"{value._name}(...)"
        if isinstance(value, list):
            return f"[{len(cast('list[object]', value))}]"
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, bytes):
            return f"<{len(value)} bytes>"
        return repr(f"{value[:37]}..." if isinstance(value, str) and len(value) > 40 else value)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no member {name!r}; the members are {', '.join(self)}") from None


@frozen
class Typed:
    """A value that states its own type on the wire (`xsi:type`).

    `type` is `xs:unsignedShort`, `ser:guid` and the like for a simple value, or the name of a described type:
    `Typed("AnalyticsEvent", {...})` where the contract says `BaseEvent`. Values of members of any type (`Condition`
    `Value`) need it only where the Python type is ambiguous.
    """  # docs/protocol: alarms-conditions

    type: str
    value: Any = field(repr=False)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_WRITERS: Final[Mapping[str, tuple[Callable[[Any], bool], Callable[[Any], str], str]]] = {
    "boolean": (lambda value: isinstance(value, bool), lambda value: "true" if value else "false", "True or False"),
    "double": (_is_number, values.double_text, "a number"),
    "float": (_is_number, values.double_text, "a number"),
    "dateTime": (
        lambda value: isinstance(value, datetime) and value.tzinfo is not None,
        lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "a datetime with a time zone",
    ),
    "base64Binary": (
        lambda value: isinstance(value, bytes),
        lambda value: base64.b64encode(value).decode("ascii"),
        "bytes",
    ),
    "guid": (
        lambda value: isinstance(value, UUID) or (isinstance(value, str) and GUID.fullmatch(value) is not None),
        lambda value: str(value).lower(),
        "a UUID, or its string with hyphens",
    ),
    "string": (lambda value: isinstance(value, str), str, "a string"),
}
"""For each kind, whether a value is of it, how it is written, and what is expected."""


def written(value: Any, kind: str, path: str) -> str:
    """Return a simple value as text; the message of its ValueError never shows the value, which may be a secret."""
    if kind in INTEGERS:
        low, high = INTEGERS[kind]
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return str(int(value))
        expected = f"a whole number from {low} to {high}"
    else:
        fits, write, expected = _WRITERS.get(kind, _WRITERS["string"])
        if fits(value):
            return write(value)
    raise ValueError(f"{path} must be {expected}, got {type(value).__name__}")


def read_text(node: Element, kind: str, path: str) -> Any:
    """Return the text of a node as a simple value; None, noted for the log, where it cannot be read."""
    text = node.text or ""
    if len(node):
        values.note(f"{path}, text", "elements")
        return None
    try:
        if not text and (kind in INTEGERS or kind in ("boolean", "double", "float")):
            raise ValueError("an empty text is not a value of this type")
        if kind in INTEGERS:
            low, high = INTEGERS[kind]
            number = values.parse_integer(text)
            if not low <= number <= high:
                raise ValueError(f"{number} is not between {low} and {high}")
            return number
        reader = READERS.get(kind)
        return text if reader is None else reader(text)
    except (ValueError, ArithmeticError):
        values.note(f"{path}, {kind}", text)
        return None


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "boolean": values.parse_boolean,
    "double": values.parse_real,
    "float": values.parse_real,
    "dateTime": values.parse_optional_moment,
    "base64Binary": values.parse_base64,
}


def unread(node: Element) -> Any:
    """Return a node that no description covers: None, text, or a record of its members, repeated names as lists."""
    if node.get(NIL) in ("true", "1"):
        return None
    if not len(node):
        return node.text or ""
    found: dict[str, list[Any]] = {}
    for child in node:
        found.setdefault(local_name(child), []).append(unread(child))
    return Record({name: each[0] if len(each) == 1 else each for name, each in found.items()})
