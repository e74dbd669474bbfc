"""Times of all models: aware, in UTC, in the years 1 to 9999 that `datetime` has."""

from datetime import UTC, datetime, timedelta
from typing import Final

from .._arguments import check_type
from ..errors import ConfigurationError

__all__ = ["NO_TIME", "earlier", "to_utc"]

NO_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)
""".NET's default, which means that there is no time; .NET ticks are counted from here."""


def to_utc(moment: datetime, name: str = "a time") -> datetime:
    """Convert an aware datetime to UTC. Raises `ConfigurationError` for a naive one, whose zone would be a guess.

    `name` is the parameter that the error names.
    """
    hint = "give an aware datetime, as datetime.now(UTC) is"
    check_type(name, moment, datetime, hint=hint)
    if moment.utcoffset() is None:
        raise ConfigurationError(f"{name}={moment!r} has no time zone", hint=hint)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ConfigurationError(f"{name}={moment!r} is outside the calendar in UTC") from None


def earlier(moment: datetime, span: timedelta) -> datetime:
    """Return the time in UTC that is `span` before, or the nearest one that exists: a clock may be set to year 1."""
    try:
        return moment.astimezone(UTC) - span
    except OverflowError:
        return (datetime.min if span > timedelta() or moment.year == 1 else datetime.max).replace(tzinfo=UTC)
