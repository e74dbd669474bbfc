"""Calls to the recorder that has a device, wherever the device is now."""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from ..._protocol.soap.envelope import Call
from ...models import Recorder
from ..session.facts import AsyncFact, is_refused_by_recorder
from ..session.session import AsyncSession

__all__ = ["RecorderDevice", "at_recorder"]

T = TypeVar("T")


class RecorderDevice(Protocol):
    """A device that a recorder has: a camera, an input, an output."""

    @property
    def id(self) -> UUID:
        """The device's id."""
        ...

    @property
    def recorder(self) -> Recorder:
        """The recorder that has it."""
        ...


D = TypeVar("D", bound=RecorderDevice)


async def at_recorder(session: AsyncSession, place: AsyncFact[D], build: Callable[[str, UUID], Call[T]]) -> T:
    """Call the recorder of a device, and the one that has it now if that one refuses.

    `build` makes the call from the corporate token and the device's id.
    """

    async def call(device: D) -> T:
        return await session.recorder(device.recorder, partial(_with_id, build, device.id))

    return await place.use(call, contradicted=lambda error, _: is_refused_by_recorder(error))


def _with_id(build: Callable[[str, UUID], Call[T]], device_id: UUID, token: str) -> Call[T]:
    return build(token, device_id)
