"""The commands for recorded video."""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from .. import Client, Retrieval
from .._files import write_file
from ..errors import MilestoneError, NoRecording, RecordingError
from ..models import ExportedFile, Snapshot
from .devices import CameraName
from .extras import extra
from .listing import Column, Listing, iso
from .login import Login
from .period import Footage, Period, read_duration, read_time
from .remedies import in_options
from .screen import progress, say, timestamp

__all__ = ["INCOMPLETE", "contact_sheet", "export", "retrieve", "snapshot"]

INCOMPLETE: Final = 3
"""Exit code where a part of the footage is missing."""
_WAIT: Final = timedelta(minutes=2)

OptionalCamera = Annotated[
    str | None, typer.Argument(metavar="CAMERA", help="Exact name or id of the camera; may be left out with --around.")
]

Event = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Before 2025 R2: the user-defined event for which the site has a rule that retrieves recordings.",
    ),
]
Patience = Annotated[
    timedelta | None,
    typer.Option(
        parser=read_duration, metavar="DURATION", help="How long to wait for the newest footage; default: 10s."
    ),
]


def snapshot(
    camera: CameraName,
    login: Login,
    at: Annotated[
        datetime | None,
        typer.Option(parser=read_time, help="Time of a recorded picture; default: live.", metavar="TIME"),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write the JPEG.")] = Path(
        "snapshot.jpg"
    ),
) -> None:
    """Write one picture of a camera as JPEG."""
    with login.client() as site:
        picture = site.recordings.snapshot(camera, at)
    write_file(output, picture.data)
    say(f"{output.absolute()} shows {timestamp(picture.time)}")


_FILES: Final[tuple[Column[ExportedFile], ...]] = (
    Column("file", lambda file: file.path.absolute()),
    Column("codec", lambda file: file.codec),
    Column("frames", lambda file: file.frames),
    Column("begin", lambda file: file.span.start),
    Column("end", lambda file: file.span.end),
)


def export(
    period: Period,
    listing: Listing,
    login: Login,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write; the suffix is the format: .mp4, .mkv, .h264, .h265, .mjpeg; a folder holds JPEGs.",
        ),
    ],
    camera: OptionalCamera = None,
    retrieve: Annotated[bool, typer.Option("--retrieve", help="Fetch remote recordings first.")] = False,
    event: Event = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    close_gaps: Annotated[bool, typer.Option("--close-gaps", help="Leave out times without footage.")] = False,
    subtitles: Annotated[bool, typer.Option("--subtitles", help="Show the time as subtitles of an MKV.")] = False,
    patience: Patience = None,
) -> None:
    """Write recorded video to a file. Nothing is re-encoded. The exit code is 3 if a part is missing."""
    with login.client() as site:
        wanted = period.footage(site, camera)
        retrieve = retrieve or event is not None
        with progress(f"{'retrieving and exporting' if retrieve else 'exporting'} {output.name}") as done:
            result = site.recordings.export(
                wanted.camera,
                wanted.span,
                output,
                close_gaps=close_gaps,
                subtitles=subtitles,
                overwrite=overwrite,
                retrieve=retrieve,
                event=event,
                retrieve_timeout=_WAIT,
                progress=lambda now: done(now.done or 0.0),
                patience=timedelta(seconds=10) if patience is None else patience,
            )
    if result.missing is not None and not result.files:
        raise result.missing
    listing.show(_FILES, result.files)
    for gap in result.gaps:
        say(f"not recorded: {iso(gap.start)} to {iso(gap.end)}", error=True)
    _end_incomplete(result.missing)


def _end_incomplete(missing: MilestoneError | None) -> None:
    if missing is not None:
        say(f"missing: {in_options(' '.join(str(missing).split()))}", error=True)
        raise typer.Exit(INCOMPLETE)


def retrieve(
    period: Period,
    login: Login,
    camera: OptionalCamera = None,
    event: Event = None,
    wait: Annotated[
        timedelta | None,
        typer.Option(parser=read_duration, metavar="DURATION", help="How long to wait for it; default: 2m."),
    ] = None,
) -> None:
    """Fetch remote recordings. The recorder gets them from the camera itself, or from another site.

    The exit code is 3 if some are missing.
    """
    with login.client() as site:
        wanted = period.footage(site, camera)
        retrieval = _fetch(site, wanted, event, _WAIT if wait is None else wait)
    say(f"{iso(retrieval.span.start)} to {iso(retrieval.span.end)}: {retrieval.state.value}")
    _end_incomplete(retrieval.missing)


def _fetch(site: Client, wanted: Footage, event: str | None, wait: timedelta) -> Retrieval:
    """Retrieve remote recordings; Ctrl-C ends that at the server, too."""
    retrieval = site.recordings.retrieve(wanted.camera, wanted.span, event=event)
    with progress("retrieving") as done:
        try:
            retrieval.wait(wait.total_seconds(), progress=lambda percent: done((percent or 0) / 100))
        except KeyboardInterrupt:
            retrieval.cancel()
            raise
    return retrieval


def contact_sheet(
    period: Period,
    login: Login,
    camera: OptionalCamera = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write the PNG.")] = Path(
        "contact-sheet.png"
    ),
    count: Annotated[int, typer.Option(min=1, max=400, metavar="N", help="How many pictures.")] = 12,
) -> None:
    """Write pictures spread over a time as one PNG."""
    with extra("simulator", "PIL"):
        from .sheet import write_sheet
    with login.client() as site:
        wanted = period.footage(site, camera)
        found = site.camera(wanted.camera)
        pictures = _spread(site, wanted, count)
    if not pictures:
        raise NoRecording(
            f"camera {found.name!r} recorded no picture from {iso(wanted.span.start)} to {iso(wanted.span.end)}",
            server=found.recorder.uri,
            hint="timeline shows when it recorded",
        )
    alarm = wanted.alarm
    title = found.name if alarm is None else f"{found.name}: {alarm.message or alarm.name or alarm.id}"
    write_sheet(output, pictures, time=wanted.time, title=title)
    say(f"{output.absolute()} shows {timestamp(pictures[0].time)} to {timestamp(pictures[-1].time)}")


def _spread(site: Client, wanted: Footage, count: int) -> list[Snapshot]:
    """Return pictures at equal distances, none twice; where nothing was recorded there is none."""
    step = wanted.span.duration / max(1, count - 1)
    tolerance = max(timedelta(seconds=2), step / 2)
    found: dict[datetime, Snapshot] = {}
    with progress("reading pictures") as done:
        for number in range(count):
            with suppress(RecordingError):
                at = wanted.span.start + number * step
                picture = site.recordings.snapshot(wanted.camera, at, tolerance=tolerance, patience=timedelta())
                found[picture.time] = picture
            done((number + 1) / count)
    return [found[time] for time in sorted(found)]
