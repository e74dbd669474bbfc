"""What is known of a site, for checks of the caller's own (`milestone_sdk.Check`)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ...credentials import CurrentUser
from ...errors import MilestoneError
from ...models import AlarmLevel, SiteFacts
from .check import described
from .site import AsyncExaminedSite

__all__ = ["AsyncFacts"]

T = TypeVar("T")


class AsyncFacts:
    """Collects what is known of a site; `missing` says why the rest is not."""

    def __init__(self, site: AsyncExaminedSite) -> None:
        self._site = site
        self._missing: dict[str, str] = {}

    async def collect(self) -> SiteFacts:
        """Return what is known; never raises for the rest."""
        site = self._site
        return SiteFacts(
            server=site.server,
            single_sign_on=isinstance(site.session.tokens.credentials, CurrentUser),
            info=await self._known("info", site.info.get),
            configuration=await self._known("configuration", site.configuration.get),
            disabled_cameras=await self._known("disabled_cameras", self._disabled_cameras),
            priorities=await self._known("priorities", self._priorities),
            alarm_definitions=await self._known("alarm_definitions", site.alarm_definitions.get),
            missing=self._missing,
        )

    async def _known(self, name: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        try:
            return await ask()
        except MilestoneError as error:
            self._missing[name] = described(error)
            return None

    async def _disabled_cameras(self) -> tuple[str, ...]:
        return tuple(device.name for device in await self._site.disabled_cameras.get() if device.name)

    async def _priorities(self) -> tuple[AlarmLevel, ...]:
        await self._site.login.get()
        return (await self._site.alarms.settings()).priorities
