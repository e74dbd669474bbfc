"""Writes values as DataContractSerializer (`.svc`) and as XmlSerializer (`.asmx`) do (protocol/auth.md 6.1, 6.5)."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import define, evolve, field

from milestone_sdk.simulator.management.contract import IN_PROXY, PROXY, Member, members
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.wire.soap import ARRAYS, XSI, boolean_text, date_time_text, double_text, escape

__all__ = ["NullForm", "Value", "Values", "Writer"]

Value = str | int | float | bool | UUID | datetime | Mapping[str, "Value"] | Sequence["Value"] | None
Values = Mapping[str, Value]
"""Member name -> value; what is left out is null, or zero where null is not possible."""

NullForm = Literal["nil", "empty", "absent"]
"""How nothing is written: `<X i:nil="true"/>`, `<X/>`, or not at all."""

_ZERO = {"int": "0", "long": "0", "double": "0", "boolean": "false", "guid": str(UUID(int=0))}
_PLAIN_ENUM = "Undefined"


@define
class Writer:
    """Writes the values of one answer; `null_form` None lets `rng` choose for each member."""

    release: Release
    rng: random.Random
    asmx: bool = False
    null_form: NullForm | None = None
    _orders: dict[str, list[Member] | None] = field(init=False, factory=dict[str, list[Member] | None])

    def result(self, operation: str, kind: str, value: Value) -> bytes:
        """The `<OperationResult>` element of an answer: kind as in the contract, `[item]` for an array."""
        name = f"{operation}Result"
        if kind in ("int", "long", "double", "boolean", "guid", "dateTime", "text"):
            return b"" if value is None else self._element(name, self._text(kind, value)).encode()
        scope = "" if self.asmx else f' xmlns:i="{XSI}"' + (f' xmlns:a="{PROXY}"' if kind in IN_PROXY else "")
        item = kind[1:-1] if kind.startswith("[") else None
        if value is None:
            return b"" if self.asmx else f'<{name} i:nil="true"{scope}/>'.encode()
        inner, inner_scope = (
            (self._items(item, value), self._array_scope(item)) if item else (self._object(kind, value), "")
        )
        return self._element(name, inner, scope + inner_scope).encode()

    @staticmethod
    def _element(name: str, inner: str, attributes: str = "") -> str:
        return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"

    def _object(self, type_name: str, value: Value) -> str:
        if not isinstance(value, Mapping):
            raise TypeError(f"{type_name}: {value!r} is no object")
        if type_name not in self._orders:
            self._orders[type_name] = self._own(type_name)
        order = self._orders[type_name]
        if order is None:
            raise TypeError(f"{type_name} is not in the contract table")
        return "".join([self._member(member, value.get(member.name)) for member in order])

    def _own(self, type_name: str) -> list[Member] | None:
        """The members of a type with the names under which they are written."""
        order = members(type_name, self.release, asmx=self.asmx)
        if order is None or self.asmx or type_name not in IN_PROXY:
            return order
        return [evolve(member, written=f"a:{member.name}") for member in order]

    def _member(self, member: Member, value: Value) -> str:
        if member.nillable and (value is None or value == "" or (member.item and not value)):
            return self._nothing(member, value)
        if member.item:
            return self._element(member.written, self._items(member.item, value), self._array_scope(member.item))
        if isinstance(value, Mapping):
            return self._element(member.written, self._object(member.kind, value))
        return self._element(member.written, self._text(member.kind, value))

    def _nothing(self, member: Member, value: Value) -> str:
        can_be_empty = member.item is not None or member.kind in ("text", "xml")
        if self.asmx:
            return f"<{member.written}/>" if value is not None and can_be_empty else ""
        forms: tuple[NullForm, ...] = ("nil", "empty", "absent") if can_be_empty else ("nil", "absent")
        form = self.null_form or self.rng.choice(forms)
        if form == "absent":
            return ""
        scope = self._array_scope(member.item) if member.item else ""
        if form == "empty" and can_be_empty:
            return f"<{member.written}{scope}/>"
        return f'<{member.written} i:nil="true"{scope}/>'

    def _array_scope(self, item: str | None) -> str:
        return f' xmlns:a="{ARRAYS}"' if item in ("guid", "string") and not self.asmx else ""

    def _items(self, item: str, value: Value) -> str:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise TypeError(f"[{item}]: {value!r} is no list")
        if item in ("guid", "string"):
            name = item if self.asmx else f"a:{item}"
            kind = "text" if item == "string" else item
            return "".join([f"<{name}>{self._text(kind, entry)}</{name}>" for entry in value])
        return "".join([self._element(item, self._object(item, entry)) for entry in value])

    def _text(self, kind: str, value: Value) -> str:
        if kind == "dateTime":
            return date_time_text(value if isinstance(value, datetime) else None, self.rng)
        if kind == "xml" and self.asmx:
            return str(value)
        if value is None:
            return _ZERO.get(kind, _PLAIN_ENUM)
        if isinstance(value, bool):
            return boolean_text(value)
        if isinstance(value, float):
            return double_text(value)
        return escape(str(value))
