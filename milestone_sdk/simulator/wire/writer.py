"""Writes answers as .NET's serializers do, by the tables of `contract`.

Members go out in contract order. Prefixes are those of WCF: none for the namespace of the service, `i` for
XMLSchema-instance, and letters from `a` on where a namespace is needed first.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from milestone_sdk.simulator.wire.contract import Contracts, Member, Operation, Record
from milestone_sdk.simulator.wire.reader import XSI
from milestone_sdk.simulator.wire.values import escape

__all__ = ["NullForm", "Writer"]

NullForm = Literal["nil", "empty", "absent"]
"""How null is written: `<X i:nil="true"/>`, `<X/>`, or not at all."""

_Scope = Mapping[str, str]


class Writer:
    """Writes answers of one service, whose own `namespace` is in scope without a prefix.

    Null is nil, but in a nullable member it takes one of `forms`, which `rng` chooses; there a list without items
    counts as null, and an empty string does where `blank_is_null`. `texts` replaces how simple types are written.
    `end` closes an element without content.
    """

    def __init__(
        self,
        contracts: Contracts,
        namespace: str,
        *,
        forms: tuple[NullForm, ...] = ("nil",),
        rng: random.Random | None = None,
        blank_is_null: bool = False,
        texts: Mapping[str, Callable[[Any], str]] | None = None,
        end: str = "/>",
    ) -> None:
        self._contracts = contracts
        self._scope = {namespace: ""}
        self._forms = forms
        self._rng = rng or random.Random(0)
        self._blank_is_null = blank_is_null
        self._texts: dict[str, Callable[[Any], str]] = {
            **{name: scalar.text for name, scalar in contracts.scalars.items()},
            **dict.fromkeys(contracts.enumerations, escape),
            **({"xml": str} if contracts.xml_serializer else {}),
            **(texts or {}),
        }
        self._end = end

    def result(self, operation: Operation, value: Any) -> bytes:
        """The `<OperationResult>` element; nothing for a void operation."""
        kind, name = operation.result, f"{operation.name}Result"
        parts: list[str] = []
        if kind is None or (value is None and self._contracts.xml_serializer):
            return b""
        if kind in self._texts:
            self._write(parts, name, kind, value, self._scope)
            return "".join(parts).encode()
        scope, declarations = self._declare(kind, self._scope)
        if not self._contracts.xml_serializer:
            scope, declarations = {**scope, XSI: "i"}, f'{declarations} xmlns:i="{XSI}"'
        self._write(parts, name, kind, value, scope, declarations)
        return "".join(parts).encode()

    def detail(self, kind: str, value: Any) -> bytes:
        """An element of a fault's detail: its namespace has no prefix."""
        namespace = self._contracts.namespace(kind)
        parts: list[str] = []
        self._write_members(parts, kind, value, {namespace: "", XSI: "i"})
        return f'<{kind} xmlns="{namespace}" xmlns:i="{XSI}">{"".join(parts)}</{kind}>'.encode()

    def _declare(self, kind: str, scope: _Scope) -> tuple[_Scope, str]:
        """The scope inside a contract or list, and the declaration that it needs."""
        namespace = self._contracts.namespace(kind)
        if namespace in scope:
            return scope, ""
        prefix = chr(ord("a") + sum(known not in ("", "i") for known in scope.values()))
        return {**scope, namespace: prefix}, f' xmlns:{prefix}="{namespace}"'

    def _write(self, parts: list[str], name: str, kind: str, value: Any, scope: _Scope, declarations: str = "") -> None:
        text_of = self._texts.get(kind)
        if text_of is not None:
            self._write_text(parts, name, kind, value, text_of)
            return
        scope, more = self._declare(kind, scope)
        declarations += more
        if value is None:
            parts.append(f'<{name} i:nil="true"{declarations}/>')
            return
        if isinstance(value, Record) and value.contract != kind and kind in self._contracts.contracts:
            kind = value.contract
            declarations = f' i:type="{scope[self._contracts.namespace(kind)]}:{kind}"{declarations}'
        start = len(parts)
        collection = self._contracts.collection(kind)
        if collection is None:
            self._write_members(parts, kind, value, scope)
        else:
            self._write_items(parts, _tag(scope[collection.namespace], collection.item), collection.type, value, scope)
        if len(parts) == start:
            parts.append(f"<{name}{declarations}{self._end}")
        else:
            parts.insert(start, f"<{name}{declarations}>")
            parts.append(f"</{name}>")

    def _write_text(self, parts: list[str], name: str, kind: str, value: Any, text_of: Callable[[Any], str]) -> None:
        if value is None:
            if self._contracts.is_nillable(kind):
                parts.append(f'<{name} i:nil="true"/>')
                return
            value = self._contracts.default(kind)
        text = text_of(value)
        parts.append(f"<{name}>{text}</{name}>" if text else f"<{name}{self._end}")

    def _write_items(self, parts: list[str], name: str, kind: str, items: Iterable[Any], scope: _Scope) -> None:
        for item in items:
            self._write(parts, name, kind, item, scope)

    def _write_members(self, parts: list[str], kind: str, value: Any, scope: _Scope) -> None:
        get = _getter(value)
        for namespace, member in self._contracts.layout(kind):
            name = _tag(scope[namespace], member.name)
            found = get(member)
            if member.omitted_when_default and (found is None or found == self._contracts.default(member.type)):
                continue
            if member.repeated:
                self._write_items(parts, name, member.type, found, scope)
                continue
            if self._is_null(member, found):
                form = self._form(member)
                if form == "absent":
                    continue
                found = None if form == "nil" else ""
            self._write(parts, name, member.type, found, scope)

    def _is_null(self, member: Member, value: Any) -> bool:
        if self._contracts.xml_serializer:
            return value is None and self._contracts.is_nillable(member.type)
        if not member.nullable:
            return False
        if value == "":
            return self._blank_is_null
        return value is None or (isinstance(value, list | tuple) and not value)

    def _form(self, member: Member) -> NullForm:
        if self._contracts.xml_serializer:
            return "absent"
        can_be_empty = member.type in self._texts or self._contracts.collection(member.type) is not None
        possible = [form for form in self._forms if form != "empty" or can_be_empty] or ["nil"]
        return possible[0] if len(possible) == 1 else self._rng.choice(possible)


def _tag(prefix: str, name: str) -> str:
    return f"{prefix}:{name}" if prefix else name


def _getter(value: Any) -> Callable[[Member], Any]:
    """How the members of an object are found: by their names in a record or mapping, else by their attributes."""
    if isinstance(value, Record):
        return lambda member: value.members.get(member.name)
    if isinstance(value, Mapping):
        return lambda member: value.get(member.name)
    return lambda member: getattr(value, member.attribute)
