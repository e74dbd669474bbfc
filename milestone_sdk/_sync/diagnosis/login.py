# Generated from milestone_sdk/_async/diagnosis/login.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Login: in which form, as whom, and how long the tokens are valid."""

from typing import Final

from ..._protocol.management import servercommand
from ...credentials import AccessToken, BasicUser, Credentials, CurrentUser, WindowsUser
from ...errors import AuthenticationError, MilestoneError
from .check import Report, described
from .site import ExaminedSite

__all__ = ["login"]

_SHORT_MINUTES: Final = 5
_FORMS: Final = {
    "bearer": "by the identity provider, which gives access tokens",
    "basic": "by HTTP Basic, as before 2021 R1",
    "asmx": "by Windows authentication on .asmx, as before 2021 R1",
}


def login(site: ExaminedSite, report: Report) -> None:
    """Log in, once: a refused login is not tried again, since each try counts towards locking the account."""
    user = _user(site.session.tokens.credentials)
    try:
        authorization = site.login.get()
    except MilestoneError as error:
        refused = "; it was tried once, and not again" if isinstance(error, AuthenticationError) else ""
        report.error(f"no login as {user}: {described(error)}{refused}", error.hint)
        return
    minutes = {name: seconds / 60 for name, seconds in site.session.tokens.lifetimes.items()}
    tokens = " and ".join(f"the {name} token for {left:.0f} min" for name, left in minutes.items())
    report.ok(f"logged in as {user}{_known_as(site)}, {_FORMS[authorization.form]}")
    if min(minutes.values(), default=0.0) < _SHORT_MINUTES:
        remedy = "see whether a time profile of the user's role ends soon, and whether the clocks are right"
        report.warning(f"tokens are short-lived: {tokens}", remedy)
    else:
        report.ok(f"{tokens}, renewed ahead of time")


def _user(credentials: Credentials) -> str:
    match credentials:
        case BasicUser():
            return f"basic user {credentials.name!r}"
        case WindowsUser():
            return f"Windows user {credentials.name!r}"
        case CurrentUser():
            return "the Windows user of this process (single sign-on)"
        case AccessToken():
            return "the owner of an access token that was made elsewhere"
        case _:
            return repr(credentials)


def _known_as(site: ExaminedSite) -> str:
    """Return the name that the server has for the user, if it reports one."""
    try:
        info = site.session.server_command(lambda by: servercommand.get_user_info(by.corporate, asmx=by.asmx))
    except MilestoneError:
        return ""
    return f", known there as {info.name!r}" if info.name else ""
