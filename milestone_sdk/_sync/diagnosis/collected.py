# Generated from milestone_sdk/_async/diagnosis/collected.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What is known of a site, for checks of the caller's own (`milestone_sdk.Check`)."""

from collections.abc import Callable
from typing import TypeVar

from ...credentials import CurrentUser
from ...errors import MilestoneError
from ...models import AlarmLevel, SiteFacts
from .check import described
from .site import ExaminedSite

__all__ = ["Facts"]

T = TypeVar("T")


class Facts:
    """Collects what is known of a site; `missing` says why the rest is not."""

    def __init__(self, site: ExaminedSite) -> None:
        self._site = site
        self._missing: dict[str, str] = {}

    def collect(self) -> SiteFacts:
        """Return what is known; never raises for the rest."""
        site = self._site
        return SiteFacts(
            server=site.server,
            single_sign_on=isinstance(site.session.tokens.credentials, CurrentUser),
            info=self._known("info", site.info.get),
            configuration=self._known("configuration", site.configuration.get),
            disabled_cameras=self._known("disabled_cameras", self._disabled_cameras),
            priorities=self._known("priorities", self._priorities),
            alarm_definitions=self._known("alarm_definitions", site.alarm_definitions.get),
            missing=self._missing,
        )

    def _known(self, name: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except MilestoneError as error:
            self._missing[name] = described(error)
            return None

    def _disabled_cameras(self) -> tuple[str, ...]:
        return tuple(device.name for device in self._site.disabled_cameras.get() if device.name)

    def _priorities(self) -> tuple[AlarmLevel, ...]:
        self._site.login.get()
        return (self._site.alarms.settings()).priorities
