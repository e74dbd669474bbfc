"""Writes answers as .NET's serializers do, by the tables of `contract`.

Members go out in contract order. Prefixes are those of WCF: none for the namespace of the service, `i` for
XMLSchema-instance, and letters from `a` on where a namespace is needed first.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast

from milestone_sdk.simulator.wire.contract import Contracts, Extended, Member, Operation, Record
from milestone_sdk.simulator.wire.reader import XSI
from milestone_sdk.simulator.wire.values import escape

__all__ = ["Emit", "NullForm", "Scope", "Writer"]

NullForm = Literal["nil", "empty", "absent"]
"""How null is written: `<X i:nil="true"/>`, `<X/>`, or not at all."""

Scope = tuple[tuple[str, str], ...]
"""The namespaces in scope, with their prefixes."""
Emit = Callable[[list[str], Any], None]
"""Appends the XML of a value to a list of parts."""


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
        self._scope: Scope = ((namespace, ""),)
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
        self._contents: dict[tuple[str, Scope], Emit] = {}

    def result(self, operation: Operation, value: Any) -> bytes:
        """The `<OperationResult>` element; nothing for a void operation."""
        kind, name, scope = operation.result, f"{operation.name}Result", self._scope
        if kind is None or (value is None and self._contracts.xml_serializer):
            return b""
        declarations = ""
        if kind not in self._texts:
            scope, declarations = self._declare(kind, scope)
            if not self._contracts.xml_serializer:
                scope, declarations = (*scope, (XSI, "i")), f'{declarations} xmlns:i="{XSI}"'
        parts: list[str] = []
        self._element(name, kind, scope, declarations)(parts, value)
        return "".join(parts).encode()

    def detail(self, kind: str, value: Any) -> bytes:
        """An element of a fault's detail: its namespace has no prefix."""
        namespace = self._contracts.namespace(kind)
        parts: list[str] = []
        self._content(kind, ((namespace, ""), (XSI, "i")))(parts, value)
        return f'<{kind} xmlns="{namespace}" xmlns:i="{XSI}">{"".join(parts)}</{kind}>'.encode()

    def _declare(self, kind: str, scope: Scope) -> tuple[Scope, str]:
        """The scope inside a contract or list, and the declaration that it needs."""
        namespace = self._contracts.namespace(kind)
        if any(namespace == known for known, _ in scope):
            return scope, ""
        prefix = chr(ord("a") + sum(known not in ("", "i") for _, known in scope))
        return (*scope, (namespace, prefix)), f' xmlns:{prefix}="{namespace}"'

    # What a value needs is worked out once for each type and scope: a large site has millions of values

    def _element(self, tag: str, kind: str, scope: Scope, declarations: str = "") -> Emit:
        text_of = self._texts.get(kind)
        if text_of is not None:
            return self._simple_element(tag, kind, text_of)
        scope, more = self._declare(kind, scope)
        declarations += more
        start, empty, end = f"<{tag}{declarations}>", f"<{tag}{declarations}{self._end}", f"</{tag}>"
        nil = f'<{tag} i:nil="true"{declarations}/>'
        declared: Emit | None = None

        def emit(parts: list[str], value: Any) -> None:
            nonlocal declared
            if value is None:
                parts.append(nil)
                return
            if declared is None:  # not before: types refer to themselves
                declared = self._content(kind, scope)
            place, content = len(parts), declared
            parts.append(start)
            if isinstance(value, Record) and value.contract != kind:
                name = _tag(dict(scope)[self._contracts.namespace(value.contract)], value.contract)
                parts[place] = f'<{tag} i:type="{name}"{declarations}>'
                content = self._content(value.contract, scope)
            content(parts, value)
            if len(parts) == place + 1:
                parts[place] = empty
            else:
                parts.append(end)

        return emit

    def _simple_element(self, tag: str, kind: str, text_of: Callable[[Any], str]) -> Emit:
        start, empty, end = f"<{tag}>", f"<{tag}{self._end}", f"</{tag}>"
        can_be_nil, default = self._contracts.is_nillable(kind), self._contracts.default(kind)

        def emit(parts: list[str], value: Any) -> None:
            if value is None and can_be_nil:
                parts.append(f'<{tag} i:nil="true"/>')
                return
            text = text_of(default if value is None else value)
            parts.append(f"{start}{text}{end}" if text else empty)

        return emit

    def _content(self, kind: str, scope: Scope) -> Emit:
        """Writes what is inside a contract or list."""
        found = self._contents.get((kind, scope))
        if found is None:
            collection = self._contracts.collection(kind)
            if collection is None:
                found = self._members(kind, scope)
            else:
                tag = _tag(dict(scope)[collection.namespace], collection.item)
                found = _each(self._element(tag, collection.type, scope))
            self._contents[kind, scope] = found
        return found

    def _members(self, kind: str, scope: Scope) -> Emit:
        """Writes the members of a contract."""
        prefixes = dict(scope)
        layout = [
            (member, self._member(_tag(prefixes[namespace], member.name), member, scope))
            for namespace, member in self._contracts.layout(kind)
        ]

        def emit(parts: list[str], value: Any) -> None:
            get = _getter(value)
            for member, write in layout:
                write(parts, get(member))

        return emit

    def _member(self, tag: str, member: Member, scope: Scope) -> Emit:
        element = self._element(tag, member.type, scope)
        if member.repeated:
            return _each(element)
        if self._contracts.xml_serializer:
            return (
                _unless(element, lambda value: value is None) if self._contracts.is_nillable(member.type) else element
            )
        if member.omitted_when_default:
            default = self._contracts.default(member.type)
            return _unless(element, lambda value: value is None or value == default)
        return self._nullable(element, member) if member.nullable else element

    def _nullable(self, element: Emit, member: Member) -> Emit:
        can_be_empty = member.type in self._texts or self._contracts.collection(member.type) is not None
        forms = [form for form in self._forms if form != "empty" or can_be_empty] or ["nil"]
        blank_is_null, rng = self._blank_is_null, self._rng

        def emit(parts: list[str], value: Any) -> None:
            if value is None or (not value and (blank_is_null if value == "" else isinstance(value, list | tuple))):
                form = forms[0] if len(forms) == 1 else rng.choice(forms)
                if form == "absent":
                    return
                value = None if form == "nil" else ""
            element(parts, value)

        return emit


def _each(element: Emit) -> Emit:
    def emit(parts: list[str], items: Iterable[Any]) -> None:
        for item in items:
            element(parts, item)

    return emit


def _unless(element: Emit, is_left_out: Callable[[Any], bool]) -> Emit:
    def emit(parts: list[str], value: Any) -> None:
        if not is_left_out(value):
            element(parts, value)

    return emit


def _tag(prefix: str, name: str) -> str:
    return f"{prefix}:{name}" if prefix else name


def _getter(value: Any) -> Callable[[Member], Any]:
    """How the members of an object are found: by their names in a record or mapping, else by their attributes."""
    if isinstance(value, Record | Mapping):
        members = value.members if isinstance(value, Record) else cast("Mapping[str, Any]", value)
        return lambda member: members.get(member.name)
    if isinstance(value, Extended):
        more, subject = value.members, value.subject
        return lambda m: more[m.name] if m.name in more else getattr(subject, m.attribute, None)
    return lambda member: getattr(value, member.attribute)
