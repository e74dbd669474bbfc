# Generated from milestone_sdk/_async/diagnosis/check.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What every check is made of."""

from collections.abc import Callable, Sequence
from typing import Final

from attrs import frozen

from ...errors import MilestoneError
from ...models import Finding, Status
from .site import ExaminedSite

__all__ = ["SiteCheck", "Report", "described", "listed"]

_MOST_SHOWN: Final = 10


def described(error: Exception) -> str:
    """Return what went wrong; errors of this library hold no secrets, of others only the class is shown."""
    if isinstance(error, MilestoneError):
        return f"{error.server}: {error.message}" if error.server else error.message
    return "not finished in time" if isinstance(error, TimeoutError) else f"it failed with {type(error).__name__}"


def listed(names: Sequence[str], most: int = _MOST_SHOWN) -> str:
    """Return names in quotes, and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


class Report:
    """Collects the findings of one check; `where` is the management server unless it is given."""

    def __init__(self, check: str, server: str) -> None:
        self._check = check
        self._server = server
        self.findings: list[Finding] = []

    def part(self) -> "Report":
        """Return a report of the same check, for one of several things that are checked at the same time."""
        return Report(self._check, self._server)

    def ok(self, what: str, *, where: str | None = None) -> None:
        """Add that something is in order."""
        self._add(Status.OK, what, None, where)

    def warning(self, what: str, remedy: str | None, *, where: str | None = None) -> None:
        """Add that something may not work."""
        self._add(Status.WARNING, what, remedy, where)

    def error(self, what: str, remedy: str | None, *, where: str | None = None) -> None:
        """Add that something does not work."""
        self._add(Status.ERROR, what, remedy, where)

    def _add(self, status: Status, what: str, remedy: str | None, where: str | None) -> None:
        place = self._server if where is None else where
        self.findings.append(Finding(status=status, check=self._check, where=place, what=what, remedy=remedy))


@frozen
class SiteCheck:
    """One check: its name in the findings, the function that makes it, and whether that needs a login."""

    name: str
    make: Callable[[ExaminedSite, Report], None]
    needs_login: bool = True
