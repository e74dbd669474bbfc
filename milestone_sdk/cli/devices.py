"""The commands for cameras, PTZ, inputs, outputs and manual recording."""

import time
from datetime import timedelta
from typing import Annotated, Final

import typer
from attrs import evolve, frozen

from .. import Client, Inputs, Outputs
from ..errors import ConfigurationError, MilestoneError
from ..models import Camera, Input, Output, PtzPosition
from .groups import command
from .listing import Column, Listing
from .login import Login
from .period import read_duration
from .screen import say

__all__ = ["CameraName", "cameras", "input_app", "output_app", "ptz_app", "recording_app"]

ptz_app: typer.Typer = typer.Typer(help="Move a PTZ camera.", no_args_is_help=True)
output_app: typer.Typer = typer.Typer(help="List and activate outputs.", no_args_is_help=True)
input_app: typer.Typer = typer.Typer(help="List inputs and their state.", no_args_is_help=True)
recording_app: typer.Typer = typer.Typer(help="Start and stop recording by hand.", no_args_is_help=True)

CameraName = Annotated[str, typer.Argument(metavar="CAMERA", help="Exact name or id of the camera.")]
OutputName = Annotated[str, typer.Argument(metavar="OUTPUT", help="Exact name or id of the output.")]

_CAMERAS: Final[tuple[Column[Camera], ...]] = (
    Column("camera", lambda camera: camera.name),
    Column("recorder", lambda camera: camera.recorder.name),
    Column("hardware", lambda camera: camera.hardware.name if camera.hardware else None, table=False),
    Column("ptz", lambda camera: camera.ptz is not None and camera.ptz.enabled, table=False),
    Column("edge_storage", lambda camera: camera.edge_storage_supported, table=False),
    Column("recorder_id", lambda camera: camera.recorder.id, table=False),
    Column("id", lambda camera: camera.id),
)


def cameras(
    listing: Listing,
    login: Login,
    group: Annotated[str | None, typer.Option(metavar="FOLDER", help="A folder such as Perimeter/North.")] = None,
) -> None:
    """List the cameras that the user may see."""
    with login.client() as site:
        found = site.cameras(group)
    listing.show(_CAMERAS, found)


# PTZ


@command(ptz_app)
def presets(camera: CameraName, listing: Listing, login: Login) -> None:
    """List the presets of a camera."""
    with login.client() as site:
        found = site.ptz.presets(camera)
    listing.show((Column[str]("preset", str),), found)


@command(ptz_app)
def go(
    camera: CameraName,
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Exact name of the preset.")],
    login: Login,
) -> None:
    """Move to a preset."""
    with login.client() as site:
        site.ptz.go_to(camera, preset)
    say(f"{camera} moves to {preset!r}")


@command(ptz_app, "set")
def set_preset(
    camera: CameraName,
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Name of the preset.")],
    login: Login,
) -> None:
    """Store the position as a preset. One of that name is replaced."""
    with login.client() as site:
        site.ptz.set_preset(camera, preset)
    say(f"{preset!r} is the present position of {camera}")


@command(ptz_app)
def home(camera: CameraName, login: Login) -> None:
    """Move to the home position."""
    with login.client() as site:
        site.ptz.home(camera)
    say(f"{camera} moves to its home position")


@command(ptz_app)
def position(camera: CameraName, listing: Listing, login: Login) -> None:
    """Show where a camera points. Pan and tilt are from -1 to 1, zoom from 0 to 1."""
    with login.client() as site:
        found = site.ptz.position(camera)
    columns: tuple[Column[PtzPosition], ...] = (
        Column("pan", lambda at: at.pan),
        Column("tilt", lambda at: at.tilt),
        Column("zoom", lambda at: at.zoom),
    )
    listing.show(columns, [found])


_AXIS: Final = "from -1 to 1; its sign is the direction."


@command(ptz_app)
def move(
    camera: CameraName,
    login: Login,
    pan: Annotated[
        float | None, typer.Option(min=-1, max=1, metavar="NUMBER", help=f"Speed or position, {_AXIS}")
    ] = None,
    tilt: Annotated[
        float | None, typer.Option(min=-1, max=1, metavar="NUMBER", help=f"Speed or position, {_AXIS}")
    ] = None,
    zoom: Annotated[
        float | None, typer.Option(min=-1, max=1, metavar="NUMBER", help=f"Speed or position, {_AXIS}")
    ] = None,
    duration: Annotated[
        timedelta | None,
        typer.Option("--for", parser=read_duration, metavar="DURATION", help="Move so long, then stop; default: 1s."),
    ] = None,
    absolute: Annotated[bool, typer.Option("--absolute", help="Move to that position instead.")] = False,
    relative: Annotated[bool, typer.Option("--relative", help="Move by that part of the range instead.")] = False,
) -> None:
    """Move for a while, or to a position. Without --absolute or --relative the values are speeds."""
    if absolute + relative + (duration is not None) > 1:
        raise ConfigurationError("--for, --absolute and --relative: only one can be used")
    with login.client() as site:
        if absolute:
            site.ptz.move_to(camera, pan=pan, tilt=tilt, zoom=zoom)
        elif relative:
            site.ptz.move_by(camera, pan=pan, tilt=tilt, zoom=zoom)
        else:
            _move(site, camera, pan, tilt, zoom, timedelta(seconds=1) if duration is None else duration)
    say(f"{camera} {'moves' if absolute or relative else 'has moved'}")


def _move(
    site: Client, camera: str, pan: float | None, tilt: float | None, zoom: float | None, duration: timedelta
) -> None:
    if pan is None and tilt is None and zoom is None:
        raise ConfigurationError("no axis was given", hint="give --pan, --tilt or --zoom")
    with site.ptz.control(camera) as moving:
        moving.move(pan=pan or 0.0, tilt=tilt or 0.0, zoom=zoom or 0.0)
        time.sleep(duration.total_seconds())


# Inputs and outputs


@frozen(kw_only=True)
class _Device:
    """An input or output; `state` is that which the recorder reports, or why it reports none."""

    of: Input | Output
    state: str | None = None


def _columns(kind: str, *, states: bool) -> tuple[Column[_Device], ...]:
    return (
        Column(kind, lambda each: each.of.name),
        Column("recorder", lambda each: each.of.recorder.name),
        *((Column[_Device]("state", lambda each: each.state),) if states else ()),
        Column("id", lambda each: each.of.id),
    )


States = Annotated[bool, typer.Option("--state", help="Ask for the state of each, one request each.")]


def _with_state(each: _Device, ask: Inputs | Outputs) -> _Device:
    try:
        state = ask.state(each.of.id)
    except MilestoneError as error:
        state = error.message
    return evolve(each, state=str(state))


def _listed(ask: Inputs | Outputs, with_states: bool) -> list[_Device]:
    found = [_Device(of=each) for each in ask.list()]
    return [_with_state(each, ask) for each in found] if with_states else found


@command(output_app, "list")
def list_outputs(listing: Listing, login: Login, state: States = False) -> None:
    """List the outputs that the user may see."""
    with login.client() as site:
        found = _listed(site.outputs, state)
    listing.show(_columns("output", states=state), found)


@command(input_app, "list")
def list_inputs(listing: Listing, login: Login, state: States = False) -> None:
    """List the inputs that the user may see."""
    with login.client() as site:
        found = _listed(site.inputs, state)
    listing.show(_columns("input", states=state), found)


@command(output_app)
def activate(output: OutputName, login: Login) -> None:
    """Activate an output until it is deactivated."""
    with login.client() as site:
        site.outputs.activate(output)
    say(f"{output} is activated")


@command(output_app)
def deactivate(output: OutputName, login: Login) -> None:
    """Deactivate an output."""
    with login.client() as site:
        site.outputs.deactivate(output)
    say(f"{output} is deactivated")


@command(output_app, "trigger")
def trigger_output(
    output: OutputName,
    login: Login,
    duration: Annotated[
        timedelta | None,
        typer.Option("--for", parser=read_duration, metavar="DURATION", help="How long; default: 1s."),
    ] = None,
) -> None:
    """Activate an output for a time. The recorder deactivates it then."""
    with login.client() as site:
        site.outputs.trigger(output, timedelta(seconds=1) if duration is None else duration)
    say(f"{output} is triggered")


# Manual recording


@command(recording_app)
def start(camera: CameraName, login: Login) -> None:
    """Start recording. The recorder stops it after the time that is configured for the camera."""
    with login.client() as site:
        site.manual_recording.start(camera)
    say(f"{camera} is being recorded")


@command(recording_app)
def stop(camera: CameraName, login: Login) -> None:
    """Stop a manual recording. One that a rule started goes on."""
    with login.client() as site:
        site.manual_recording.stop(camera)
    say(f"the manual recording of {camera} is stopped")


@command(recording_app)
def state(camera: CameraName, login: Login) -> None:
    """Show whether a manual recording runs."""
    with login.client() as site:
        active = site.manual_recording.is_active(camera)
    say(f"{camera}: {'a manual recording runs' if active else 'no manual recording runs'}")
