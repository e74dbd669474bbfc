# Generated from milestone_sdk/_async/devices/patrolling.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Patrolling profiles by name. Recorders know their ids only; the names are in the configuration."""

from uuid import UUID

from attrs import frozen

from ..._protocol.configuration.names import find_one, near_misses
from ...errors import NotFound
from ...models import Camera
from ..configuration.reader import ConfigurationReader
from ..session.session import Session

__all__ = ["profile_id"]


@frozen
class _Profile:
    id: UUID
    name: str


def profile_id(session: Session, camera: Camera, name: str) -> UUID:
    """Return the id of the camera's patrolling profile of that exact name, or of that id as text."""
    items = ConfigurationReader(session).children(f"Camera[{camera.id}]/PatrollingProfileFolder")
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
