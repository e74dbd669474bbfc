"""Times, durations, and the options for a part of the recordings."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import typer
from attrs import frozen

from .. import Client
from ..errors import AlarmNotFound, ConfigurationError
from ..models import AlarmLine, Condition, TimeSpan
from ..models.times import earlier
from .groups import OptionGroup

__all__ = ["Footage", "Period", "read_duration", "read_time"]

_UNITS: Final = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?(?:ms|[smhd]))+")
_PART: Final = re.compile(r"([\d.]+)(ms|[smhd])")
_BEFORE: Final = timedelta(seconds=10)
_AFTER: Final = timedelta(seconds=30)


def read_time(text: str) -> datetime:
    """Return the time of an option. Raises `typer.BadParameter`."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time; write it as 2026-03-01T12:00:00Z") from None
    if time.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no time zone; append Z for UTC, or +02:00")
    return time


def read_duration(text: str) -> timedelta:
    """Return the duration of an option. Raises `typer.BadParameter`."""
    if not _DURATION.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a duration; write it as 90s, 10m, 1h30m or 2d")
    try:
        return sum((timedelta(**{_UNITS[unit]: float(part)}) for part, unit in _PART.findall(text)), timedelta())
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is too long") from None


@frozen(kw_only=True)
class Footage:
    """What a `Period` means: camera, span and, with `--at` and `--around`, the time that it is around."""

    camera: str | UUID
    span: TimeSpan
    time: datetime | None = None
    alarm: AlarmLine | None = None


@frozen(kw_only=True)
class Period(OptionGroup):
    """A part of the recordings, given in one of several ways."""

    start: Annotated[
        datetime | None,
        typer.Option("--from", parser=read_time, metavar="TIME", help="Begin, as 2026-03-01T12:00:00Z."),
    ] = None
    end: Annotated[
        datetime | None, typer.Option("--to", parser=read_time, metavar="TIME", help="End; default: now.")
    ] = None
    last: Annotated[
        timedelta | None,
        typer.Option(parser=read_duration, metavar="DURATION", help="Up to now, instead: 90s, 10m, 1h30m or 2d."),
    ] = None
    at: Annotated[datetime | None, typer.Option(parser=read_time, metavar="TIME", help="Around a time, instead.")] = (
        None
    )
    around: Annotated[
        UUID | None,
        typer.Option(metavar="ALARM", help="Around an alarm, by its id, instead; its camera is the default."),
    ] = None
    before: Annotated[
        timedelta | None,
        typer.Option(parser=read_duration, metavar="DURATION", help="Begin so long before it; default: 10s."),
    ] = None
    after: Annotated[
        timedelta | None,
        typer.Option(parser=read_duration, metavar="DURATION", help="End so long after it; default: 30s."),
    ] = None

    def footage(self, site: Client, camera: str | None, *, default: timedelta | None = None) -> Footage:
        """Return what is meant; with a `default`, that long up to now if no time is given.

        Raises `ConfigurationError`, and `AlarmNotFound` for the alarm.
        """
        ranged = self.start is not None or self.end is not None
        ways = {"--from": ranged or None, "--last": self.last, "--at": self.at, "--around": self.around}
        given = [name for name, value in ways.items() if value is not None]
        if len(given) > 1:
            raise ConfigurationError(f"{' and '.join(given)} are given: only one can be used")
        if (self.before is not None or self.after is not None) and self.at is None and self.around is None:
            raise ConfigurationError("--before and --after need a time", hint="give --at TIME or --around ALARM")
        alarm = None if self.around is None else _alarm(site, self.around)
        reference = camera or (alarm.camera_id if alarm is not None else None)
        if reference is None:
            what = "no camera is given" if alarm is None else f"alarm {alarm.id} names no camera"
            raise ConfigurationError(what, hint="give the name or id of the camera")
        time = self.at if alarm is None else alarm.timestamp
        return Footage(camera=reference, span=self._span(time, default), time=time, alarm=alarm)

    def _span(self, time: datetime | None, default: timedelta | None) -> TimeSpan:
        if time is not None:
            before = _BEFORE if self.before is None else self.before
            after = _AFTER if self.after is None else self.after
            return TimeSpan(earlier(time, before), earlier(time, -after))
        now = datetime.now(UTC)
        if self.start is not None:
            return TimeSpan(self.start, self.end or max(now, self.start))
        last = default if self.last is None else self.last
        if last is None or self.end is not None:
            raise ConfigurationError(
                "no time is given" if self.end is None else "--to needs a begin",
                hint="give --from TIME and --to TIME, --last 10m, --at TIME or --around ALARM",
            )
        return TimeSpan(earlier(now, last), now)


def _alarm(site: Client, alarm_id: UUID) -> AlarmLine:
    found = site.alarms.list(Condition("Id", "Equals", alarm_id), limit=1)
    if not found:
        raise AlarmNotFound(
            f"no alarm {alarm_id}", hint="retention may have removed it, or this user may not see it; see alarms list"
        )
    return found[0]
