"""PTZ positions and sessions, and the state of inputs and outputs."""

from enum import StrEnum
from uuid import UUID

from attrs import frozen

from .model import Model

__all__ = ["IOState", "PtzPosition", "PtzSession"]


@frozen(kw_only=True, repr=False)
class PtzPosition(Model):
    """Where a PTZ camera points: pan and tilt from -1 to 1, zoom from 0 (wide) to 1 (tele).

    An axis is `None` where the recorder does not report it.
    """

    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None


@frozen(kw_only=True, repr=False)
class PtzSession(Model):
    """Who controls a PTZ camera. Profiles are ids of patrolling profiles, `None` where none is active."""

    user: str | None = None
    """Display name of the user who holds the session."""
    user_sid: str | None = None
    priority: int | None = None
    reserved: bool = False
    """The session was reserved and does not end with the last move."""
    patrolling: bool = False
    paused: bool = False
    """Patrolling is paused while a user controls the camera."""
    anonymous: bool = False
    licensed: bool = False
    """The product allows reserved sessions."""
    timeout_seconds: int | None = None
    seconds_left: int | None = None
    patrolling_profile_id: UUID | None = None
    manual_patrolling_profile_id: UUID | None = None


class IOState(StrEnum):
    """The state of an input or output. A state that this release does not know stays a plain string."""

    ACTIVATED = "Activated"
    DEACTIVATED = "Deactivated"
    UNKNOWN = "Unknown"
