"""Inputs and outputs of devices: their state, and activating outputs."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from ..._arguments import check_type
from ..._protocol.configuration.names import find_one, near_misses
from ..._protocol.devices import control
from ...errors import ConfigurationError, NotFound
from ...models import Configuration, Input, Output
from ...models.control import IOState
from ...models.table import Table
from ..configuration.inventory import AsyncConfigurationCache
from ..session.facts import AsyncFact
from ..session.session import AsyncSession
from .commands import command

__all__ = ["AsyncInputs", "AsyncOutputs"]

D = TypeVar("D", bound=Input | Output)

_LONGEST = timedelta(days=1)


class _AsyncDevices(Generic[D]):
    """The inputs, or the outputs, of a site; `kind` is the word for one in error texts."""

    def __init__(
        self,
        session: AsyncSession,
        configuration: AsyncConfigurationCache,
        kind: type[D],
        listed: Callable[[Configuration], tuple[D, ...]],
    ) -> None:
        self._session = session
        self._configuration = configuration
        self._kind = kind
        self._listed = listed

    async def list(self) -> Table[D]:
        """Return those that the user may see, recorder by recorder. The answer is kept until `refresh`."""
        return Table(self._listed(await self._configuration.get()))

    def _place(self, reference: D | UUID | str) -> AsyncFact[D]:
        """Return where a device is, for one call: looked up again when a recorder contradicts it."""
        check_type(self._kind.__name__.lower(), reference, self._kind, UUID, str)
        if isinstance(reference, UUID | str):
            return self._configuration.place_of(partial(self._find, reference), self._listed)
        return self._configuration.place_of(partial(self._find, reference.id), self._listed, known=reference)

    async def _find(self, reference: UUID | str) -> D:
        """Return a device; one that is not known is looked up again, since it may have been added."""
        found = self._named(await self._configuration.get(), reference)
        if found is None:
            configuration = await self._configuration.refresh()
            found = self._named(configuration, reference)
            if found is None:
                raise NotFound(
                    f"no {self._kind.__name__.lower()} {str(reference)!r}",
                    near_misses=near_misses(str(reference), [each.name for each in self._listed(configuration)]),
                    server=str(self._session.location),
                    hint="it may have been removed, or this user has no right to see it",
                )
        return found

    def _named(self, configuration: Configuration, reference: UUID | str) -> D | None:
        server = str(self._session.location)
        return find_one(self._kind.__name__.lower(), self._listed(configuration), reference, server=server)


class AsyncInputs(_AsyncDevices[Input]):
    """Inputs of devices. An input is given as `Input`, id, or exact name.

    Every call that takes one may raise `NotFound` with the names that resemble it, `AmbiguousName` for a name that
    several inputs have, `PermissionDenied`, `ServiceUnavailable` and `ServerFault`.
    """

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache) -> None:
        super().__init__(session, configuration, Input, lambda known: known.inputs)

    async def state(self, input: Input | UUID | str) -> IOState | str:  # noqa: A002
        """Return whether an input is activated; a state that this release does not know is a plain string."""
        return await command(self._session, self._place(input), control.input_state)


class AsyncOutputs(_AsyncDevices[Output]):
    """Outputs of devices. An output is given as `Output`, id, or exact name.

    Every call that takes one may raise `NotFound` with the names that resemble it, `AmbiguousName` for a name that
    several outputs have, `PermissionDenied`, `ServiceUnavailable` and `ServerFault`.
    """

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache) -> None:
        super().__init__(session, configuration, Output, lambda known: known.outputs)

    async def state(self, output: Output | UUID | str) -> IOState | str:
        """Return whether an output is activated; a state that this release does not know is a plain string."""
        return await command(self._session, self._place(output), control.output_state)

    async def activate(self, output: Output | UUID | str) -> None:
        """Activate an output until it is deactivated."""
        await command(self._session, self._place(output), control.output_activate)

    async def deactivate(self, output: Output | UUID | str) -> None:
        """Deactivate an output."""
        await command(self._session, self._place(output), control.output_deactivate)

    async def trigger(self, output: Output | UUID | str, duration: timedelta) -> None:
        """Activate an output for a time, from a microsecond to a day; the recorder deactivates it then.

        If the reply is lost, the call raises and is not repeated: the output may have been triggered.
        """
        check_type("duration", duration, timedelta)
        if not timedelta(0) < duration <= _LONGEST:
            raise ConfigurationError(f"duration must be > 0 and at most {_LONGEST}, got {duration}")
        await command(self._session, self._place(output), control.output_trigger, duration)
