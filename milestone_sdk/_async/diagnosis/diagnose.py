"""`site.diagnose()`: all checks at the same time, each with its own deadline, so that none can hide another."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from math import isfinite
from typing import Final, TypeVar

from ..._arguments import check_type
from ..._net.fanout import Outcome, async_gather_within
from ...credentials import CurrentUser
from ...errors import ConfigurationError, MilestoneError
from ...models import AlarmLevel, Check, Finding, SiteFacts, Status
from ..session.session import AsyncSession
from . import alarmdefinitions, cameras, certificates, clock, login, ports, rights, services, versions
from .check import AsyncSiteCheck, Report, described
from .site import AsyncExaminedSite, AsyncOnce

__all__ = ["diagnose"]

T = TypeVar("T")

_CHECKS: Final = (
    AsyncSiteCheck("ports", ports.management, needs_login=False),
    AsyncSiteCheck("ports", ports.recorders, needs_login=False),
    AsyncSiteCheck("ports", ports.event_server, needs_login=False),
    AsyncSiteCheck("certificates", certificates.management, needs_login=False),
    AsyncSiteCheck("certificates", certificates.services),
    AsyncSiteCheck("login", login.login, needs_login=False),
    AsyncSiteCheck("versions", versions.release),
    AsyncSiteCheck("versions", versions.fleet),
    AsyncSiteCheck("event server", services.event_server),
    AsyncSiteCheck("recorders", services.recorders),
    AsyncSiteCheck("recorders", services.public_access),
    AsyncSiteCheck("clock", clock.management, needs_login=False),
    AsyncSiteCheck("clock", clock.event_server),
    AsyncSiteCheck("rights", rights.cameras),
    AsyncSiteCheck("rights", rights.alarms),
    AsyncSiteCheck("alarm definitions", alarmdefinitions.definitions),
    AsyncSiteCheck("alarm definitions", alarmdefinitions.sources),
    AsyncSiteCheck("alarm definitions", alarmdefinitions.device_events),
    AsyncSiteCheck("recordings", cameras.recordings),
    AsyncSiteCheck("camera names", cameras.names),
    AsyncSiteCheck("interconnect", cameras.interconnect),
)
"""In the order of the findings: a problem in an earlier one is often the cause of one in a later one."""
_CLOSE_SECONDS: Final = 2.0


async def diagnose(session: AsyncSession, checks: Sequence[Check], *, deadline: float) -> tuple[Finding, ...]:
    """Check the site of a session, by a session of its own, so that it need not be open and is left as it was.

    A login that was refused to either is not tried again by the other.
    """
    check_type("deadline", deadline, int, float)
    if not (deadline > 0 and isfinite(deadline)):
        raise ConfigurationError(f"deadline must be > 0 and finite, got {deadline}", hint="give seconds above 0")
    own = session.another()
    site = AsyncExaminedSite(own, seconds=deadline, used=session.known_event_server)
    facts = AsyncOnce(partial(_collect, site))
    calls: list[Callable[[], Awaitable[Iterable[Finding]]]] = [partial(_make, check, site) for check in _CHECKS]
    calls += [partial(_judge, check, facts) for check in checks]
    names = [check.name for check in _CHECKS] + [check.name for check in checks]
    try:
        outcomes = await async_gather_within(deadline, calls)
    finally:
        await async_gather_within(_CLOSE_SECONDS, [own.aclose])
        session.learn_from(own)
    found = [_findings(name, outcome, site.server) for name, outcome in zip(names, outcomes, strict=True)]
    return tuple(dict.fromkeys(finding for each in found for finding in each))  # two may fail for the same reason


async def _make(check: AsyncSiteCheck, site: AsyncExaminedSite) -> Iterable[Finding]:
    report = Report(check.name, site.server)
    if check.needs_login and await site.login.get_or_none() is None:
        report.error("not made: no login", "see the findings of the login")
    else:
        await check.make(site, report)
    return report.findings


async def _collect(site: AsyncExaminedSite) -> SiteFacts:
    """Return what is known of a site, for checks of the caller's own; `missing` says why the rest is not."""
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


async def _judge(check: Check, facts: AsyncOnce[SiteFacts]) -> Iterable[Finding]:
    return tuple(check(await facts.get()))


def _findings(name: str, outcome: Outcome[Iterable[Finding]], server: str) -> Iterable[Finding]:
    """Return the findings of a check; that it could not be made is one itself."""
    if outcome.error is None:
        return outcome.get()
    hint = outcome.error.hint if isinstance(outcome.error, MilestoneError) else None
    late = isinstance(outcome.error, TimeoutError)
    remedy = hint or ("see whether the server is slow, or allow a longer deadline" if late else None)
    what = f"the check could not be made: {described(outcome.error)}"
    return [Finding(status=Status.ERROR, check=name, where=server, what=what, remedy=remedy)]
