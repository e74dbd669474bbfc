# Generated from milestone_sdk/_async/configuration/task.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The task that a method of the configuration started at the server."""

from typing import Final, Self

from ..._protocol.configuration import service
from ..._protocol.configuration.methods import outcome_of
from ...errors import ConfigurationError, ItemNotFound, MilestoneError, TaskFailed, TaskTimeout, UnsupportedFeature
from ...models import ConfigurationItem
from ..session.http import within
from ..session.session import Session

__all__ = ["ServerTask"]

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 2.0
_LEAST_SECONDS: Final = 1.0
"""Time for the last request, and for cleaning up, when the time is up."""
_MOST_FAILURES: Final = 5
"""Requests in a row that fail before `wait` raises."""


class ServerTask:
    """A method that the server has carried out or is carrying out.

    Finished tasks stay in the server's list until they are cleaned up, as `wait` does.
    """

    def __init__(
        self, session: Session, method: str, item: ConfigurationItem, *, unused: tuple[str, ...] = ()
    ) -> None:
        self._session = session
        self.method: Final = method
        """The method that was invoked."""
        self.item: ConfigurationItem = item
        """The last answer of the server: the result of the method, or the task, with all its properties."""
        self.unused: Final = unused
        """Values that were given and that no form of the method asked for."""
        self._outcome = outcome_of(item)

    def begun(self) -> Self:
        """Return the task unless it failed at once. Raises `TaskFailed`, having cleaned up."""
        if self._outcome.failed:
            self._forget(None)
        self._check()
        return self

    def __repr__(self) -> str:
        return f"<{self.method}: {self.state}, {self.progress} %>"

    @property
    def path(self) -> str | None:
        """The path of the task at the server, such as `Task[33]`; `None` if the method ended at once."""
        return self._outcome.task

    @property
    def state(self) -> str:
        """The server's name for it: `Idle`, `InProgress`, `Success`, `Error`, `Completed`, `Unknown` or a newer one."""
        return self._outcome.state

    @property
    def progress(self) -> int:
        """Percent."""
        return 100 if self.is_over else self._outcome.progress

    @property
    def is_over(self) -> bool:
        """Whether it has ended, successfully or not."""
        removable = self.item.has_method("TaskCleanup") and not self.item.has_method("TaskStop")
        return self._outcome.is_over or removable  # a task that was stopped may have any state

    @property
    def result(self) -> str | None:
        """The path of the item that was made or changed, such as `Hardware[<id>]`; known when it has ended."""
        return self._outcome.result

    def refresh(self) -> Self:
        """Ask for the state. Raises `TaskFailed` if it ended with an error, or was removed with its outcome unknown."""
        if self.is_over:
            self._check()
            return self
        again = service.invoke_method(self.item, self.method)  # older methods have no task, and take their own result
        try:
            self.item = self._session.configuration(again if self.path is None else service.get_item(self.path))
        except ItemNotFound as error:
            raise TaskFailed(
                "the task was cleaned up by another client, and its outcome is not known",
                task=self.path,
                server=str(self._session.location),
                operation=self.method,
            ) from error
        self._outcome = outcome_of(self.item, task=self.path)
        self._check()
        return self

    def wait(self, timeout: float | None = None, *, cleanup: bool = True) -> Self:
        """Wait until it has ended, at most `timeout` seconds, and have it cleaned up.

        Up to 4 requests in a row may fail meanwhile. Raises `TaskFailed` with the server's reason, `TaskTimeout` when
        the time is up: then the task goes on, and `wait`, `stop` and `refresh` still work. Raises `ConfigurationError`
        for a negative timeout.
        """
        if timeout is not None and timeout < 0:
            raise ConfigurationError(f"timeout must be >= 0, got {timeout}")
        clock = self._session.clock
        end = None if timeout is None else clock.monotonic() + timeout
        pause, failures = _FIRST_PAUSE, 0
        while not self.is_over:
            left = _LONGEST_PAUSE if end is None else end - clock.monotonic()
            if left <= 0:
                raise TaskTimeout(
                    f"{self.method} has not ended after {timeout:g} s: {self.state}, {self.progress} %",
                    task=self.path,
                    server=str(self._session.location),
                    operation=self.method,
                    hint="it continues on the server: wait again, or stop it",
                )
            clock.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            try:
                self._refresh(None if end is None else max(end - clock.monotonic(), _LEAST_SECONDS))
                failures = 0
            except TaskFailed:
                if cleanup:
                    self._forget(end)
                raise
            except MilestoneError as error:
                failures += 1
                if not error.retriable or failures >= _MOST_FAILURES:
                    raise
        if cleanup:
            self._forget(end)
        return self

    def _refresh(self, seconds: float | None) -> None:
        if seconds is None:
            self.refresh()
            return
        with within(seconds, server=str(self._session.location), operation=self.method):
            self.refresh()

    def stop(self) -> Self:
        """Ask the server to stop it. Raises `UnsupportedFeature` if it cannot be stopped, or has ended."""
        self._invoke("TaskStop")
        self._read()
        return self

    def cleanup(self) -> None:
        """Remove it from the server's list. Raises `UnsupportedFeature` while it runs."""
        if self.path is not None:
            self._invoke("TaskCleanup")

    def _read(self) -> None:
        """Ask for the state; a failed task raises nothing."""
        if self.path is not None:
            self.item = self._session.configuration(service.get_item(self.path))
            self._outcome = outcome_of(self.item, task=self.path)

    def _invoke(self, method: str) -> None:
        self._read()
        if self.path is None or not self.item.has_method(method):
            raise UnsupportedFeature(
                f"{self.path or self.method}: {method} is not offered while it is {self.state}",
                required=f"a task with {method}",
                actual=", ".join(self.item.method_ids) or "no methods",
                server=str(self._session.location),
                operation=method,
            )
        self._session.configuration(service.invoke_method(self.item, method))

    def _forget(self, end: float | None) -> None:
        """Clean up until then, with a second at least; a failure does not change the outcome."""
        left = 2 * self._session.timeout if end is None else end - self._session.clock.monotonic()
        try:
            with within(max(left, _LEAST_SECONDS), server=str(self._session.location), operation=self.method):
                self.cleanup()
        except MilestoneError:
            return

    def _check(self) -> None:
        try:
            self._outcome.check(self.method)
        except TaskFailed as error:
            error.at(server=str(self._session.location))
            raise
