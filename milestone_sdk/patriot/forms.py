"""How the values of a file of records are read, and how its JSON Schema describes them.

Each form has a `schema()`, and reads a value at a place. What is wrong is noted at the place, and reading goes on, so
that one mistake does not hide another; the value is `WRONG` then. Messages never repeat a value of the wrong type: it
may be a misplaced password.
"""

import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Union, cast, get_args, get_origin, get_type_hints

from attrs import NOTHING, field, fields, frozen

from ..errors import ConfigurationError
from .positions import Key
from .references import REFERENCE_FORM, resolve

__all__ = ["WRONG", "Choice", "Form", "ListOf", "Place", "Problem", "Schema", "Table", "Text", "Variants", "Whole"]

Schema = dict[str, Any]
WRONG: Final = object()
"""What a form returns for a value that it noted a problem of."""
_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "a boolean"),
    (str, "a string"),
    (int, "an integer"),
    (float, "a number"),
    (Mapping, "a table"),
    (list, "an array"),
)
_SECRET: Final = re.compile("(.*_)?(password|secret|key)|.*_token")
"""Names of parameters that are secrets: they are named by a reference, never written down."""


def _kind(value: Any) -> str:
    of: type = value.__class__
    return next((name for kind, name in _KINDS if issubclass(of, kind)), of.__name__)


@frozen
class Problem:
    """One thing that is wrong, and where."""

    keys: tuple[Key, ...]
    what: str
    hint: str | None = None

    def __str__(self) -> str:
        parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys)
        where = "".join(parts).removeprefix(".")
        text = f"{where}: {self.what}" if where else self.what
        return f"{text}. Hint: {self.hint}" if self.hint else text


@frozen
class Place:
    """Where a value is. All places of a file share its folder, its problems, and what its records share."""

    folder: Path
    keys: tuple[Key, ...] = ()
    problems: list[Problem] = field(factory=list[Problem])
    shared: dict[object, Any] = field(factory=dict[object, Any])

    def at(self, key: Key) -> "Place":
        """Return the place of a value in this one."""
        return Place(self.folder, (*self.keys, key), self.problems, self.shared)

    def wrong(self, what: str, hint: str | None = None) -> object:
        """Note a problem, and return `WRONG`."""
        self.problems.append(Problem(self.keys, what, hint))
        return WRONG

    def make(self, call: Callable[[], object]) -> object:
        """Return what a call returns, or `WRONG` if it raises `ConfigurationError`."""
        try:
            return call()
        except ConfigurationError as error:
            return self.wrong(error.message, error.hint)


_PASSWORD_INSIDE: Final = re.compile(r"password\s*=|://[^/@\s]*:[^/@\s]*@", re.IGNORECASE)
"""In connection strings and URLs."""


class Form(Protocol):
    """How one kind of value is read and described."""

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        ...

    def read(self, value: object, place: Place) -> Any:
        """Return the value as the records have it, or `WRONG`."""
        ...


@frozen
class Text:
    """A string. `reference` says whether it `may` or `must` be named by a reference; a path starts in the folder.

    `make` makes a value of it, and may raise `ConfigurationError`.
    """

    reference: Literal["no", "may", "must"] = "no"
    path: bool = False
    hint: str | None = None
    make: Callable[[str], object] | None = None

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        reference = {"$ref": "#/$defs/reference"}
        if self.reference == "must":
            return reference
        return {"type": "string"} if self.reference == "no" else {"anyOf": [{"type": "string"}, reference]}

    def read(self, value: object, place: Place) -> Any:
        """Return the string, the path, or what is made of it."""
        if isinstance(value, Mapping) and self.reference != "no":
            reference = cast("Mapping[str, object]", value)
            value = place.make(lambda: resolve(reference, place.folder))
        elif self.reference == "must":
            return place.wrong("is a secret, and must not be written here", f"write {REFERENCE_FORM}")
        elif not isinstance(value, str):
            return place.wrong(f"must be a string, got {_kind(value)}", self.hint)
        elif self.reference == "may" and _PASSWORD_INSIDE.search(value):
            return place.wrong("contains a password, and must not be written here", f"write {REFERENCE_FORM}")
        if not isinstance(value, str):
            return WRONG
        make, text = self.make, value
        return place.folder / text if self.path else text if make is None else place.make(lambda: make(text))


@frozen
class Whole:
    """An integer from `minimum` to `maximum`."""

    minimum: int | None = None
    maximum: int | None = None

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        return {"type": "integer", **{name: limit for name, limit in limits.items() if limit is not None}}

    def read(self, value: object, place: Place) -> Any:
        """Return the integer."""
        if isinstance(value, int) and not isinstance(value, bool):
            if (self.minimum is None or self.minimum <= value) and (self.maximum is None or value <= self.maximum):
                return value
            return place.wrong(f"must be from {self.minimum} to {self.maximum}, got {value}")
        hint = f"write {value}, without quotes" if isinstance(value, str) and value.isdecimal() else None
        return place.wrong(f"must be an integer, got {_kind(value)}", hint)


@frozen
class Choice:
    """One of some values."""

    values: tuple[object, ...]

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        return {"enum": list(self.values)}

    def read(self, value: object, place: Place) -> Any:
        """Return the value."""
        if value in self.values:
            return value
        allowed = ", ".join(map(str, self.values)) or "nothing"
        return place.wrong(f"must be one of {allowed}, got {_kind(value)}", _nearest(value, self.values))


@frozen
class Plain:
    """A value of one type: `bool`, `float`, or `object` for any."""

    kind: type

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        return dict(_TYPES[self.kind])

    def read(self, value: object, place: Place) -> Any:
        """Return the value."""
        if self.kind is bool and not isinstance(value, bool):
            return place.wrong(f"must be true or false, got {_kind(value)}", "write true or false, without quotes")
        if self.kind is float and (isinstance(value, bool) or not isinstance(value, int | float)):
            return place.wrong(f"must be a number, got {_kind(value)}")
        return value


_TYPES: Final[Mapping[type, Schema]] = {object: {}, bool: {"type": "boolean"}, float: {"type": "number"}}


@frozen
class ListOf:
    """An array. `check` notes what is wrong with its items together; it gets them as they are written, and as read."""

    item: Form
    check: Callable[[Sequence[Any], Sequence[Any], Place], None] | None = None
    hint: str | None = None

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        return {"type": "array", "items": self.item.schema()}

    def read(self, value: object, place: Place) -> Any:
        """Return the items that are right."""
        if not isinstance(value, list | tuple):
            return place.wrong(f"must be an array, got {_kind(value)}", self.hint)
        items = cast("Sequence[object]", value)
        found = [self.item.read(item, place.at(index)) for index, item in enumerate(items)]
        noted = len(place.problems)
        if self.check is not None:
            self.check(items, found, place)
        is_wrong = len(place.problems) > noted or any(item is WRONG for item in found)
        return WRONG if is_wrong else tuple(found)


@frozen
class MapOf:
    """A table whose keys are of the writer's choice; with `number`, they are integers, which both formats quote."""

    item: Form
    number: bool = False

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        names = {"propertyNames": {"pattern": "^[0-9]+$"}} if self.number else {}
        return {"type": "object", **names, "additionalProperties": self.item.schema()}

    def read(self, value: object, place: Place) -> Any:
        """Return the table, with integers as keys if they are."""
        if not isinstance(value, Mapping):
            return place.wrong(f"must be a table, got {_kind(value)}")
        found: dict[Any, Any] = {}
        for name, item in cast("Mapping[str, object]", value).items():
            read = self.item.read(item, place.at(name))
            if self.number and not (name.isascii() and name.isdecimal()):
                read = place.at(name).wrong("is a key that must be a number")
            found[int(name) if self.number and read is not WRONG else name] = read
        return WRONG if any(item is WRONG for item in found.values()) else found


@frozen
class Table:
    """A table with keys of its own; unknown ones are wrong. `make` makes the record of the values.

    With `partial` it is also called where values are wrong, to find more problems; those values are `WRONG`.
    """

    keys: Mapping[str, Form]
    make: Callable[[dict[str, Any], Place], Any]
    required: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(factory=dict[str, Any])
    hint: str | None = None
    partial: bool = False

    @classmethod
    def of(cls, kind: type, special: Mapping[type, Form] = types.MappingProxyType({})) -> "Table":
        """Return the table of an attrs class: a key for each of its fields that can be written in a file."""
        hints = get_type_hints(kind)
        keys: dict[str, Form] = {}
        for each in (each for each in fields(kind) if each.init and not each.name.startswith("_")):
            form = Whole(**each.metadata) if "minimum" in each.metadata else _form(each.name, hints[each.name], special)
            if form is not None:
                keys[each.name] = form
        required = tuple(each.name for each in fields(kind) if each.default is NOTHING and each.name in keys)
        return cls(keys, lambda values, place: place.make(lambda: kind(**values)), required)

    @classmethod
    def of_call(cls, call: Callable[..., object], special: Mapping[type, Form], *, make: Callable[..., Any]) -> "Table":
        """Return the table of keyword parameters: a key for each that can be written in a file."""
        hints = get_type_hints(getattr(call, "__init__", call) if isinstance(call, type) else call)
        parameters = [each for each in signature(call).parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
        forms = {each.name: _form(each.name, hints.get(each.name, object), special) for each in parameters}
        keys = {name: form for name, form in forms.items() if form is not None}
        required = tuple(each.name for each in parameters if each.default is Parameter.empty and each.name in keys)
        return cls(keys, make, required)

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        properties = {name: form.schema() for name, form in self.keys.items()}
        required = {"required": list(self.required)} if self.required else {}
        return {"type": "object", "properties": properties, **required, "additionalProperties": False, **self.more}

    def read(self, value: object, place: Place) -> Any:
        """Return the record."""
        if not isinstance(value, Mapping):
            return place.wrong(f"must be a table, got {_kind(value)}", self.hint)
        table = cast("Mapping[str, object]", value)
        found: dict[str, object] = {}
        for name, item in table.items():
            if (form := self.keys.get(name)) is None:
                found[name] = place.at(name).wrong("is not a known key", _nearest(name, self.keys))
            else:
                found[name] = form.read(item, place.at(name))
        for name in self.required:
            if name not in table:
                found[name] = place.wrong(f"{name} is missing")
        is_wrong = any(item is WRONG for item in found.values())
        made = self.make(found, place) if self.partial or not is_wrong else WRONG
        return WRONG if is_wrong else made


@frozen
class Variants:
    """A table whose other keys depend on the value of one key."""

    by: str
    tables: Mapping[str, Table]

    def schema(self) -> Schema:
        """Return the JSON Schema of such values."""
        schemas: list[Schema] = []
        for name, table in self.tables.items():
            schema = table.schema()
            schema["properties"] = {self.by: {"const": name}, **schema["properties"]}
            schemas.append({**schema, "required": [self.by, *table.required]})
        return {"oneOf": schemas} if schemas else {"not": {}}

    def read(self, value: object, place: Place) -> Any:
        """Return the record."""
        if not isinstance(value, Mapping):
            return place.wrong(f"must be a table, got {_kind(value)}")
        table = dict(cast("Mapping[str, object]", value))
        if self.by not in table:
            return place.wrong(f"{self.by} is missing", f"one of {', '.join(self.tables)}")
        name = Choice(tuple(self.tables)).read(table.pop(self.by), place.at(self.by))
        return WRONG if name is WRONG else self.tables[name].read(table, place)


def _nearest(value: object, known: Iterable[object]) -> str | None:
    names = [str(each) for each in known]
    near = get_close_matches(value, names, 1) if isinstance(value, str) else []
    if near:
        return f"did you mean {near[0]}?"
    return f"known are {', '.join(names)}" if names else None


def _form(name: str, hint: Any, special: Mapping[type, Form]) -> Form | None:
    """Return the form of a field or parameter by its type; `None` for one that cannot be written in a file."""
    union = get_origin(hint) in (Union, types.UnionType)
    kinds = [kind for kind in (get_args(hint) if union else (hint,)) if kind is not types.NoneType]
    for kind in kinds:
        if isinstance(kind, type) and kind is not str and kind in special:
            return special[kind]
        if (of := _container(name, kind, special)) is not None:
            return of
    if Path in kinds:
        return Text("may", path=True)
    if str in kinds:
        return Text("must") if _SECRET.fullmatch(name) else special.get(str, Text())
    if float in kinds:
        return Plain(float)
    if int in kinds:
        return Whole()
    if bool in kinds:
        return Plain(bool)
    return Plain(object) if object in kinds or Any in kinds else None


def _container(name: str, kind: Any, special: Mapping[type, Form]) -> Form | None:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return Choice(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        item = _form(name, arguments[1], special)
        return MapOf(item, number=arguments[0] is int) if item is not None else None
    if isinstance(origin, type) and issubclass(origin, Iterable):
        item = _form(name, arguments[0], special)
        return ListOf(item) if item is not None else None
    if isinstance(kind, type) and hasattr(kind, "__attrs_attrs__"):
        return Table.of(kind, special)
    return None
