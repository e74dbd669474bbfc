"""Patrolling profiles by name. Recorders know their ids only; the names are in the configuration."""

from uuid import UUID

from attrs import frozen

from ..._protocol.configuration.names import find_one, near_misses
from ...errors import NotFound
from ...models import Camera
from ..configuration.reader import AsyncConfigurationReader
from ..session.session import AsyncSession

__all__ = ["profile_id"]


@frozen
class _Profile:
    id: UUID
    name: str


async def profile_id(session: AsyncSession, camera: Camera, name: str) -> UUID:
    """Return the id of the camera's patrolling profile of that exact name, or of that id as text."""
    items = await AsyncConfigurationReader(session).children(f"Camera[{camera.id}]/PatrollingProfileFolder")
    profiles = [_Profile(item.id, item.display_name or "") for item in items if item.id is not None]
    server = str(session.location)
    found = find_one("patrolling profile", profiles, name, server=server)
    if found is None:
        raise NotFound(
            f"camera {camera.name!r} has no patrolling profile {name!r}",
            near_misses=near_misses(name, [each.name for each in profiles]),
            server=server,
        )
    return found.id
