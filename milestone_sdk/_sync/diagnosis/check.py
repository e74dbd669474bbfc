# Generated from milestone_sdk/_async/diagnosis/check.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What every check is made of."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from ...errors import MilestoneError
from ...models import Finding, Status
from .site import ExaminedSite

__all__ = ["SiteCheck", "listed", "told"]

_MOST_SHOWN: Final = 10


def told(error: Exception) -> str:
    """Return in words what went wrong; errors of this library hold no secrets, of others only the kind is told."""
    if isinstance(error, MilestoneError):
        return f"{error.server}: {error.message}" if error.server else error.message
    return "not over in time" if isinstance(error, TimeoutError) else f"it failed with {type(error).__name__}"


def listed(names: Sequence[str], most: int = _MOST_SHOWN) -> str:
    """Return names in quotes, and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


class SiteCheck(ABC):
    """One check: its name, whether it needs a login, and what it finds."""

    name: ClassVar[str]
    needs_login: ClassVar[bool] = True

    @abstractmethod
    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Look, and return what there is to say."""

    def ok(self, where: str, what: str) -> Finding:
        """Return that something is in order."""
        return Finding(status=Status.OK, check=self.name, where=where, what=what)

    def warning(self, where: str, what: str, remedy: str | None) -> Finding:
        """Return that something may not do."""
        return Finding(status=Status.WARNING, check=self.name, where=where, what=what, remedy=remedy)

    def error(self, where: str, what: str, remedy: str | None) -> Finding:
        """Return that something does not work."""
        return Finding(status=Status.ERROR, check=self.name, where=where, what=what, remedy=remedy)
