"""What a method is to the server: a form, what is done with it, and the items that answer."""
# docs/protocol: configuration-methods

import random
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.configuration.changes import Changes
from milestone_sdk.simulator.configuration.columns import Column
from milestone_sdk.simulator.configuration.contract import Choice, Definition, Item, Property, fault
from milestone_sdk.simulator.configuration.paths import Address
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tasks import Task, Tasks
from milestone_sdk.simulator.configuration.tree import Tree
from milestone_sdk.simulator.site.model import Site, User
from milestone_sdk.simulator.wire.soap import SoapFault

__all__ = [
    "BAD_VALUE",
    "TWICE",
    "Invocation",
    "Method",
    "MethodFailure",
    "Server",
    "asked",
    "begun",
    "failed",
    "form",
    "pending",
    "selection",
    "succeeded",
]

BAD_VALUE = 61004
EMPTY_NAME = 61010
TWICE = 61013


class MethodFailure(Exception):
    """Something that cannot be done: an error of business, which is answered by an InvokeResult and not by a fault."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


@frozen
class Server:
    """What the methods work on."""

    tree: Tree
    changes: Changes
    switches: Switches
    tasks: Tasks
    rng: random.Random

    def new_id(self) -> UUID:
        """A random id, the same ones in every run."""
        return UUID(int=self.rng.getrandbits(128), version=4)


@frozen
class Invocation:
    """One round of a method: where, by whom, with which form."""

    server: Server
    method: str
    display_name: str
    address: Address
    user: User
    filled: Item
    """The form as the client sent it; in the first round the item itself."""

    @property
    def site(self) -> Site:
        """The site."""
        return self.server.tree.lookup.site

    @property
    def subject(self) -> Any:
        """The thing that the method is invoked on, or that owns the folder."""
        return self.address.subject

    def text(self, key: str) -> str:
        """What the form says under a key, in any letter case; "" where it says nothing."""
        return self.filled.value(key) or ""

    def has(self, key: str) -> bool:
        """Whether the form has the key at all."""
        return self.filled.value(key) is not None

    def required(self, key: str) -> str:
        """The same; ArgumentNullExceptionFault where it says nothing."""
        value = self.text(key)
        if not value.strip():
            raise fault("ArgumentNullExceptionFault", f"Value cannot be null. Parameter name: {key}", argument=key)
        return value

    def name(self, name: str, taken: Callable[[str], bool] = lambda name: False, what: str = "") -> str:
        """A name for something new. Raises MethodFailure for none, and for one that is `taken` by another `what`."""
        if not name:
            raise MethodFailure(EMPTY_NAME, "The name must not be empty.")
        if taken(name):
            raise MethodFailure(TWICE, f"There is {what} of that name.")
        return name

    def assign(self, columns: tuple[Column, ...], subject: Any) -> None:
        """Set what the form says. Raises MethodFailure for the first value that is wrong."""
        errors = self.server.changes.assign(self.filled.properties or (), columns, subject)
        if errors:
            raise MethodFailure(BAD_VALUE, f"{errors[0].property}: {errors[0].text}")

    def chosen(self, key: str, item_type: str) -> Any:
        """The thing whose path the form holds; ArgumentExceptionFault for any other path."""
        path = self.required(key)
        try:
            address = self.server.tree.paths.address(path, self.user)
        except SoapFault:
            address = None
        if address is None or address.item_type != item_type or address.folder:
            raise fault("ArgumentExceptionFault", f"{path} is not the path of a {item_type}.", argument=key)
        return address.subject


@frozen
class Method:
    """A method: its display name, its form, and what it does with the filled form."""

    display_name: str
    form: Callable[[Invocation], list[Property]]
    perform: Callable[[Invocation], Item]


def asked(
    key: str,
    value_type: str = "String",
    value: str = "",
    *,
    choices: Sequence[Choice] = (),
    name: str | None = None,
) -> Property:
    """A property of a form."""
    definition = Definition(key, value_type, True, name or key, tuple(choices))
    return Property(definition, value)


def selection(item_type: str, key: str = "ItemSelection") -> Property:
    """The property of a form that holds the path of an item."""
    return asked(key, "Path", choices=(Choice("PathItemType", item_type),), name="Item")


def form(call: Invocation, properties: list[Property]) -> Item:
    """The InvokeInfo to fill in: it has the path of what the method was invoked on."""
    path = call.address.path
    return Item(
        "InvokeInfo",
        path,
        path,
        call.display_name,
        properties,
        methods=(call.method,),
        children_filled=True,
        server_cookie=f"{call.method}/{len(properties)}",
    )


def _result(call: Invocation, state: str, path: str, progress: str, more: Sequence[Property]) -> Item:
    shown = (("State", "String", state), ("Path", "Path", path), ("Progress", "Progress", progress))
    properties = [Property(Definition(key, kind), value) for key, kind, value in shown]
    here = call.address.path
    return Item("InvokeResult", here, here, call.display_name, [*properties, *more], children_filled=True)


def succeeded(call: Invocation, path: str = "", *more: Property) -> Item:
    """The InvokeResult of something that is done; `path` is what was made."""
    return _result(call, "Success", path, "100", more)


def failed(call: Invocation, failure: MethodFailure) -> Item:
    """The InvokeResult of something that cannot be done."""
    code, text = str(failure.code), f"VMO{failure.code}: {failure.text}"
    more = Property(Definition("ErrorCode", "Int"), code), Property(Definition("ErrorText"), text)
    return _result(call, "Error", "", "100", more)


def pending(call: Invocation) -> Item:
    """The InvokeResult of something that is not done yet and has no task: it has to be sent in again."""
    return _result(call, "InProgress", "", "50", ())


def begun(call: Invocation, task: Task) -> Item:
    """The InvokeResult of something that goes on as a task."""
    return _result(call, "Idle", task.path, "0", ())
