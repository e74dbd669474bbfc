"""What is known of a site, for checks of the caller's own (`milestone_sdk.Check`)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ...credentials import CurrentUser
from ...errors import MilestoneError
from ...models import AlarmLevel, SiteFacts
from .check import described
from .site import AsyncExaminedSite

__all__ = ["collect"]

T = TypeVar("T")


async def collect(site: AsyncExaminedSite) -> SiteFacts:
    """Return what is known; `missing` says why the rest is not. Never raises for that."""
    missing: dict[str, str] = {}

    async def known(name: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        try:
            return await ask()
        except MilestoneError as error:
            missing[name] = described(error)
            return None

    async def disabled_cameras() -> tuple[str, ...]:
        return tuple(device.name for device in await site.disabled_cameras.get() if device.name)

    async def priorities() -> tuple[AlarmLevel, ...]:
        await site.login.get()
        return (await site.alarms.settings()).priorities

    return SiteFacts(
        server=site.server,
        single_sign_on=isinstance(site.session.tokens.credentials, CurrentUser),
        info=await known("info", site.info.get),
        configuration=await known("configuration", site.configuration.get),
        disabled_cameras=await known("disabled_cameras", disabled_cameras),
        priorities=await known("priorities", priorities),
        alarm_definitions=await known("alarm_definitions", site.alarm_definitions.get),
        missing=missing,
    )
