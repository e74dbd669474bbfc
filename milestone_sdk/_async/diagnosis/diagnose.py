"""`site.diagnose()`: every check side by side, each with its own deadline, none able to hide another."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from math import isfinite
from typing import Final

from ..._arguments import check_type
from ..._net.fanout import Outcome, async_gather_within
from ...errors import ConfigurationError, MilestoneError
from ...models import Check, Finding, SiteFacts, Status
from ..session.session import AsyncSession
from .alarmdefinitions import AsyncAlarmDefinitionCheck, AsyncAlarmSourceCheck, AsyncDeviceEventCheck
from .cameras import AsyncCameraNameCheck, AsyncInterconnectCheck, AsyncRecordingCheck
from .certificates import AsyncCertificateCheck, AsyncServiceCertificateCheck
from .check import AsyncSiteCheck, told
from .clock import AsyncClockCheck, AsyncEventServerClockCheck
from .facts import AsyncFacts
from .login import AsyncLoginCheck
from .ports import AsyncEventServerPortCheck, AsyncManagementPortCheck, AsyncRecorderPortCheck
from .rights import AsyncAlarmRightsCheck, AsyncCameraRightsCheck
from .services import AsyncEventServerCheck, AsyncPublicAccessCheck, AsyncRecorderCheck
from .site import AsyncExaminedSite, AsyncOnce
from .versions import AsyncFleetCheck, AsyncReleaseCheck

__all__ = ["diagnose"]

_CHECKS: Final[Sequence[type[AsyncSiteCheck]]] = (
    AsyncManagementPortCheck,
    AsyncRecorderPortCheck,
    AsyncEventServerPortCheck,
    AsyncCertificateCheck,
    AsyncServiceCertificateCheck,
    AsyncLoginCheck,
    AsyncReleaseCheck,
    AsyncFleetCheck,
    AsyncEventServerCheck,
    AsyncRecorderCheck,
    AsyncPublicAccessCheck,
    AsyncClockCheck,
    AsyncEventServerClockCheck,
    AsyncCameraRightsCheck,
    AsyncAlarmRightsCheck,
    AsyncAlarmDefinitionCheck,
    AsyncAlarmSourceCheck,
    AsyncDeviceEventCheck,
    AsyncRecordingCheck,
    AsyncCameraNameCheck,
    AsyncInterconnectCheck,
)
"""In the order in which they are told: what stands earlier is often the cause of what stands later."""
_CLOSE_SECONDS: Final = 2.0


async def diagnose(session: AsyncSession, checks: Sequence[Check], *, deadline: float) -> tuple[Finding, ...]:
    """Look at the site of a session, by a session of its own, so that it need not be open and is left as it was.

    A login that was refused to either is not tried again by the other.
    """
    check_type("deadline", deadline, int, float)
    if not (deadline > 0 and isfinite(deadline)):
        raise ConfigurationError(f"a deadline of {deadline} s leaves no time", hint="give seconds above 0")
    own = session.another()
    site = AsyncExaminedSite(own, seconds=deadline, used=session.known_event_server)
    facts = AsyncOnce(AsyncFacts(site).collect)
    made = [kind() for kind in _CHECKS]
    calls: list[Callable[[], Awaitable[Iterable[Finding]]]] = [partial(_make, check, site) for check in made]
    calls += [partial(_judge, check, facts) for check in checks]
    names = [*(check.name for check in made), *(check.name for check in checks)]
    try:
        outcomes = await async_gather_within(deadline, calls)
    finally:
        await async_gather_within(_CLOSE_SECONDS, [own.aclose])
        session.learn_from(own)
    told_twice = (
        finding for name, outcome in zip(names, outcomes, strict=True) for finding in _told(name, outcome, site.server)
    )
    return tuple(dict.fromkeys(told_twice))  # checks of one name may fail for one reason


async def _make(check: AsyncSiteCheck, site: AsyncExaminedSite) -> Iterable[Finding]:
    if check.needs_login:
        try:
            await site.login.get()
        except MilestoneError:
            return [check.error(site.server, "not made: no login", "see what is said of the login")]
    return await check.findings(site)


async def _judge(check: Check, facts: AsyncOnce[SiteFacts]) -> Iterable[Finding]:
    return tuple(check(await facts.get()))


def _told(name: str, outcome: Outcome[Iterable[Finding]], server: str) -> Iterable[Finding]:
    """Return the findings of a check; that it could not be made is one itself."""
    if outcome.error is None:
        return outcome.get()
    hint = outcome.error.hint if isinstance(outcome.error, MilestoneError) else None
    late = isinstance(outcome.error, TimeoutError)
    remedy = hint or ("see whether the server is slow, or allow a longer deadline" if late else None)
    what = f"the check could not be made: {told(outcome.error)}"
    return [Finding(status=Status.ERROR, check=name, where=server, what=what, remedy=remedy)]
