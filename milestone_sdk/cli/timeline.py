"""The command `timeline`: when a camera recorded, as bars and as a list."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import typer
from rich.text import Text

from ..models import RecordingSequence, SequenceType, TimeSpan
from .devices import CameraName
from .listing import Column, Listing
from .login import Login
from .period import Period
from .screen import console, progress, say

__all__ = ["timeline"]

_DAY: Final = timedelta(days=1)
_MOST_BARS: Final = 31
_MOST_REQUESTS: Final = 100
_LABEL: Final = 12
_RECORDED, _NOTHING = "█", "·"

_SEQUENCES: Final[tuple[Column[RecordingSequence], ...]] = (
    Column("start", lambda sequence: sequence.start),
    Column("end", lambda sequence: sequence.end),
    Column("seconds", lambda sequence: round(sequence.span.duration.total_seconds(), 3)),
)


def timeline(
    camera: CameraName,
    period: Period,
    listing: Listing,
    login: Login,
    motion: Annotated[bool, typer.Option("--motion", help="Show when there was motion instead.")] = False,
) -> None:
    """Show when a camera recorded. In a terminal there are bars, too, in UTC. Default: the last 24 hours."""
    kind = SequenceType.MOTION if motion else SequenceType.RECORDING
    with login.client() as site:
        wanted = period.footage(site, camera, default=_DAY)
        found: dict[datetime, RecordingSequence] = {}
        parts = list(_parts(wanted.span, max(_DAY, wanted.span.duration / _MOST_REQUESTS)))
        with progress("reading sequences") as done:
            for number, part in enumerate(parts, 1):
                listed = site.recordings.sequences(wanted.camera, part, kind=kind)
                found.update((sequence.start, sequence) for sequence in listed)
                done(number / len(parts))
    sequences = [found[begin] for begin in sorted(found)]
    if listing.is_table:
        _show_bars(wanted.span, sequences)
    listing.show(_SEQUENCES, sequences)


def _parts(span: TimeSpan, step: timedelta) -> Iterator[TimeSpan]:
    start = span.start
    while True:
        end = min(span.end, start + step) if span.end - start > step else span.end
        yield TimeSpan(start, end)
        if end >= span.end:
            return
        start = end


def _show_bars(span: TimeSpan, sequences: Sequence[RecordingSequence]) -> None:
    """Print one bar for up to a day, else one for each day; none for more than a month."""
    screen = console()
    width = screen.width
    if span.duration <= _DAY:
        screen.print(Text(_bar(span, span, sequences, width)))
        begin, end = f"{span.start:%Y-%m-%d %H:%M}Z", f"{span.end:%H:%M}Z"
        say(f"{begin}{end:>{width - len(begin)}}")
    elif span.duration <= _MOST_BARS * _DAY:
        width -= _LABEL
        say(" " * _LABEL + "".join(f"{hour:02d}".ljust(width // 4) for hour in (0, 6, 12, 18)))
        day = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
        while day <= span.end:
            screen.print(Text(f"{day:%Y-%m-%d}  {_bar(TimeSpan(day, day + _DAY), span, sequences, width)}"))
            day += _DAY
    say("")


def _bar(whole: TimeSpan, wanted: TimeSpan, sequences: Sequence[RecordingSequence], width: int) -> str:
    """Return `width` characters for `whole`: recorded or not, blank outside of `wanted`."""
    step = whole.duration / width
    first, last = ((time - whole.start) // step for time in wanted)
    bar = [_NOTHING if first <= number <= last else " " for number in range(width)]
    for sequence in sequences:
        begin, end = ((time - whole.start) // step for time in (sequence.start, sequence.end))
        for number in range(max(0, first, begin), min(width, last + 1, end + 1)):
            bar[number] = _RECORDED
    return "".join(bar)
