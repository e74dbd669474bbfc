"""Calls to the recorder that has a device, wherever the device is now."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

from ..._protocol.soap.envelope import Call
from ...models import Recorder
from .facts import AsyncFact, is_refused_by_recorder
from .session import AsyncSession

__all__ = ["RecorderDevice", "at_recorder"]

P = ParamSpec("P")
T = TypeVar("T")


class RecorderDevice(Protocol):
    """A device that a recorder has: a camera, an input, an output."""

    @property
    def id(self) -> UUID:
        """The id of the device."""
        ...

    @property
    def recorder(self) -> Recorder:
        """The recorder that has it."""
        ...


D = TypeVar("D", bound=RecorderDevice)


async def at_recorder(
    session: AsyncSession,
    place: AsyncFact[D],
    build: Callable[Concatenate[str, UUID, P], Call[T]],
    /,
    *args: P.args,
    **parameters: P.kwargs,
) -> T:
    """Call the recorder of a device; after a refusal, the recorder that has the device now.

    `build` makes the call from the corporate token, the id of the device, and the other parameters.
    """

    async def call(device: D) -> T:
        return await session.recorder(device.recorder, lambda token: build(token, device.id, *args, **parameters))

    return await place.use(call, contradicted=lambda error, _: is_refused_by_recorder(error))
