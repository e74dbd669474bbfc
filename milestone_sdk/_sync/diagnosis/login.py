# Generated from milestone_sdk/_async/diagnosis/login.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Login: in which form, as whom, and how long the tokens live (protocol/auth.md 3, 4)."""

from collections.abc import Iterable
from typing import Final

from ..._protocol.management import servercommand
from ...credentials import AccessToken, BasicUser, Credentials, CurrentUser, WindowsUser
from ...errors import AuthenticationError, MilestoneError
from ...models import Finding
from .check import SiteCheck, told
from .site import ExaminedSite

__all__ = ["LoginCheck"]

_SHORT_MINUTES: Final = 5
_FORMS: Final = {
    "bearer": "by the identity provider, which gives access tokens",
    "basic": "by HTTP Basic, as before 2021 R1",
    "asmx": "by Windows authentication on .asmx, as before 2021 R1",
}


def _user(credentials: Credentials) -> str:
    match credentials:
        case BasicUser():
            return f"basic user {credentials.name!r}"
        case WindowsUser():
            return f"Windows user {credentials.name!r}"
        case CurrentUser():
            return "whoever runs this process (single sign-on)"
        case AccessToken():
            return "the owner of an access token that was made elsewhere"
        case _:
            return repr(credentials)


class LoginCheck(SiteCheck):
    """Logs in, once: a refused login is not tried again, since each try counts towards locking the account."""

    name = "login"
    needs_login = False

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Tell form and user, then the lives of the tokens; or why there is no login."""
        user = _user(site.session.tokens.credentials)
        try:
            authorization = site.login.get()
        except MilestoneError as error:
            refused = "; it was tried once, and not again" if isinstance(error, AuthenticationError) else ""
            return [self.error(site.server, f"no login as {user}: {told(error)}{refused}", error.hint)]
        lives = {name: seconds / 60 for name, seconds in site.session.tokens.lifetimes().items()}
        tokens = " and ".join(f"the {name} token for {minutes:.0f} min" for name, minutes in lives.items())
        known_as = self._known_as(site)
        what = f"logged in as {user}{known_as}, {_FORMS[authorization.form]}"
        found = [self.ok(site.server, what)]
        if min(lives.values(), default=0.0) < _SHORT_MINUTES:
            remedy = "see whether a time profile of the user's role ends soon, and whether the clocks are right"
            found.append(self.warning(site.server, f"tokens are short-lived: {tokens}", remedy))
        else:
            found.append(self.ok(site.server, f"{tokens}, renewed ahead of time"))
        return found

    @staticmethod
    def _known_as(site: ExaminedSite) -> str:
        """Return whom the server takes the user for, where it tells."""
        try:
            info = site.session.server_command(lambda by: servercommand.get_user_info(by.corporate, asmx=by.asmx))
        except MilestoneError:
            return ""
        return f", known there as {info.name!r}" if info.name else ""
