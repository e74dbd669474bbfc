# Generated from milestone_sdk/patriot/_async/eventview.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The camera display of a client: slots, the selected one, and the event view of an alarm."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Literal, Self
from uuid import UUID

from ..._arguments import check_type
from ..._sync.client import Client
from ..._sync.devices.ptz import PtzControl
from ..._protocol.configuration.names import near_misses
from ...errors import CameraNotFound, ConfigurationError, NoCameraCoverage, NoCameraSelected
from ...models import Camera, PtzPreset, UserDefinedEvent
from ...models.times import earlier
from ..eventview import LAYOUTS, Activation, Layout, Shown, check_layout, covering, shown
from ..records import ClientRecord, Zone
from .connections import CameraConnection, Footage, LiveFeed

__all__ = ["CameraDisplay", "EventView", "SelectedPtz"]

_BEFORE: Final = timedelta(seconds=10)
"""How long before the alarm the footage begins."""  # R60
_LENGTH: Final = timedelta(minutes=1)
_RETRIEVAL_TIMEOUT: Final = timedelta(minutes=2)
_SLOTS: Final = max(LAYOUTS.values())


class CameraDisplay:
    """The cameras of one client on one screen: a model of what is shown, without pictures.

    It has nine slots, each with one connection or none; `layout` says which are shown: `"quad"` the first four,
    `"nine"` all, `"single"` only the selected one. Exactly one slot is selected, and controls act on its camera.

    `codec` is that of live video and footage; `speed` and `length` are those of footage: as fast as possible without a
    speed, until it is closed with a length of `None`. `retrieval_timeout` is how long to wait for remote recordings,
    `retrieval_event` what retrieves them before 2025 R2, see `site.recordings.retrieve`. `site` stays open when the
    display is closed. Raises `ConfigurationError` for a layout that does not exist.
    """

    def __init__(
        self,
        client: ClientRecord,
        site: Client,
        *,
        layout: Layout = "quad",
        codec: Literal["native", "jpeg"] = "native",
        speed: float | None = None,
        length: timedelta | None = _LENGTH,
        retrieval_event: UserDefinedEvent | UUID | str | None = None,
        retrieval_timeout: timedelta = _RETRIEVAL_TIMEOUT,
    ) -> None:
        check_type("client", client, ClientRecord)
        check_type("length", length, timedelta, type(None))
        check_type("retrieval_timeout", retrieval_timeout, timedelta)
        if length is not None and length <= timedelta():
            raise ConfigurationError(f"length must be > 0, got {length}", hint="give None to play until it is closed")
        check_layout(layout)
        self.client: Final = client
        self._site = site
        self._layout: Layout = layout
        self._codec: Literal["native", "jpeg"] = codec
        self._speed = speed
        self._length = length
        self._retrieval_event = retrieval_event
        self._retrieval_timeout = retrieval_timeout
        self._slots: list[CameraConnection | None] = [None] * _SLOTS
        self._selected = 0

    def __repr__(self) -> str:
        used = sum(slot is not None for slot in self._slots)
        return f"<{type(self).__name__} of client {self.client.client_no}, {self._layout}, {used} connections>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every connection of the display."""
        with ExitStack() as closing:  # the others are closed even if one fails
            for slot in self._slots:
                if slot is not None:
                    closing.callback(slot.close)
        self._slots = [None] * _SLOTS

    # Slots

    @property
    def slots(self) -> tuple[CameraConnection | None, ...]:
        """The connection of each of the nine slots, `None` for an empty one."""
        return tuple(self._slots)

    @property
    def layout(self) -> Layout:
        """The layout: single, quad or nine; see `arrange`."""
        return self._layout

    @property
    def visible(self) -> tuple[int, ...]:
        """The numbers of the slots that the layout shows."""
        return (self._selected,) if self._layout == "single" else tuple(range(LAYOUTS[self._layout]))

    @property
    def selected(self) -> int:
        """The number of the selected slot."""
        return self._selected

    def select(self, slot: int) -> None:
        """Select a slot; in the layout single this is the one that is shown. Raises `ConfigurationError`."""
        self._selected = self._checked(slot)

    def arrange(self, layout: Layout) -> None:
        """Change the layout; connections go on. If the selected slot is not shown any more, slot 0 is selected."""
        check_layout(layout)
        self._layout = layout
        if self._selected not in self.visible:
            self._selected = 0

    @property
    def controls_enabled(self) -> bool:
        """Whether the selected slot has a camera for the controls to act on."""
        slot = self._slots[self._selected]
        return slot is not None and not slot.closed

    @property
    def selected_camera(self) -> Camera:
        """The camera of the selected slot. Raises `NoCameraSelected` if it is empty, or its connection was closed."""
        slot = self._slots[self._selected]
        if slot is None or slot.closed:
            raise NoCameraSelected(
                f"slot {self._selected} of the camera display of client {self.client.client_no} shows no camera",
                operation="camera control",
                hint="view a camera in it, or select a slot that shows one",
            )
        return slot.camera

    @property
    def ptz(self) -> "SelectedPtz":
        """PTZ of the selected camera."""
        return SelectedPtz(self, self._site)

    # Cameras

    def cameras(self) -> tuple[Camera, ...]:
        """Return the camera list: all cameras of the server, or those of the folder that the Site Filter names."""
        return self._site.cameras(self.client.site_filter)

    def view_camera(self, camera: Zone | Camera | str, *, slot: int | None = None) -> LiveFeed:
        """Show live video in a slot, by default the selected one; no activation is needed.

        `camera` is a zone, the name of a zone, or a camera of the camera list. A zone is shown by its own camera or the
        one that covers it. What the slot had is ended. Raises `NoCameraCoverage`, also for a name that no zone has,
        `CameraNotFound` with similar names, and `ConfigurationError` for a slot that does not exist.
        """
        feed = LiveFeed(self._site, self._found(camera), codec=self._codec)
        self._show(feed, slot)
        return feed

    def review(self, camera: Zone | Camera | str, time: datetime, *, slot: int | None = None) -> Footage:
        """Show recorded video from a time on in a slot, by default the selected one; else like `view_camera`."""
        footage = self._footage(self._found(camera), time)
        self._show(footage, slot)
        return footage

    def _footage(self, camera: Camera, start: datetime) -> Footage:
        return Footage(
            self._site,
            self.client,
            camera,
            start,
            length=self._length,
            codec=self._codec,
            speed=self._speed,
            retrieval_event=self._retrieval_event,
            retrieval_timeout=self._retrieval_timeout,
        )

    def _found(self, camera: Zone | Camera | str) -> Camera:
        if isinstance(camera, Camera):
            return camera
        check_type("camera", camera, Zone, str)
        zone = camera if isinstance(camera, Zone) else self.client.zone_named(camera)
        if zone is None:
            raise NoCameraCoverage(
                f"client {self.client.client_no} has no zone {camera!r}",
                near_misses=near_misses(str(camera), (each.name for each in self.client.zones)),
                operation="view camera",
                hint="give the exact name of a zone",
            )
        return self._site.camera(covering(self.client, zone).name)

    def _show(self, connection: CameraConnection, slot: int | None) -> None:
        number = self._selected if slot is None else self._checked(slot)
        before, self._slots[number] = self._slots[number], connection
        if before is not None:
            before.close()

    def _checked(self, slot: int) -> int:
        check_type("slot", slot, int)
        shown_slots = _SLOTS if self._layout == "single" else LAYOUTS[self._layout]
        if not 0 <= slot < shown_slots:
            raise ConfigurationError(f"slot must be 0 to {shown_slots - 1} in the layout {self._layout}, got {slot}")
        return slot


class EventView(CameraDisplay):
    """What an operator sees on responding to an alarm: footage from 10 s before it, and live, of the same camera.

    `footage` and `live` are two independent connections, in the slots 0 and 1: each connects when it is iterated first,
    and ending one, or an error in one, leaves the other. Everything of a camera display is there, too: other cameras
    can be viewed in the other slots. Make one with `open`.
    """

    shown: Shown
    """Which zone was activated, and which camera shows it."""
    footage: Footage
    """The recorded video, from before the alarm on."""
    live: LiveFeed
    """The live video."""

    @classmethod
    def open(
        cls,
        activation: Activation,
        client: ClientRecord,
        site: Client,
        *,
        before: timedelta = _BEFORE,
        layout: Layout = "quad",
        codec: Literal["native", "jpeg"] = "native",
        speed: float | None = None,
        length: timedelta | None = _LENGTH,
        retrieval_event: UserDefinedEvent | UUID | str | None = None,
        retrieval_timeout: timedelta = _RETRIEVAL_TIMEOUT,
    ) -> Self:
        """Open the event view of an alarm, or of the signal that was made of it; close it with `close` or a block.

        The camera is that of the activated zone, see `Shown`; an alarm of zone 0 shows the first camera of the client,
        with `fallback`. The footage begins `before` the alarm and lasts `length`. The other arguments are those of
        `CameraDisplay`. Raises `NoCameraCoverage`, `NoCameras`, `CameraNotFound` with similar names,
        `AmbiguousName` for a camera name that several have, unless the alarm says which, and `ConfigurationError`.
        """
        check_type("before", before, timedelta)
        view = cls(
            client,
            site,
            layout=layout,
            codec=codec,
            speed=speed,
            length=length,
            retrieval_event=retrieval_event,
            retrieval_timeout=retrieval_timeout,
        )
        view.shown = shown(client, activation)
        camera = _camera(site, view.shown)
        view.footage = view._footage(camera, earlier(view.shown.time, before))
        view.live = LiveFeed(site, camera, codec=codec)
        view._slots[:2] = [view.footage, view.live]
        return view

    @property
    def camera(self) -> Camera:
        """The camera of the alarm."""
        return self.footage.camera

    @property
    def fallback(self) -> bool:
        """Whether the zone of the alarm is unknown, and this is only the first camera of the client."""
        return self.shown.fallback

    def replay(self) -> None:
        """Play the footage from its beginning again, as often as wanted; see `Footage.replay`."""
        self.footage.replay()

    def play_from(self, time: datetime) -> None:
        """Play the footage from another time on; see `Footage.play_from`."""
        self.footage.play_from(time)


def _camera(site: Client, view: Shown) -> Camera:
    """Return the camera of that name; of several the one that the alarm names."""
    name, camera_id = view.camera_zone.name, view.signal.camera_id
    if camera_id is not None and view.camera_zone is view.zone:
        try:
            named = site.camera(camera_id)
        except CameraNotFound:
            pass
        else:
            if named.name == name:
                return named
    return site.camera(name)


class SelectedPtz:
    """PTZ of the camera in the selected slot of a display; for an empty slot everything raises `NoCameraSelected`.

    The methods are those of `site.ptz`. For others, pass `selected_camera` to `site.ptz`.
    """

    def __init__(self, display: CameraDisplay, site: Client) -> None:
        self._display = display
        self._ptz = site.ptz

    def presets(self) -> tuple[str, ...]:
        """Return the names of the presets."""
        return self._ptz.presets(self._display.selected_camera)

    def go_to(self, preset: PtzPreset | str) -> None:
        """Move to a preset, by its exact name."""
        self._ptz.go_to(self._display.selected_camera, preset)

    def home(self) -> None:
        """Move to the home position."""
        self._ptz.home(self._display.selected_camera)

    def move_by(
        self, *, pan: float | None = None, tilt: float | None = None, zoom: float | None = None, speed: float = 1.0
    ) -> None:
        """Move by a fraction of the range of each axis, from -1 to 1."""
        self._ptz.move_by(self._display.selected_camera, pan=pan, tilt=tilt, zoom=zoom, speed=speed)

    def center(self, x: float, y: float, *, size: tuple[int, int]) -> None:
        """Center the point `x`, `y`, in pixels of a picture of that `size`."""
        self._ptz.center(self._display.selected_camera, x, y, size=size)

    @contextmanager
    def control(self, *, reverse_tilt: bool = False) -> Generator[PtzControl]:
        """Move the camera continuously, and stop it at the end of the block, also if another slot is selected then."""
        with self._ptz.control(self._display.selected_camera, reverse_tilt=reverse_tilt) as moving:
            yield moving
