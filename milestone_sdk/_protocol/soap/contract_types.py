"""The types of one parsed description, prepared for encoding and decoding."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from .envelope import ARRAYS

__all__ = ["SERIALIZATION", "XS", "Member", "Type", "Types"]

XS: Final = "http://www.w3.org/2001/XMLSchema"
SERIALIZATION: Final = "http://schemas.microsoft.com/2003/10/Serialization/"


class Type:
    """One type; `kind` decides how a value is treated: structure, array, any, guid, or an XML Schema name."""

    def __init__(self, schema: Any) -> None:
        qname = schema.qname
        self.schema = schema
        self.local: str = "anyType" if qname is None else qname.localname  # zeep's xs:anyType has no name
        self.members: dict[str, Member] = {}
        if hasattr(schema, "elements_nested"):
            self.kind = "structure"
        elif qname is None:
            self.kind = "any"
        elif qname.namespace == XS:
            self.kind = self.local
        else:
            self.kind = "guid" if self.local == "guid" else "string"

    @property
    def item(self) -> "Member":
        """The one member of an array."""
        return next(iter(self.members.values()))

    def __str__(self) -> str:
        return f"{self.item.type}[]" if self.kind == "array" else self.local


@frozen(eq=False)
class Member:
    """One member of a structure; `required` and `nullable` are `minOccurs` and `nillable` of the description."""

    name: str
    type: Type
    required: bool
    many: bool
    nullable: bool


class Types:
    """All types of one description, by identity, by qualified name and by local name."""

    def __init__(self, described: Iterable[Any], built_in: Mapping[Any, Any]) -> None:
        self._by_identity: dict[int, Type] = {}
        self._by_name: dict[str, Type] = {}
        self._by_local_name: dict[str, Type] = {}
        for qname, each in built_in.items():
            self._by_name[str(qname)] = self.of(each)
        for each in described:
            if each.qname is not None and each.qname.namespace != XS:
                self._by_name[str(each.qname)] = self._by_local_name[each.qname.localname] = self.of(each)

    def of(self, schema: Any) -> Type:
        """Return the type of a type of zeep."""
        known = self._by_identity.get(id(schema))
        if known is not None:
            return known
        made = self._by_identity[id(schema)] = Type(schema)
        if made.kind == "structure":
            made.members.update((name, self._member(element)) for name, element in schema.elements if element.name)
            if len(made.members) == 1 and made.item.many:
                made.kind = "array"
        return made

    def _member(self, element: Any) -> Member:
        return Member(
            element.name, self.of(element.type), not element.is_optional, element.accepts_multiple, element.nillable
        )

    def at(self, namespace: str, local: str) -> Type | None:
        """Return a type by its qualified name, or None."""
        return self._by_name.get(f"{{{namespace}}}{local}")

    def named(self, name: str) -> Type:
        """Return a type by the name that a caller writes, `xs:int` or `AnalyticsEvent`. Raises ValueError."""
        prefix, _, local = name.rpartition(":")
        namespace = {"xs": XS, "ser": SERIALIZATION, "arr": ARRAYS}.get(prefix)
        found = self.at(namespace, local) if namespace else self._by_local_name.get(name)
        if found is None:
            raise ValueError(f"this contract has no type {name!r}")
        return found
