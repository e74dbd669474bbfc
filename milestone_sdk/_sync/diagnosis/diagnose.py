# Generated from milestone_sdk/_async/diagnosis/diagnose.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""`site.diagnose()`: every check side by side, each with its own deadline, none able to hide another."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import isfinite
from typing import Final

from ..._arguments import check_type
from ..._net.fanout import Outcome, gather_within
from ...errors import ConfigurationError, MilestoneError
from ...models import Check, Finding, SiteFacts, Status
from ..session.session import Session
from .alarmdefinitions import AlarmDefinitionCheck, AlarmSourceCheck, DeviceEventCheck
from .cameras import CameraNameCheck, InterconnectCheck, RecordingCheck
from .certificates import CertificateCheck, ServiceCertificateCheck
from .check import SiteCheck, told
from .clock import ClockCheck, EventServerClockCheck
from .facts import Facts
from .login import LoginCheck
from .ports import EventServerPortCheck, ManagementPortCheck, RecorderPortCheck
from .rights import AlarmRightsCheck, CameraRightsCheck
from .services import EventServerCheck, PublicAccessCheck, RecorderCheck
from .site import ExaminedSite, Once
from .versions import FleetCheck, ReleaseCheck

__all__ = ["diagnose"]

_CHECKS: Final[Sequence[type[SiteCheck]]] = (
    ManagementPortCheck,
    RecorderPortCheck,
    EventServerPortCheck,
    CertificateCheck,
    ServiceCertificateCheck,
    LoginCheck,
    ReleaseCheck,
    FleetCheck,
    EventServerCheck,
    RecorderCheck,
    PublicAccessCheck,
    ClockCheck,
    EventServerClockCheck,
    CameraRightsCheck,
    AlarmRightsCheck,
    AlarmDefinitionCheck,
    AlarmSourceCheck,
    DeviceEventCheck,
    RecordingCheck,
    CameraNameCheck,
    InterconnectCheck,
)
"""In the order in which they are told: what stands earlier is often the cause of what stands later."""
_CLOSE_SECONDS: Final = 2.0


def diagnose(session: Session, checks: Sequence[Check], *, deadline: float) -> tuple[Finding, ...]:
    """Look at the site of a session, by a session of its own, so that it need not be open and is left as it was.

    A login that was refused to either is not tried again by the other.
    """
    check_type("deadline", deadline, int, float)
    if not (deadline > 0 and isfinite(deadline)):
        raise ConfigurationError(f"a deadline of {deadline} s leaves no time", hint="give seconds above 0")
    own = session.another()
    site = ExaminedSite(own, seconds=deadline, used=session.known_event_server)
    facts = Once(Facts(site).collect)
    made = [kind() for kind in _CHECKS]
    calls: list[Callable[[], Iterable[Finding]]] = [partial(_make, check, site) for check in made]
    calls += [partial(_judge, check, facts) for check in checks]
    names = [*(check.name for check in made), *(check.name for check in checks)]
    try:
        outcomes = gather_within(deadline, calls)
    finally:
        gather_within(_CLOSE_SECONDS, [own.close])
        session.learn_from(own)
    told_twice = (
        finding for name, outcome in zip(names, outcomes, strict=True) for finding in _told(name, outcome, site.server)
    )
    return tuple(dict.fromkeys(told_twice))  # checks of one name may fail for one reason


def _make(check: SiteCheck, site: ExaminedSite) -> Iterable[Finding]:
    if check.needs_login:
        try:
            site.login.get()
        except MilestoneError:
            return [check.error(site.server, "not made: no login", "see what is said of the login")]
    return check.findings(site)


def _judge(check: Check, facts: Once[SiteFacts]) -> Iterable[Finding]:
    return tuple(check(facts.get()))


def _told(name: str, outcome: Outcome[Iterable[Finding]], server: str) -> Iterable[Finding]:
    """Return the findings of a check; that it could not be made is one itself."""
    if outcome.error is None:
        return outcome.get()
    hint = outcome.error.hint if isinstance(outcome.error, MilestoneError) else None
    late = isinstance(outcome.error, TimeoutError)
    remedy = hint or ("see whether the server is slow, or allow a longer deadline" if late else None)
    what = f"the check could not be made: {told(outcome.error)}"
    return [Finding(status=Status.ERROR, check=name, where=server, what=what, remedy=remedy)]
