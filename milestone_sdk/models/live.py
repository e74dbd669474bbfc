"""What live video yields besides frames: the status of the camera, dropped frames, a lost connection."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from ..errors import MilestoneError
from .model import Model
from .video import Frame

__all__ = ["FramesDropped", "LiveEvent", "LiveLost", "LiveRestored", "LiveStatus"]

# docs/protocol: imageserver-live
_FEED: Final = 1
_MOTION: Final = 2
_RECORDING: Final = 3
_CAMERA_LOST: Final = 5
_DATABASE_FAILED: Final = 6
_DISK_LOW: Final = 7
_STOPPED_FOR_CLIENT: Final = 100


@frozen(kw_only=True, repr=False)
class LiveStatus(Model):
    """The status of a camera as its recorder reports it, after something changed.

    `values` are all values that were reported on this connection, by their number, those without a name included;
    `changed` are the numbers that are new or have another value. `time` is the recorder's, `None` where it cannot be
    read. A property is `None` until the recorder has reported it.
    """

    time: datetime | None
    values: Mapping[int, int] = field(hash=False)
    changed: frozenset[int]

    def _is(self, number: int) -> bool | None:
        value = self.values.get(number)
        return None if value is None else value != 0

    @property
    def feed_started(self) -> bool | None:
        """Whether the recorder has started the live feed. Some report that for a camera that is lost, too."""
        return self._is(_FEED)

    @property
    def motion(self) -> bool | None:
        """Whether there is motion."""
        return self._is(_MOTION)

    @property
    def recording(self) -> bool | None:
        """Whether the camera is being recorded."""
        return self._is(_RECORDING)

    @property
    def camera_lost(self) -> bool | None:
        """Whether the recorder has no connection to the camera."""
        return self._is(_CAMERA_LOST)

    @property
    def connected(self) -> bool | None:
        """Whether pictures can be expected: the feed has started, for this client too, and the camera is not lost."""
        return False if self.camera_lost or self.stopped_for_client else self.feed_started

    @property
    def database_failed(self) -> bool | None:
        """Whether the recorder cannot access its database."""
        return self._is(_DATABASE_FAILED)

    @property
    def disk_low(self) -> bool | None:
        """Whether the recorder runs out of disk space."""
        return self._is(_DISK_LOW)

    @property
    def stopped_for_client(self) -> bool | None:
        """Whether the recorder has stopped the feed to this client."""
        return self._is(_STOPPED_FOR_CLIENT)


@frozen(kw_only=True, repr=False)
class FramesDropped(Model):
    """Frames that were received and not returned, because the program was too slow or no key frame was before them.

    `first` and `last` are the times of the first and the last of them. The next frame is a key frame.
    """

    count: int
    first: datetime
    last: datetime


@frozen(kw_only=True, repr=False)
class LiveLost(Model):
    """The connection to the recorder was lost; `error` says why. It is opened again with back-off."""

    since: datetime
    error: MilestoneError


@frozen(kw_only=True, repr=False)
class LiveRestored(Model):
    """The recorder sends again, after `lost_for`. What it sent meanwhile is missing."""

    at: datetime
    lost_for: timedelta


LiveEvent = Frame | LiveStatus | FramesDropped | LiveLost | LiveRestored
"""All that live video yields."""
