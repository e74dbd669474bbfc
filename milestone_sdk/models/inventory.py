"""The configuration of a site as `GetConfiguration` returns it, filtered by the permissions of the user."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from attrs import field, frozen

from .devices import Camera, CameraGroup, Hardware, Input, MediaDevice, Output, Recorder
from .model import Model

__all__ = ["Configuration", "SystemEventType", "UserDefinedEvent"]


@frozen(kw_only=True, repr=False)
class UserDefinedEvent(Model):
    """An event that people or programs raise by hand; `EventTrigger` takes its id."""

    id: UUID
    name: str
    description: str | None = None


@frozen(kw_only=True, repr=False)
class SystemEventType(Model):
    """A kind of event that the system raises itself; `source` is Device, External, Hardware, ... or a newer text."""

    id: UUID
    name: str
    source: str | None = None
    description: str | None = None


@frozen(kw_only=True, repr=False)
class Configuration(Model):
    """Everything of a site that alarms and video need."""  # docs/protocol: servercommand-types, ConfigurationInfo

    server_id: UUID
    server_name: str | None = None
    server_description: str | None = None
    recorders: tuple[Recorder, ...] = ()
    hardware: tuple[Hardware, ...] = ()
    cameras: tuple[Camera, ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    media_devices: tuple[MediaDevice, ...] = ()
    camera_groups: tuple[CameraGroup, ...] = ()
    user_defined_events: tuple[UserDefinedEvent, ...] = ()
    system_event_types: tuple[SystemEventType, ...] = ()
    options: Mapping[str, str] = field(factory=dict[str, str], hash=False)
    """Feature flags of the server, e.g. `Bookmark` -> `True`."""
    may_browse: bool | None = None
    """Whether the user may play back in client applications; `None` where the server did not report it."""
    may_live: bool | None = None
    may_setup: bool | None = None

    def groups(self) -> Iterator[CameraGroup]:
        """Yield every camera group, parents before children."""
        for group in self.camera_groups:
            yield from group.walk()
