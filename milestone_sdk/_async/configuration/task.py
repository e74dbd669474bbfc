"""What a method of the configuration set going at the server (protocol/configuration.md 4.2, 4.5)."""

from typing import Final, Self

from ..._protocol.configuration import service as configurationapi
from ..._protocol.configuration.methods import outcome_of
from ..._protocol.soap.envelope import Call
from ...errors import ConfigurationError, ItemNotFound, MilestoneError, TaskFailed, TaskTimeout, UnsupportedFeature
from ...models import ConfigurationItem
from ..session.http import within
from ..session.session import AsyncSession

__all__ = ["AsyncServerTask"]

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 2.0
_LEAST_SECONDS: Final = 1.0
"""What the last question may take when the time is up."""
_MOST_FAILURES: Final = 5
"""Questions in a row that fail, with whose error waiting ends."""


class AsyncServerTask:
    """A method that was carried out, or is being carried out by the server.

    Finished tasks stay in the server's list until they are cleaned up, which `wait` does.
    """

    def __init__(
        self, session: AsyncSession, method: str, item: ConfigurationItem, *, unused: tuple[str, ...] = ()
    ) -> None:
        self._session = session
        self.method: Final = method
        """What was invoked."""
        self.item: ConfigurationItem = item
        """The last that the server told: the result of the method, or the task, with all its properties."""
        self.unused: Final = unused
        """Values that were given and that no form of a method with several forms asked for."""
        self._outcome = outcome_of(item)

    async def begun(self) -> Self:
        """Return it unless it failed at once. Raises `TaskFailed`, and has the server forget it then."""
        if self._outcome.failed:
            await self._forget()
        self._check()
        return self

    def __repr__(self) -> str:
        return f"<{self.method}: {self.state}, {self.progress} %>"

    @property
    def path(self) -> str | None:
        """Where the server keeps the task, such as `Task[33]`; `None` where the method was over at once."""
        return self._outcome.task

    @property
    def state(self) -> str:
        """The server's word: `Idle`, `InProgress`, `Success`, `Error`, `Completed`, `Unknown` or a newer one."""
        return self._outcome.state

    @property
    def progress(self) -> int:
        """Percent."""
        return 100 if self.is_over else self._outcome.progress

    @property
    def is_over(self) -> bool:
        """Whether it ended, well or not."""
        return self._outcome.is_over

    @property
    def result(self) -> str | None:
        """The path of what was made or changed, such as `Hardware[<id>]`; known when it is over."""
        return self._outcome.result

    async def refresh(self) -> Self:
        """Ask how it stands. Raises `TaskFailed` when it ended with an error, or is gone with its outcome unknown."""
        if self.is_over:
            self._check()
            return self
        try:
            self.item = await self._session.configuration(self._question())
        except ItemNotFound as error:
            raise TaskFailed(
                "the task is gone: somebody cleaned it up, and how it ended is not known",
                task=self.path,
                server=str(self._session.location),
                operation=self.method,
            ) from error
        self._outcome = outcome_of(self.item, task=self.path)
        self._check()
        return self

    async def wait(self, timeout: float | None = None, *, cleanup: bool = True) -> Self:
        """Wait until it is over, at most `timeout` seconds, and have the server forget it.

        Up to 4 questions in a row may fail on the way. Raises `TaskFailed` with the server's reason, `TaskTimeout` when
        the time is up: then the task goes on, and `wait`, `stop` and `refresh` still work. Raises `ConfigurationError`
        for a negative timeout.
        """
        if timeout is not None and timeout < 0:
            raise ConfigurationError(f"a timeout of {timeout} s is over before it begins")
        clock = self._session.clock
        end = None if timeout is None else clock.monotonic() + timeout
        pause, failures = _FIRST_PAUSE, 0
        while not self.is_over:
            left = _LONGEST_PAUSE if end is None else end - clock.monotonic()
            if left <= 0:
                raise self._timed_out(timeout or 0.0)
            await clock.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            try:
                await self._refresh(None if end is None else max(end - clock.monotonic(), _LEAST_SECONDS))
                failures = 0
            except TaskFailed:
                if cleanup:
                    await self._forget()
                raise
            except MilestoneError as error:
                failures += 1
                if not error.retriable or failures >= _MOST_FAILURES:
                    raise
        if cleanup:
            await self._forget()
        return self

    async def _refresh(self, seconds: float | None) -> None:
        """Ask how it stands; a server that does not answer must not make waiting last longer than it may."""
        if seconds is None:
            await self.refresh()
            return
        async with within(seconds, server=str(self._session.location), operation=self.method):
            await self.refresh()

    async def stop(self) -> Self:
        """Ask the server to stop it. Raises `UnsupportedFeature` where it cannot be stopped, or is over."""
        await self._invoke("TaskStop")
        return await self._look()

    async def cleanup(self) -> None:
        """Have the server forget it. Raises `UnsupportedFeature` while it runs."""
        if self.path is not None:
            await self._invoke("TaskCleanup")

    def _question(self) -> Call[ConfigurationItem]:
        """Ask for the task; older methods have none and are invoked again with their own result."""
        if self.path is not None:
            return configurationapi.get_item(self.path)
        return configurationapi.invoke_method(self.item, self.method)

    async def _look(self) -> Self:
        """See how it stands now, whatever that is."""
        if self.path is not None:
            self.item = await self._session.configuration(configurationapi.get_item(self.path))
            self._outcome = outcome_of(self.item, task=self.path)
        return self

    async def _invoke(self, method: str) -> None:
        await self._look()
        if self.path is None or not self.item.has_method(method):
            raise UnsupportedFeature(
                f"{self.path or self.method}: {method} is not offered while it is {self.state}",
                required=f"a task with {method}",
                actual=", ".join(self.item.method_ids) or "no methods",
                server=str(self._session.location),
                operation=method,
            )
        await self._session.configuration(configurationapi.invoke_method(self.item, method))

    async def _forget(self) -> None:
        """Clean up; that it cannot be done changes nothing of the outcome."""
        try:
            await self.cleanup()
        except MilestoneError:
            return

    def _check(self) -> None:
        try:
            self._outcome.check(self.method)
        except TaskFailed as error:
            error.at(server=str(self._session.location))
            raise

    def _timed_out(self, seconds: float) -> TaskTimeout:
        return TaskTimeout(
            f"{self.method} is not over after {seconds:g} s: {self.state}, {self.progress} %",
            task=self.path,
            server=str(self._session.location),
            operation=self.method,
            hint="it goes on at the server: wait again, or stop it",
        )
