"""The Configuration API of the management server: its 16 operations (protocol/configuration.md 1.4).

HTTP and its authentication are the management server's. Written from the protocol file alone, with readers and
writers of its own, so that a client's mistake cannot hide behind the same mistake here.
"""

import random
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from milestone_sdk.simulator.configuration.changes import Changes
from milestone_sdk.simulator.configuration.contract import NAMESPACE, OPERATIONS, Item, ItemFilter, fault
from milestone_sdk.simulator.configuration.filters import item_passes, subject_passes
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.configuration.methods import Methods
from milestone_sdk.simulator.configuration.reader import Reader
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tasks import Tasks
from milestone_sdk.simulator.configuration.tree import Tree
from milestone_sdk.simulator.configuration.writer import Writer
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.site.model import User
from milestone_sdk.simulator.wire.soap import Element, Field, boolean_text, read

__all__ = ["ConfigurationApiService"]

_DEEPEST = 32


class ConfigurationApiService(Switches):
    """Decodes, checks, answers and encodes the operations; it is its own switchboard (`sim.configuration`)."""

    namespace = NAMESPACE

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self.tasks = Tasks(host.site.now)
        """What the server is doing, and how coming tasks end."""
        self.adopt_release()
        self._rng = random.Random(f"{host.seed}/configuration")
        self._operations: Mapping[str, Callable[[User, Element, Writer], bytes]] = {
            "GetItem": self._get_item,
            "GetItems": self._get_items,
            "SetItem": self._set_item,
            "HasChildItems": self._has_child_items,
            "GetChildItems": self._get_child_items,
            "ValidateItem": self._validate_item,
            "GetMethodInfos": self._get_method_infos,
            "GetMethodInfo": self._get_method_info,
            "InvokeMethod": self._invoke_method,
            "GetTranslations": self._get_translations,
            "GetChildItemsHierarchy": self._get_hierarchy,
            "QueryItems": self._query_items,
        }

    def adopt_release(self) -> None:
        """Have the items, properties and methods of the release that the simulator has now."""
        release = self._host.release
        self.lookup = Lookup(self._host.site, f"{release.server_version}.0.1")
        self.tree = Tree(self.lookup, release, self, self.tasks)
        self.changes = Changes(self.tree)
        self.methods = Methods(self.tree, self.changes, self, self.tasks)
        self._reader = Reader(release, self._host.dropped)

    def action(self, operation: str, *, asmx: bool) -> str:
        """The SOAPAction of an operation."""
        return f"{NAMESPACE}/IConfigurationService/{operation}"

    def knows(self, operation: str) -> bool:
        """Whether the contract of this release has the operation."""
        return operation in OPERATIONS and self._host.release.version >= OPERATIONS[operation]

    def call(self, operation: str, user: User, element: Element, *, asmx: bool) -> bytes:
        """The inside of the `<OperationResponse>` element; raises SoapFault."""
        perform = self._operations.get(operation)
        writer = Writer(self._host.release, self._rng, self._host.null_form)
        path = _path_of(element)
        struck = self.strike(operation, path)
        if struck is not None:
            raise struck
        if perform is None:
            raise fault("NotSupportedExceptionFault", f"{operation} is not supported by this server.")
        answer = perform(user, element, writer)
        return _inflated(answer, self.inflate.get(operation, 0))

    def _read(self, element: Element, *fields: Field) -> dict[str, Any]:
        return read(element, NAMESPACE, *fields, dropped=self._host.dropped)

    def _item_of(self, element: Element, *more: Field) -> tuple[Item, dict[str, Any]]:
        values = self._read(element, Field("item", "element"), *more)
        if values["item"] is None:
            raise fault("ArgumentNullExceptionFault", "Value cannot be null. Parameter name: item", argument="item")
        return self._reader.item(values["item"]), values

    # Reading

    def _get_item(self, user: User, element: Element, writer: Writer) -> bytes:
        path = self._read(element, Field("path"))["path"]
        return writer.item("GetItem", self.tree.item(path, user, poll=True))

    def _get_items(self, user: User, element: Element, writer: Writer) -> bytes:
        item_type = self._read(element, Field("itemType"))["itemType"] or ""
        found = (self.tree.build(*subject) for subject in self.tree.subjects(item_type, user))
        return writer.items("GetItems", found, nothing=self.null_lists)

    def _has_child_items(self, user: User, element: Element, writer: Writer) -> bytes:
        path = self._read(element, Field("path"))["path"]
        has = bool(self.tree.children(path, user))
        return f"<HasChildItemsResult>{boolean_text(has)}</HasChildItemsResult>".encode()

    def _get_child_items(self, user: User, element: Element, writer: Writer) -> bytes:
        path = self._read(element, Field("path"))["path"]
        items = self.tree.children(path, user)
        if path in self.nil_children:
            return writer.items("GetChildItems", [], nothing="nil")
        return writer.items("GetChildItems", items, nothing=self.null_lists)

    def _query_items(self, user: User, element: Element, writer: Writer) -> bytes:
        values = self._read(element, Field("itemFilter", "element"), Field("maxResult", "int"))
        if values["itemFilter"] is None:
            raise fault("ArgumentNullExceptionFault", "Value cannot be null.", argument="itemFilter")
        asked = self._reader.filter(values["itemFilter"])
        found = (
            self.tree.build(item_type, subject)
            for item_type, subject in self.tree.subjects(asked.item_type or "", user)
            if subject_passes(self.tree, item_type, subject, asked)
        )  # written one by one: a large site has a million properties
        some = islice(found, max(0, values["maxResult"] or 0))
        return writer.items("QueryItems", some, nothing=self.null_lists)

    def _get_hierarchy(self, user: User, element: Element, writer: Writer) -> bytes:
        values = self._read(element, Field("path"), Field("itemTypes", "element"), Field("itemFilters", "element"))
        types = frozenset(self._reader.strings(values["itemTypes"]) or ())
        filters = self._reader.filters(values["itemFilters"])
        items = self._below(values["path"], user, types, filters, _DEEPEST)
        return writer.items("GetChildItemsHierarchy", items, nothing=self.null_lists)

    def _below(
        self, path: str | None, user: User, types: frozenset[str], filters: tuple[ItemFilter, ...], depth: int
    ) -> list[Item]:
        """The children with theirs inside, of the listed types only; the rules of real servers are not known."""
        kept: list[Item] = []
        for item in self.tree.children(path, user):
            wanted = not types or item.item_type in types
            if not wanted or not all(item_passes(item, asked) for asked in filters):
                continue
            if not item.children_filled and depth > 0 and item.item_type not in self.left_unfilled:
                item.children = self._below(item.path, user, types, filters, depth - 1)
                item.children_filled = True
            kept.append(item)
        return kept

    # Changing

    def _set_item(self, user: User, element: Element, writer: Writer) -> bytes:
        item, _ = self._item_of(element)
        return writer.validation("SetItem", self.changes.save(item, user))

    def _validate_item(self, user: User, element: Element, writer: Writer) -> bytes:
        item, _ = self._item_of(element)
        if item.item_type == "InvokeInfo":
            return writer.validation("ValidateItem", self.methods.validate(item))
        return writer.validation("ValidateItem", self.changes.validate(item, user))

    def _invoke_method(self, user: User, element: Element, writer: Writer) -> bytes:
        item, values = self._item_of(element, Field("method"))
        if values["method"] is None:
            raise fault("ArgumentNullExceptionFault", "Value cannot be null.", argument="method")
        return writer.item("InvokeMethod", self.methods.invoke(item, values["method"], user))

    # Texts

    def _get_method_infos(self, user: User, element: Element, writer: Writer) -> bytes:
        return writer.methods("GetMethodInfos", self.methods.infos())

    def _get_method_info(self, user: User, element: Element, writer: Writer) -> bytes:
        method_id = self._read(element, Field("methodId"))["methodId"]
        for info in self.methods.infos():
            if info.method_id == method_id:
                return writer.method("GetMethodInfo", info)
        raise fault("ArgumentExceptionFault", f"There is no method {method_id}.", argument="methodId")

    def _get_translations(self, user: User, element: Element, writer: Writer) -> bytes:
        """The English texts, whatever the language asked for."""
        self._read(element, Field("languageId"))
        return writer.dictionary("GetTranslations", self.methods.translations())


def _path_of(element: Element) -> str | None:
    """The path that a call is about: its own parameter, or the Path of its item."""
    for name in ("{*}path", "{*}item/{*}Path"):
        found = element.find(name)
        if found is not None:
            return found.text or ""
    return None


def _inflated(answer: bytes, size: int) -> bytes:
    """An answer of at least that size: items repeated where there is a list, else a long UIHint."""
    missing = size - len(answer)
    if missing <= 0:
        return answer
    first, last = answer.find(b"<a:ConfigurationItem>"), answer.rfind(b"</a:ConfigurationItem>")
    if first >= 0 and answer.find(b"<a:Path>") > first:
        end = last + len(b"</a:ConfigurationItem>")
        items = answer[first:end]
        return answer[:first] + items * (missing // len(items) + 2) + answer[end:]
    hint = answer.rfind(b"<a:UIHint")
    end = answer.find(b">", hint) + 1
    if hint < 0:
        return answer
    return answer[:hint] + b"<a:UIHint>" + b"x" * missing + b"</a:UIHint>" + answer[end:]
