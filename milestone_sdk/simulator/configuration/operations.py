"""What each operation of the Configuration API does: one function for each."""
# docs/protocol: configuration-operations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from random import Random
from typing import Any

from attrs import frozen

from milestone_sdk.simulator.configuration.changes import Changes
from milestone_sdk.simulator.configuration.contract import Item, ItemFilter, MethodInfo, ValidateResult, fault
from milestone_sdk.simulator.configuration.filters import item_passes, subject_passes
from milestone_sdk.simulator.configuration.methods import Methods
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tree import Tree
from milestone_sdk.simulator.site.model import User
from milestone_sdk.simulator.wire.contract import Object
from milestone_sdk.simulator.wire.writer import NullForm

__all__ = ["OPERATIONS", "Call"]

_DEEPEST = 32


@frozen(kw_only=True)
class Call:
    """One call: who calls, the parameters by name, and what the operations work on."""

    user: User
    values: Mapping[str, Any]
    tree: Tree
    changes: Changes
    methods: Methods
    switches: Switches
    null_form: NullForm | None
    rng: Random

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def given(self, name: str) -> Any:
        """A parameter that must not be null."""
        value = self[name]
        if value is None:
            raise fault("ArgumentNullExceptionFault", f"Value cannot be null. Parameter name: {name}", argument=name)
        return value

    def listed(self, items: Iterable[Item]) -> Iterable[Item] | None:
        """A list result: one without items is null or empty."""
        remaining = iter(items)
        first = next(remaining, None)
        if first is not None:
            return chain([first], remaining)
        form = self.switches.null_lists or self.null_form
        is_null = form == "nil" or (form != "empty" and self.rng.random() < 0.5)
        return None if is_null else []


def _get_items(call: Call) -> Iterable[Item] | None:
    subjects = call.tree.subjects(call["itemType"] or "", call.user)
    return call.listed(call.tree.build(*subject) for subject in subjects)


def _get_child_items(call: Call) -> Iterable[Item] | None:
    items = call.tree.children(call["path"], call.user)
    return None if call["path"] in call.switches.nil_children else call.listed(items)


def _query_items(call: Call) -> Iterable[Item] | None:
    asked: ItemFilter = call.given("itemFilter")
    found = (
        call.tree.build(item_type, subject)
        for item_type, subject in call.tree.subjects(asked.item_type or "", call.user)
        if subject_passes(call.tree, item_type, subject, asked)
    )  # built one by one: a large site has a million properties
    return call.listed(islice(found, max(0, call["maxResult"])))


def _get_hierarchy(call: Call) -> Iterable[Item] | None:
    types = frozenset(call["itemTypes"] or ())
    filters = tuple(asked for asked in call["itemFilters"] or () if asked is not None)
    return call.listed(_below(call, call["path"], types, filters, _DEEPEST))


def _below(
    call: Call, path: str | None, types: frozenset[str], filters: tuple[ItemFilter, ...], depth: int
) -> Iterator[Item]:
    """The children with theirs inside, of the listed types only; the rules of real servers are not known."""
    for item in call.tree.children(path, call.user):
        wanted = not types or item.item_type in types
        if wanted and all(item_passes(item, asked) for asked in filters):
            if not item.children_filled and depth > 0 and item.item_type not in call.switches.left_unfilled:
                item.children = list(_below(call, item.path, types, filters, depth - 1))
                item.children_filled = True
            yield item


def _validate_item(call: Call) -> ValidateResult:
    item: Item = call.given("item")
    return call.methods.validate(item) if item.item_type == "InvokeInfo" else call.changes.validate(item, call.user)


def _get_method_info(call: Call) -> MethodInfo:
    for info in call.methods.infos():
        if info.method_id == call["methodId"]:
            return info
    raise fault("ArgumentExceptionFault", f"There is no method {call['methodId']}.", argument="methodId")


def _get_translations(call: Call) -> list[Object]:
    """The English texts, whatever the language asked for."""
    return [{"Key": key, "Value": text} for key, text in call.methods.translations()]


OPERATIONS: Mapping[str, Callable[[Call], Any]] = {
    "GetItem": lambda call: call.tree.item(call["path"], call.user, poll=True),
    "GetItems": _get_items,
    "SetItem": lambda call: call.changes.save(call.given("item"), call.user),
    "HasChildItems": lambda call: bool(call.tree.children(call["path"], call.user)),
    "GetChildItems": _get_child_items,
    "ValidateItem": _validate_item,
    "GetMethodInfos": lambda call: call.methods.infos(),
    "GetMethodInfo": _get_method_info,
    "InvokeMethod": lambda call: call.methods.invoke(call.given("item"), call.given("method"), call.user),
    "GetTranslations": _get_translations,
    "GetChildItemsHierarchy": _get_hierarchy,
    "QueryItems": _query_items,
}
