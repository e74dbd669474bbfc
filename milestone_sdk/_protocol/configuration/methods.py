"""Methods of items, step by step: item, form, filled form, result or task.

`Invocation` takes the server's replies and returns what to send next; it does no I/O.
"""  # docs/protocol: configuration-methods

from collections.abc import Mapping
from typing import Final

from attrs import evolve, frozen

from ...errors import ConfigurationError, RemoteProtocolError, TaskFailed, UnsupportedFeature
from ...models import ConfigurationItem

__all__ = ["MAX_ROUNDS", "Invocation", "Outcome", "Step", "outcome_of", "task_path"]

MAX_ROUNDS: Final = 20
"""Forms that are filled in for one method, as in XProtect's own tools."""
_ENDED: Final = frozenset({"success", "error", "completed"})
_FORM: Final = "invokeinfo"
_RESULTS: Final = frozenset({"invokeresult", "task"})
_ASKING_AGAIN: Final = frozenset({"addrule", "addview"})
"""Methods that ask for more values in further forms; in others, a value that the first form lacks is misspelt."""


@frozen(kw_only=True)
class Step:
    """Send `item` with InvokeMethod, or with ValidateItem where `validate` is set."""

    item: ConfigurationItem
    method: str
    validate: bool = False


@frozen(kw_only=True)
class Outcome:
    """The state of a method or task.

    `state` is the server's: `Idle`, `InProgress`, `Success`, `Error`, `Completed`, `Unknown` or a newer one. `task` is
    the path of the task, `result` that of what it made or was about: the property Path is the one while it runs and the
    other afterwards.
    """  # docs/protocol: configuration-methods

    state: str
    progress: int
    task: str | None
    result: str | None
    error_code: str | None
    error_text: str | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended; an unknown state has not."""
        return self.state.casefold() in _ENDED

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.state.casefold() == "error"

    def check(self, operation: str) -> None:
        """Raise `TaskFailed` if it failed."""
        if self.failed:
            code = f" ({self.error_code})" if self.error_code else ""
            raise TaskFailed(
                f"the server failed: {self.error_text or 'no reason given'}{code}",
                task=self.task,
                code=self.error_code,
                detail=self.error_text,
                operation=operation,
            )


def task_path(text: str | None) -> str | None:
    """Return the path if it is one of a task."""
    return text if text and text.startswith("Task[") else None


def outcome_of(item: ConfigurationItem, *, task: str | None = None) -> Outcome:
    """Return the state of a result or a task; `task` is its path where that is known from before.

    A result without state and task is the end: asking again would invoke the method again.
    """
    own = item.path if item.item_type.casefold() == "task" else None
    named = item.text("Path") or None
    progress = item.value("Progress")
    where = task or task_path(own) or task_path(named)
    code = item.text("ErrorCode") if (item.text("ErrorCode") or "").strip("0") else None
    state = item.text("State")
    if state is None and where is None:
        state = "Completed" if code is None else "Error"
    return Outcome(
        state=state or "Unknown",
        progress=progress if isinstance(progress, int) else 0,
        task=where,
        result=None if task_path(named) else named,
        error_code=code,
        error_text=(item.text("ErrorText") or "").replace("\\n", "\n") or None,
    )


class Invocation:
    """One call of a method, with values by the keys of its forms, letter case aside.

    Raises `UnsupportedFeature` for a method that the item does not have.
    """

    def __init__(self, item: ConfigurationItem, method: str, values: Mapping[str, object]) -> None:
        known = {name.casefold(): name for name in item.method_ids}
        if method.casefold() not in known:
            raise UnsupportedFeature(
                f"{item.path} has no method {method}",
                required=f"an item, a release and a user that may {method}",
                actual=", ".join(item.method_ids) or "no methods",
                operation=method,
            )
        self.method = known[method.casefold()]
        self._next = self.method
        self.first = Step(item=item, method=self.method)
        """Sends the item as it was received, to get the form."""
        self._values = {key.casefold(): (key, value) for key, value in values.items()}
        self._forms = 0
        self._asked: set[str] = set()
        self._shown: set[str] = set()
        """Keys of the form whose values the server has seen by ValidateItem."""

    @property
    def unused(self) -> tuple[str, ...]:
        """The keys of the values that no form asked for, as they were given."""
        return tuple(key for folded, (key, _) in self._values.items() if folded not in self._asked)

    def feed(self, answer: ConfigurationItem) -> Step | None:
        """Take a reply; return the next step, or `None` if the reply is the result.

        Raises `ConfigurationError` for a value that the form does not have, before the server changes anything, and for
        values that are missing; `RemoteProtocolError` for a method that never ends.
        """
        kind = answer.item_type.casefold()
        if kind in _RESULTS or answer.text("State") is not None:
            return None
        if kind != _FORM:
            raise RemoteProtocolError(f"{self.method} returned {answer.item_type[:100] or 'an item without a type'}")
        self._forms += 1
        keys = {key.casefold() for part in answer.walk() for key in part.properties}
        if self._forms > MAX_ROUNDS:
            raise RemoteProtocolError(f"{self.method} asks for more than {MAX_ROUNDS} forms")
        if self._forms > 1 and keys <= self._asked:
            raise self._repeated(answer)
        self._asked |= keys
        if self._forms == 1 and self.unused and self.method.casefold() not in _ASKING_AGAIN:
            raise ConfigurationError(
                f"{self.method} has no value {', '.join(self.unused)}",
                hint=f"it has {', '.join(key for part in answer.walk() for key in part.properties) or 'no values'}",
            )
        self._shown.clear()
        if answer.method_ids and not any(answer.has_method(name) for name in (self.method, self._next)):
            self._next = answer.method_ids[0]  # a form may belong to another method than the one that returned it
        return self._filled(answer)

    def validated(self, form: ConfigurationItem) -> Step:
        """Take a form as ValidateItem returned it: some choices are known only after others were made."""
        return self._filled(form)

    def _filled(self, form: ConfigurationItem) -> Step:
        """Fill in a form; a value that the server validates goes first and alone: other choices may depend on it."""
        for part in form.walk():
            for key in self._for(part):
                if part.properties[key].definition.server_validation and key.casefold() not in self._shown:
                    self._shown.add(key.casefold())
                    return Step(item=self._with_values(form, key.casefold()), method=self._next, validate=True)
        return Step(item=self._with_values(form), method=self._next)

    def _with_values(self, form: ConfigurationItem, only: str | None = None) -> ConfigurationItem:
        """Return a form with the values for it and for the groups of properties within it."""
        values = {key: value for key, value in self._for(form).items() if only in (None, key.casefold())}
        children = tuple(self._with_values(child, only) for child in form.children)
        return evolve(form.with_values(values), children=children)

    def _for(self, form: ConfigurationItem) -> dict[str, object]:
        """Return the values for the properties of this form, by its own spelling of the keys."""
        return {key: self._values[key.casefold()][1] for key in form.properties if key.casefold() in self._values}

    def _repeated(self, form: ConfigurationItem) -> ConfigurationError:
        missing = [key for part in form.walk() for key in part.properties if key.casefold() not in self._values]
        return ConfigurationError(
            f"{self.method} asks for the same values again",
            hint=f"not given: {', '.join(missing)}" if missing else "the server does not accept the values given",
        )
