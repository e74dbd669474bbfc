"""The contracts of the SOAP services: any operation encoded and decoded through zeep, without I/O.

Structures are mappings (`Record` in replies, any mapping in requests), arrays are lists, GUIDs and enumerations are
strings, `dateTime` is an aware UTC datetime.

Null and absent differ in requests: a parameter or member that is not given is left out, and one given as None is sent
as `xsi:nil` where the contract allows null, else left out. In replies both are None.

What zeep would accept is checked here: invalid numbers, times and GUIDs, members that do not exist, and, in replies,
values that cannot be read. Members of replies are found by name in any order; those that are not in the description are
kept in `Record.unknown`.
"""  # docs/protocol: servercommand-shape, servercommand-asmx; docs/protocol: recorder-operations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from io import BytesIO
from typing import Any, Final, TypeGuard
from uuid import UUID

from attrs import frozen
from lxml import etree

from ...errors import ConfigurationError, RemoteProtocolError, UnknownOperation
from ...wsdl import DESCRIPTIONS, read
from . import envelope as soap
from .contract_signature import Descriptions, Parameter, Signature, python_name
from .contract_types import XS, Member, Type, Types
from .contract_values import INTEGERS, NIL, Record, Typed, read_text, unread, written
from .faults import local_name
from .values import XMLSCHEMA_INSTANCE

__all__ = ["Contract", "Parameter", "Record", "Signature", "Typed"]

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_ONE_VALUE: Final = (None, "boolean", "dateTime", "guid", "int")
_LARGE_REPLIES: Final = frozenset(
    {
        "GetAlarmLines",
        "GetAlarmsWithRelatedHardware",
        "GetChildItems",
        "GetChildItemsHierarchy",
        "GetConfiguration",
        "GetConfigurationHardware",
        "GetConfigurationRecorders",
        "GetDependantItems",
        "GetEventLines",
        "GetEventLines2",
        "GetEvents",
        "GetItems",
        "GetSessionAlarmLines",
        "GetSessionEventLines",
        "QueryItems",
    }
)
"""Operations whose replies grow with the site or with a number that the caller gives: the client bounds them."""
TYPE: Final = f"{{{XMLSCHEMA_INSTANCE}}}type"
_GUESSES: Final = (
    (bool, "xs:boolean"),
    (int, "xs:int"),
    (float, "xs:double"),
    (datetime, "xs:dateTime"),
    (UUID, "ser:guid"),
    (bytes, "xs:base64Binary"),
)


@frozen(eq=False)
class _Operation:
    signature: Signature
    action: str
    request: Any
    parameters: Type
    response: str
    results: Type

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments by wire name. Raises TypeError as a call would."""
        expected = self.signature.parameters
        if expected is None:
            if args:
                raise TypeError("the names of the parameters are not known: give each by the name your server uses")
            return dict(kwargs)
        names = [parameter.name for parameter in expected]
        if len(args) > len(names):
            raise TypeError(f"{len(names)} parameters exist, {len(args)} were given")
        bound = dict(zip(names, args, strict=False))
        for given, value in kwargs.items():
            name = given[:-1] if given not in names and given.endswith("_") else given
            if name not in names:
                raise TypeError(f"no parameter {given!r}{_near(given, map(python_name, names))}")
            if name in bound:
                raise TypeError(f"parameter {name!r} was given twice")
            bound[name] = value
        return bound


class _Transport:
    """What zeep loads documents with: no description may refer to another."""

    def load(self, url: str) -> bytes:
        raise LookupError(f"a description refers to {url}: none may")


_contracts: dict[str, "Contract"] = {}


class Contract:
    """The contract of one service; get it with `Contract.named`. Safe to use from many threads at once."""

    def __init__(self, name: str) -> None:
        document = import_module("zeep.wsdl").Document(
            BytesIO(read(name)), _Transport(), settings=import_module("zeep.settings").Settings(forbid_external=True)
        )
        xsd, constants = import_module("zeep.xsd"), import_module("zeep.xsd.const")
        self.name: Final = name
        self._types = Types(document.types.types, import_module("zeep.xsd.types.builtins").default_types)
        self._descriptions: Descriptions | None = None
        self._documented: dict[tuple[str, str], str] = {}
        self._nil: Any = constants.Nil
        self._any_object: Callable[[Any, Any], Any] = xsd.AnyObject
        self._element: Callable[[str, Any], Any] = xsd.Element
        self._zeep_error: type[Exception] = import_module("zeep.exceptions").Error
        binding = next(iter(document.bindings.values()))
        self._operations = {each.name: self._described(each) for each in binding.all().values()}
        self.namespace: Final[str] = next(iter(self._operations.values())).request.qname.namespace
        others = sorted(set(document.types.namespaces) - {self.namespace, XS, None})
        letters = (letter for letter in "abcdefghjklmnopqrtuvwyz")  # i and s are spoken for
        self._prefixes: dict[str | None, str] = {None: self.namespace, "i": XMLSCHEMA_INSTANCE, "xs": XS}
        self._prefixes.update(zip(letters, others, strict=False))

    @classmethod
    def named(cls, name: str) -> "Contract":
        """Return the contract of a service, one of `milestone_sdk.wsdl.DESCRIPTIONS`; all threads share it.

        Raises ConfigurationError for another name.
        """
        if name not in DESCRIPTIONS:
            raise ConfigurationError(f"no service {name!r}", hint=f"the services are {', '.join(DESCRIPTIONS)}")
        return _contracts.get(name) or _contracts.setdefault(name, cls(name))

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations, in the order of the description."""
        return tuple(self._operations)

    def signature(self, operation: str) -> Signature:
        """Return what an operation takes and returns. Raises UnknownOperation if there is no such operation."""
        return self._find(operation).signature

    def documentation(self, operation: str, call: str) -> str:
        """Return the docstring of an operation; `call` is the beginning of its example. Raises UnknownOperation."""
        made = self._documented.get((operation, call))
        if made is None:
            signature = self.signature(operation)
            if self._descriptions is None:
                self._descriptions = Descriptions(read(self.name))
            made = self._descriptions.documentation(signature, self.name, call)
            self._documented[operation, call] = made
        return made

    def encode(self, operation: str, /, *args: Any, **kwargs: Any) -> tuple[bytes, str]:
        """Return the SOAP 1.1 envelope of a call, in UTF-8, and its SOAPAction (without quotes).

        Elements of the contract's namespace have no prefix, members are in contract order. Raises ConfigurationError,
        with the right signature in its hint, for arguments that do not fit.
        """
        called = self._find(operation)
        try:
            return self._envelope(called, called.bind(args, kwargs)), called.action
        except (TypeError, ValueError, LookupError, RecursionError, self._zeep_error) as error:
            raise ConfigurationError(str(error), operation=operation, hint=f"the form is {called.signature}") from error

    def call(self, operation: str, /, *args: Any, **kwargs: Any) -> soap.Call[Any]:
        """Return a call that is ready to send and decodes its reply. Raises what `encode` raises."""
        body, action = self.encode(operation, *args, **kwargs)
        return soap.Call(operation, action, body, partial(self.decode, operation), self._max_reply(operation))

    def _max_reply(self, operation: str) -> int | None:
        if operation in _LARGE_REPLIES:
            return None
        return soap.SMALL_REPLY if self.signature(operation).result in _ONE_VALUE else soap.MEDIUM_REPLY

    def decode(self, operation: str, body: bytes) -> Any:
        """Return the result in the SOAP envelope `body`: None, a value, a list or a `Record`.

        Raises the error of a fault, RemoteProtocolError if this is not a reply to `operation`, UnknownOperation if
        there is no such operation. A value that cannot be read is None.
        """
        called = self._find(operation)
        # A picture in a reply may be longer than other texts may.
        result = soap.result(body, called.signature.operation, self.namespace, pictures=True)
        if result is None or not called.results.members:
            return None
        declared = called.results.item.type
        try:
            return self._value(result, declared, called.results.item.name)
        except RecursionError:
            raise RemoteProtocolError("the reply is nested too deeply", operation=operation) from None
        except RemoteProtocolError as error:
            raise error.at(operation=operation) from None

    def _find(self, operation: str) -> _Operation:
        try:
            return self._operations[operation]
        except KeyError:
            near = _near(operation, self._operations)
            hint = None if near else f"the operations are {', '.join(self._operations)}"
            raise UnknownOperation(f"the service {self.name} has no operation {operation!r}{near}", hint=hint) from None

    def _described(self, operation: Any) -> _Operation:
        request, response = operation.input.body, operation.output.body
        parameters, results = self._types.of(request.type), self._types.of(response.type)
        # A wrapper is never an array, whatever its one member is.
        result = results.item.type if results.members else None
        named = tuple(
            Parameter(each.name, each.type, each.required, each.nullable) for each in parameters.members.values()
        )
        unknown = not named and bool(request.type.elements)
        return _Operation(
            Signature(operation.name, None if unknown else named, result),
            operation.soapaction,
            request,
            parameters,
            response.name,
            results,
        )

    def _envelope(self, called: _Operation, given: Mapping[str, Any]) -> bytes:
        envelope = etree.Element(f"{{{SOAP_11}}}Envelope", nsmap={"s": SOAP_11})
        body = etree.SubElement(envelope, f"{{{SOAP_11}}}Body")
        request = etree.SubElement(body, called.request.qname, nsmap=self._prefixes)
        value = called.parameters.schema()
        if called.signature.parameters is None:
            value["_value_1"] = [self._unnamed(name, each) for name, each in given.items()]
        else:
            self._fill(value, called.parameters, given, "")
        called.parameters.schema.render(request, value)
        # lxml does not see prefixes inside xsi:type, so those are kept by name.
        used = {text.partition(":")[0] for each in request.iter() if (text := each.get(TYPE)) is not None}
        etree.cleanup_namespaces(request, keep_ns_prefixes=[prefix for prefix in self._prefixes if prefix in used])
        return etree.tostring(envelope, encoding="utf-8")

    def _unnamed(self, name: str, value: Any) -> Any:
        if _is_list(value):
            value = list(value)
            guids = all(isinstance(each, UUID) for each in value)
            declared = self._types.named("arr:ArrayOfguid" if guids else "arr:ArrayOfstring")
        else:
            declared = self._guess(value)
        element = self._element(f"{{{self.namespace}}}{name}", declared.schema)
        return self._any_object(element, self._nil if value is None else self._prepared(value, declared, name))

    def _fill(self, target: Any, declared: Type, given: Mapping[str, Any], path: str) -> None:
        """Set the given members of a zeep value. Raises ValueError."""
        for name in given:
            if name not in declared.members:
                raise ValueError(f"{path or 'the operation'} has no member {name!r}{_near(name, declared.members)}")
        for name, member in declared.members.items():
            where = f"{path}.{name}" if path else name
            value = given.get(name)
            if value is not None:
                target[name] = (
                    self._many(value, member, where) if member.many else self._prepared(value, member.type, where)
                )
            elif member.nullable:
                if name in given or member.required:
                    target[name] = self._nil
            elif member.required:
                raise ValueError(f"{where} is required")

    def _many(self, value: Any, member: Member, path: str) -> list[Any]:
        if not _is_list(value):
            raise ValueError(f"{path} must be a list, got {type(value).__name__}")
        prepared: list[Any] = []
        for each in value:
            if each is None and not member.nullable:
                raise ValueError(f"{path} must not contain None")
            prepared.append(self._nil if each is None else self._prepared(each, member.type, path))
        return prepared

    def _prepared(self, value: Any, declared: Type, path: str) -> Any:
        """Return a value as zeep takes it. Raises ValueError."""
        if isinstance(value, Record) and value.wire_type:
            value = Typed(value.wire_type, dict(value))
        if isinstance(value, Typed):
            chosen = self._types.named(value.type)
            if declared.kind not in ("any", chosen.kind) or chosen.kind == "any":
                raise ValueError(f"{path} takes {declared}; {value.type} cannot replace it")
            prepared = self._prepared(value.value, chosen, path)
            return (
                self._any_object(chosen.schema, prepared) if declared.kind == "any" and not chosen.members else prepared
            )
        if declared.kind == "any":
            guessed = self._guess(value)
            return self._any_object(guessed.schema, self._prepared(value, guessed, path))
        if declared.kind not in ("structure", "array"):
            return written(value, declared.kind, path)
        target = declared.schema()
        if declared.kind == "array":
            target[declared.item.name] = self._many(value, declared.item, path)
        elif _is_mapping(value):
            self._fill(target, declared, value, path)
        else:
            raise ValueError(f"{path} must be a mapping with members of {declared}, got {type(value).__name__}")
        return target

    def _guess(self, value: Any) -> Type:
        """Return the type of a value where the contract allows any."""  # docs/protocol: alarms-conditions
        low, high = INTEGERS["int"]
        if isinstance(value, int) and not low <= value <= high:
            return self._types.named("xs:long")
        name = next((name for kind, name in _GUESSES if isinstance(value, kind)), "xs:string")
        return self._types.named(name)

    def _value(self, node: soap.Element, declared: Type, path: str) -> Any:
        """Return a node of a reply as a plain value."""
        if node.get(NIL) in ("true", "1"):
            return None
        said = self._said(node, declared)
        declared = said or declared
        if declared.kind == "any":
            return unread(node)
        if declared.kind == "array":
            item = declared.item
            return [
                self._value(child, item.type, f"{path}.{item.name}") for child in node if local_name(child) == item.name
            ]
        if declared.kind != "structure":
            return read_text(node, declared.kind, path)
        members: dict[str, Any] = {name: [] if member.many else None for name, member in declared.members.items()}
        unknown: dict[str, Any] = {}
        for child in node:
            name = local_name(child)
            member = declared.members.get(name)
            if member is None:
                unknown[name] = unread(child)
            elif member.many:
                members[name].append(self._value(child, member.type, f"{path}.{name}"))
            else:
                members[name] = self._value(child, member.type, f"{path}.{name}")
        return Record(members, wire_type=said.local if said else "", unknown=unknown, name=declared.local)

    def _said(self, node: soap.Element, declared: Type) -> Type | None:
        """Return the type that a node states, if the description has it and it is allowed there."""
        text = node.get(TYPE)
        if text is None or declared.kind not in ("any", "structure"):
            return None
        prefix, _, local = text.strip().rpartition(":")
        said = self._types.at(node.nsmap.get(prefix or None, ""), local)
        return said if said is not None and declared.kind in ("any", said.kind) else None


def _near(name: object, names: Iterable[str]) -> str:
    near = get_close_matches(str(name), list(names), n=3)
    return f"; near: {', '.join(near)}" if near else ""


def _is_list(value: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)
