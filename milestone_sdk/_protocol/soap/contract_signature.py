"""What the operations of a contract take and return, in the terms of Python, with what the description says of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from inspect import Parameter as PythonParameter
from inspect import Signature as PythonSignature
from keyword import iskeyword
from textwrap import wrap
from typing import Any, Final
from uuid import UUID

from attrs import field, frozen
from lxml import etree

from .contract_types import XS, Member, Type
from .contract_values import INTEGERS, Record

__all__ = ["Descriptions", "Parameter", "Signature", "accepted", "python_name", "returned", "structures"]

_WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_PYTHON: Final[Mapping[str, type]] = {
    "boolean": bool,
    "double": float,
    "float": float,
    "dateTime": datetime,
    "base64Binary": bytes,
    **dict.fromkeys(INTEGERS, int),
}
_OF_REPLIES: Final = "The server leaves it out when it has its default."
_FEW: Final = 4
_SAMPLED: Final = 3
_WIDTH: Final = 110
_EXAMPLES: Final = {
    "deviceId": "camera.id",
    "recorderId": "camera.recorder.id",
    "AlarmFilter": "None",
    "EventFilter": "None",
    "from": "0",
    "maxCount": "10",
    "countLimit": "10",
    "maxHeight": "480",
    "maxResult": "10",
    "maxWidth": "640",
    "pageIndex": "0",
    "pageSize": "10",
    "MicroSeconds": "5_000_000",
    "path": '"/"',
    "Path": '"/"',
    "ptzArgs": '{"movement": [{"name": "pan", "value": 0.25}], "Normalized": False}',
    "itemType": '"Camera"',
    "ItemType": '"Camera"',
    "languageId": '"en-US"',
}
_EXAMPLES_BY_KIND: Final = {
    "any": '"text"',
    "base64Binary": 'b"bytes"',
    "boolean": "True",
    "dateTime": "datetime.now(UTC)",
    "double": "0.5",
    "guid": "uuid4()",
    "string": '"text"',
}


class _LeftOut:
    def __repr__(self) -> str:
        return "..."


_LEFT_OUT: Final = _LeftOut()


def python_name(name: str) -> str:
    """Return a wire name as Python takes it: `from_` for `from`."""
    return f"{name}_" if iskeyword(name) else name


def _python(declared: Type, structure: Any, array: Any, guid: Any) -> Any:
    if declared.kind == "array":
        return array[_python(declared.item.type, structure, array, guid)]
    special = {"any": Any, "guid": guid, "structure": structure}
    return special.get(declared.kind, _PYTHON.get(declared.kind, str))


def _text(declared: Type, structure: Callable[[Type], str], array: str, guid: str) -> str:
    if declared.kind == "array":
        return f"{array}[{_text(declared.item.type, structure, array, guid)}]"
    if declared.kind == "structure":
        return structure(declared)
    special = {"any": "Any", "guid": guid}
    return special.get(declared.kind, _PYTHON.get(declared.kind, str).__name__)


def accepted(declared: Type, structure: Callable[[Type], str] = str) -> str:
    """Return the Python type that a parameter takes, as text."""
    return _text(declared, structure, "Iterable", "UUID | str")


def returned(declared: Type, structure: Callable[[Type], str] = str) -> str:
    """Return the Python type of a result, as text. Each may be None as well."""
    return _text(declared, structure, "list", "str")


@frozen
class Parameter:
    """One parameter of an operation."""

    name: str
    declared: Type = field(repr=False)
    required: bool
    nullable: bool

    @property
    def type(self) -> str:
        """The wire name of the type, with `[]` for an array."""
        return str(self.declared)

    def takes_none(self, optional: bool) -> bool:
        """Return whether None is the value to give for nothing; `optional` as in `Signature.arranged`."""
        return self.nullable or not (self.required or optional)


@frozen
class Signature:
    """What an operation takes, in order, and what it returns.

    `parameters` is None where their names are not known: then each keyword is sent as an element of that name, in the
    order given. `returns` is None where nothing is returned.
    """  # docs/protocol: servercommand-operations, RestrictedMedia

    operation: str
    parameters: tuple[Parameter, ...] | None
    returns: Type | None = field(repr=False)

    @property
    def result(self) -> str | None:
        """The wire name of the type of the result."""
        return None if self.returns is None else str(self.returns)

    def arranged(self) -> Iterator[tuple[Parameter, bool]]:
        """Yield the parameters as a caller gives them, each with whether it can be left out: `token` last.

        Python allows no required parameter after an optional one: what is optional before one has to be given, or None.
        """
        parameters = [each for each in self.parameters or () if each.name != "token"]
        last = max((at for at, each in enumerate(parameters) if each.required), default=-1)
        yield from ((each, at > last) for at, each in enumerate(parameters))
        yield from ((each, True) for each in self.parameters or () if each.name == "token")

    def texts(self, accepts: Callable[[Parameter], str]) -> list[str]:
        """Return the parameters as Python writes them; `accepts` gives the type of each."""
        if self.parameters is None:
            return ["**elements: Any"]
        written: list[str] = []
        for each, optional in self.arranged():
            if each.name == "token":
                written += ["*", "token: str = ..."]
                continue
            none = " | None" if each.takes_none(optional) else ""
            written.append(f"{python_name(each.name)}: {accepts(each)}{none}{' = ...' if optional else ''}")
        return written

    def __str__(self) -> str:
        inside = ", ".join(self.texts(lambda each: accepted(each.declared)))
        result = "None" if self.returns is None else f"{returned(self.returns)} | None"
        return f"{self.operation}({inside}) -> {result}"

    def python(self) -> PythonSignature:
        """Return it as `inspect` has it; structures are mappings to send, and `Record`s in results."""
        kinds = PythonParameter
        if self.parameters is None:
            parameters = [kinds("elements", kinds.VAR_KEYWORD, annotation=Any)]
        else:
            parameters = [
                kinds(
                    python_name(each.name),
                    kinds.KEYWORD_ONLY if each.name == "token" else kinds.POSITIONAL_OR_KEYWORD,
                    default=_LEFT_OUT if optional else kinds.empty,
                    annotation=self._annotation(each, optional),
                )
                for each, optional in self.arranged()
            ]
        result = None if self.returns is None else _python(self.returns, Record, list, str) | None
        return PythonSignature(parameters, return_annotation=result)

    def _annotation(self, parameter: Parameter, optional: bool) -> Any:
        accepts = _python(parameter.declared, Mapping[str, Any], Iterable, UUID | str)
        return accepts | None if parameter.takes_none(optional) and parameter.name != "token" else accepts


class Descriptions:
    """The documentation that a description holds, by qualified name."""

    def __init__(self, description: bytes) -> None:
        root = etree.fromstring(description)
        self._operations = {
            str(each.get("name")): " ".join(text.split())
            for each in root.iter(f"{_WSDL}operation")
            if (text := each.findtext(f"{_WSDL}documentation"))
        }
        self._members: dict[tuple[str, str], str] = {}
        self._values: dict[str, list[str]] = {}
        for each in root.iter(f"{{{XS}}}element", f"{{{XS}}}simpleType"):
            name = str(each.get("name"))
            if each.tag == f"{{{XS}}}simpleType":
                self._values[name] = [str(value.get("value")) for value in each.iter(f"{{{XS}}}enumeration")]
            text = each.findtext(f"{{{XS}}}annotation/{{{XS}}}documentation")
            owner = next((above for above in each.iterancestors() if above.get("name")), None)
            if text and owner is not None:
                self._members[str(owner.get("name")), name] = " ".join(text.split())

    def operation(self, name: str) -> str:
        """Return what an operation does, or an empty string."""
        return self._operations.get(name, "").partition("Seen: ")[0].strip()

    def said(self, owner: str, name: str, declared: Type, *, sent: bool) -> str:
        """Return what is said of a parameter or member, with the values of an enumeration, and UTC for times."""
        item = declared.item.type if declared.kind == "array" else declared
        values = self._values.get(item.local, ()) if item.kind == "string" else ()
        text = self._members.get((owner, name), "")
        parts = [text.replace(_OF_REPLIES, "").strip() if sent else text]
        parts.append(f"One of {', '.join(map(repr, values))}." if values else "")
        parts.append("" if item.kind != "dateTime" else "With a time zone; sent in UTC." if sent else "UTC.")
        return " ".join(part for part in parts if part)

    def documentation(self, signature: Signature, service: str, call: str) -> str:
        """Return the docstring of an operation; `call` is the beginning of its example."""
        name = signature.operation
        lines = wrap(self.operation(name) or f"{name} of {service}: what it does is not documented.", _WIDTH)
        if signature.parameters != ():
            lines += ["", "Parameters:", *self._parameters(signature)]
        shapes = structures(each.declared for each in signature.parameters or ())
        if shapes:
            lines += ["", "Mappings to send, with their members in any order:"]
            lines += [line for each in shapes for line in _item(each.local, self.members(each, sent=True))]
        lines += ["", "Returns:", *_item(*self.result(signature))]
        seen = self._operations.get(name, "").partition("Seen: ")[2]
        lines += ["", *wrap(f"Seen: {seen}", _WIDTH)] if seen else []
        return "\n".join([*lines, "", "Example:", *self._call(f"{call}.{name}", signature)])

    def result(self, signature: Signature) -> tuple[str, str]:
        """Return the type of the result, and its members where it has some."""
        if signature.returns is None:
            return "None", ""
        shapes = structures([signature.returns])[:1]
        return f"{returned(signature.returns)} | None", "".join(self.members(each, sent=False) for each in shapes)

    def _parameters(self, signature: Signature) -> Iterator[str]:
        if signature.parameters is None:
            yield from _item(
                "**elements: Any", "Their names are not known: give each, the token too, by the server's own name."
            )
        for each, _ in signature.arranged():
            text = self.said(signature.operation, each.name, each.declared, sent=True)
            if each.name == "token":
                text = "The client's own by default."
            yield from _item(f"{python_name(each.name)}: {accepted(each.declared)}", text)

    def members(self, declared: Type, *, sent: bool) -> str:
        """Return the members of a structure with their types and what is said of them."""
        python = accepted if sent else returned

        def member(each: Member) -> str:
            type_ = f"list[{python(each.type)}]" if each.many else python(each.type)
            text = self.said(declared.local, each.name, each.type, sent=sent).rstrip(".")
            return f"{each.name} ({type_}: {text})" if text else f"{each.name} ({type_})"

        return "; ".join(map(member, declared.members.values())) + "."

    def _call(self, call: str, signature: Signature) -> list[str]:
        arguments = self._arguments(signature)
        if len(line := f"    >>> {call}({', '.join(arguments)})") <= _WIDTH:
            return [line]
        return [f"    >>> {call}(", *(f"    ...     {each}," for each in arguments), "    ... )"]

    def _arguments(self, signature: Signature) -> list[str]:
        """Return arguments with which the operation can be called, for `site`, `camera`, `datetime`, `UTC`, `uuid4`."""
        given = [each for each, _ in signature.arranged() if each.name != "token"]
        if len(given) <= _FEW:
            return [self._example(each.name, each.declared) for each in given]
        named = ((each, self._example(each.name, each.declared)) for each in given if not each.nullable)
        return [f"{python_name(each.name)}={value}" for each, value in named]

    def _example(self, name: str, declared: Type, depth: int = 0) -> str:
        if declared.kind == "array":
            return f"[{self._example(name.removesuffix('s'), declared.item.type, depth)}]"
        if known := _EXAMPLES.get(name) or _EXAMPLES.get(declared.local):
            return known
        if declared.kind == "structure":
            members = list(declared.members.values())
            chosen = [each for each in members if each.required or each.name in _EXAMPLES]
            chosen = chosen or members[: 0 if depth else _SAMPLED]
            inside = [(each, self._example(each.name, each.type, depth + 1)) for each in chosen]
            written = (
                f'"{each.name}": [{value}]' if each.many else f'"{each.name}": {value}' for each, value in inside
            )
            return f"{{{', '.join(written)}}}"
        values = self._values.get(declared.local, ())
        return f'"{values[0]}"' if declared.kind == "string" and values else _EXAMPLES_BY_KIND.get(declared.kind, "1")


def _item(head: str, text: str) -> list[str]:
    joined = f"{head}: {text}" if text else head
    return wrap(joined, _WIDTH, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False)


def structures(declared: Iterable[Type]) -> list[Type]:
    """Return the structures in these types, each once, in the order in which they are met."""
    found: dict[int, Type] = {}
    waiting = list(declared)
    while waiting:
        each = waiting.pop(0)
        if each.kind == "structure" and id(each) not in found:
            found[id(each)] = each
        elif each.kind != "array":
            continue
        waiting += [member.type for member in each.members.values()]
    return list(found.values())
