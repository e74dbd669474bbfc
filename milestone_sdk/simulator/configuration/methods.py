"""InvokeMethod: finds the method, gives its form, takes the form back."""  # docs/protocol: configuration-methods

import random
from collections.abc import Mapping

from milestone_sdk.simulator.configuration.administration import ADMINISTRATION
from milestone_sdk.simulator.configuration.changes import Changes
from milestone_sdk.simulator.configuration.columns import Column, words
from milestone_sdk.simulator.configuration.contract import (
    ErrorResult,
    Item,
    MethodInfo,
    ValidateResult,
    fault,
)
from milestone_sdk.simulator.configuration.devices import DEVICE_WORK
from milestone_sdk.simulator.configuration.events import NIL, SYSTEM
from milestone_sdk.simulator.configuration.folders import FOLDER_METHODS
from milestone_sdk.simulator.configuration.invocation import (
    Invocation,
    Method,
    MethodFailure,
    Server,
    asked,
    failed,
    form,
    pending,
    succeeded,
)
from milestone_sdk.simulator.configuration.kinds import KINDS
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tasks import Task, Tasks
from milestone_sdk.simulator.configuration.tree import Tree
from milestone_sdk.simulator.site.model import User

__all__ = ["Methods"]

_METHODS: Mapping[str, Method] = {**ADMINISTRATION, **DEVICE_WORK}
_TASK_METHODS = {"TaskStop": "Stop task", "TaskCleanup": "Clean up task"}


class Methods:
    """The methods of one server."""

    def __init__(self, tree: Tree, changes: Changes, switches: Switches, tasks: Tasks) -> None:
        self._server = Server(tree, changes, switches, tasks, random.Random("configuration methods"))
        self._tree = tree
        self._pending: dict[tuple[str, str], tuple[int, Item]] = {}

    def invoke(self, item: Item, method_id: str, user: User) -> Item:
        """One round: the form, the next form, or the result."""
        address = self._tree.paths.address(item.path, user)
        if method_id not in (self._tree.item(item.path, user).methods or ()):
            raise fault("NotSupportedExceptionFault", f"{method_id} is not available on {item.path}.")
        method = _METHODS.get(method_id)
        name = method.display_name if method is not None else words(method_id)
        call = Invocation(self._server, method_id, name, address, user, item)
        if method_id in self._server.switches.endless_methods:
            return _one_more(call)
        if isinstance(address.subject, Task):
            return self._on_task(call, address.subject)
        if method is None:
            raise fault("NotSupportedExceptionFault", f"The simulated server does not perform {method_id}.")
        if item.item_type == "InvokeResult":
            return self._again(call)
        if item.item_type != "InvokeInfo":
            return form(call, method.form(call))
        try:
            result = method.perform(call)
        except MethodFailure as failure:
            result = failed(call, failure)
        return self._held_back(call, result)

    def _on_task(self, call: Invocation, task: Task) -> Item:
        """TaskStop and TaskCleanup answer at once (docs/protocol: configuration-tasks)."""
        if call.method == "TaskStop":
            task.stop()
        else:
            self._server.tasks.clean(task.number)
        return succeeded(call)

    def _held_back(self, call: Invocation, result: Item) -> Item:
        """The older style: a result that is not final has to be sent in again until it is."""
        rounds = self._server.switches.pending_results.get(call.method, 0)
        if rounds <= 0 or result.item_type != "InvokeResult":
            return result
        self._pending[call.address.path, call.method] = rounds, result
        return pending(call)

    def _again(self, call: Invocation) -> Item:
        key = call.address.path, call.method
        if key not in self._pending:
            raise fault("ArgumentExceptionFault", f"{call.method} is not under way here.", argument="item")
        rounds, result = self._pending[key]
        if rounds > 1:
            self._pending[key] = rounds - 1, result
            return pending(call)
        del self._pending[key]
        return result

    def validate(self, item: Item) -> ValidateResult:
        """ValidateItem on a form: fills in the choices that depend on others, and reports values outside them."""
        properties = item.properties or []
        if "AddAlarmDefinition" in (item.methods or ()):
            self._tree.fill_choices(properties)
        errors = tuple(
            ErrorResult(entry.key, "The value is not one of the choices.", "VMO61004")
            for entry in properties
            if entry.definition.value_type == "Enum"
            and entry.value not in (None, "", NIL)
            and entry.definition.choices
            and (entry.value or "").casefold() not in {choice.value.casefold() for choice in entry.definition.choices}
        )
        return ValidateResult(item, errors)

    # Texts

    def infos(self) -> list[MethodInfo]:
        """Every method that something here offers."""
        ids = {method for kind in KINDS.values() for method in kind.methods}
        ids.update(method for methods in FOLDER_METHODS.values() for method in methods)
        names = {method_id: words(method_id) for method_id in ids} | _TASK_METHODS
        names |= {method_id: method.display_name for method_id, method in _METHODS.items()}
        return [MethodInfo(method_id, names[method_id]) for method_id in sorted(names)]

    def translations(self) -> list[tuple[str, str]]:
        """TranslationId -> text, of properties and methods."""
        columns: list[Column] = [*SYSTEM, *(column for kind in KINDS.values() for column in kind.columns)]
        texts = {
            column.definition.translation_id: column.definition.display_name or column.definition.key
            for column in columns
        }
        pairs = [(key, text) for key, text in texts.items() if key is not None]
        pairs += [("PropertyEnabled", "Enabled")]
        return pairs + [(f"Method{info.method_id}", info.display_name) for info in self.infos()]


def _one_more(call: Invocation) -> Item:
    """A form with one more property than the last one had."""
    before = call.filled.properties or [] if call.filled.item_type == "InvokeInfo" else []
    return form(call, [*before, asked(f"Question{len(before) + 1}")])
