# Generated from milestone_sdk/_async/diagnosis/diagnose.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""`site.diagnose()`: all checks at the same time, each with its own deadline, so that none can hide another."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import isfinite
from typing import Final, TypeVar

from ..._arguments import check_type
from ..._net.fanout import Outcome, gather_within
from ...credentials import CurrentUser
from ...errors import ConfigurationError, MilestoneError
from ...models import AlarmLevel, Check, Finding, SiteFacts, Status
from ..session.session import Session
from . import alarmdefinitions, cameras, certificates, clock, login, ports, rights, services, versions
from .check import SiteCheck, Report, described
from .site import ExaminedSite, Once

__all__ = ["diagnose"]

T = TypeVar("T")

_CHECKS: Final = (
    SiteCheck("ports", ports.management, needs_login=False),
    SiteCheck("ports", ports.recorders, needs_login=False),
    SiteCheck("ports", ports.event_server, needs_login=False),
    SiteCheck("certificates", certificates.management, needs_login=False),
    SiteCheck("certificates", certificates.services),
    SiteCheck("login", login.login, needs_login=False),
    SiteCheck("versions", versions.release),
    SiteCheck("versions", versions.fleet),
    SiteCheck("event server", services.event_server),
    SiteCheck("recorders", services.recorders),
    SiteCheck("recorders", services.public_access),
    SiteCheck("clock", clock.management, needs_login=False),
    SiteCheck("clock", clock.event_server),
    SiteCheck("rights", rights.cameras),
    SiteCheck("rights", rights.alarms),
    SiteCheck("alarm definitions", alarmdefinitions.definitions),
    SiteCheck("alarm definitions", alarmdefinitions.sources),
    SiteCheck("alarm definitions", alarmdefinitions.device_events),
    SiteCheck("recordings", cameras.recordings),
    SiteCheck("camera names", cameras.names),
    SiteCheck("interconnect", cameras.interconnect),
)
"""In the order of the findings: a problem in an earlier one is often the cause of one in a later one."""
_CLOSE_SECONDS: Final = 2.0


def diagnose(session: Session, checks: Sequence[Check], *, deadline: float) -> tuple[Finding, ...]:
    """Check the site of a session, by a session of its own, so that it need not be open and is left as it was.

    A login that was refused to either is not tried again by the other.
    """
    check_type("deadline", deadline, int, float)
    if not (deadline > 0 and isfinite(deadline)):
        raise ConfigurationError(f"deadline must be > 0 and finite, got {deadline}", hint="give seconds above 0")
    own = session.another()
    site = ExaminedSite(own, seconds=deadline, used=session.known_event_server)
    facts = Once(partial(_collect, site))
    calls: list[Callable[[], Iterable[Finding]]] = [partial(_make, check, site) for check in _CHECKS]
    calls += [partial(_judge, check, facts) for check in checks]
    names = [check.name for check in _CHECKS] + [check.name for check in checks]
    try:
        outcomes = gather_within(deadline, calls)
    finally:
        gather_within(_CLOSE_SECONDS, [own.close])
        session.learn_from(own)
    found = [_findings(name, outcome, site.server) for name, outcome in zip(names, outcomes, strict=True)]
    return tuple(dict.fromkeys(finding for each in found for finding in each))  # two may fail for the same reason


def _make(check: SiteCheck, site: ExaminedSite) -> Iterable[Finding]:
    report = Report(check.name, site.server)
    if check.needs_login and site.login.get_or_none() is None:
        report.error("not made: no login", "see the findings of the login")
    else:
        check.make(site, report)
    return report.findings


def _collect(site: ExaminedSite) -> SiteFacts:
    """Return what is known of a site, for checks of the caller's own; `missing` says why the rest is not."""
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


def _judge(check: Check, facts: Once[SiteFacts]) -> Iterable[Finding]:
    return tuple(check(facts.get()))


def _findings(name: str, outcome: Outcome[Iterable[Finding]], server: str) -> Iterable[Finding]:
    """Return the findings of a check; that it could not be made is one itself."""
    if outcome.error is None:
        return outcome.get()
    hint = outcome.error.hint if isinstance(outcome.error, MilestoneError) else None
    late = isinstance(outcome.error, TimeoutError)
    remedy = hint or ("see whether the server is slow, or allow a longer deadline" if late else None)
    what = f"the check could not be made: {described(outcome.error)}"
    return [Finding(status=Status.ERROR, check=name, where=server, what=what, remedy=remedy)]
