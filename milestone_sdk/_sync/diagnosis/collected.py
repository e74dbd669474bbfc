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

__all__ = ["collect"]

T = TypeVar("T")


def collect(site: ExaminedSite) -> SiteFacts:
    """Return what is known; `missing` says why the rest is not. Never raises for that."""
    missing: dict[str, str] = {}

    def known(name: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except MilestoneError as error:
            missing[name] = described(error)
            return None

    def disabled_cameras() -> tuple[str, ...]:
        return tuple(device.name for device in site.disabled_cameras.get() if device.name)

    def priorities() -> tuple[AlarmLevel, ...]:
        site.login.get()
        return (site.alarms.settings()).priorities

    return SiteFacts(
        server=site.server,
        single_sign_on=isinstance(site.session.tokens.credentials, CurrentUser),
        info=known("info", site.info.get),
        configuration=known("configuration", site.configuration.get),
        disabled_cameras=known("disabled_cameras", disabled_cameras),
        priorities=known("priorities", priorities),
        alarm_definitions=known("alarm_definitions", site.alarm_definitions.get),
        missing=missing,
    )
