"""A Windows user with a password: httpx-ntlm, extended where it falls short (DESIGN 4.6).

`HttpNtlmAuth` asks first and has a refusal answered; the answer is ours, because its own sends no channel bindings,
speaks raw NTLM to servers that take Negotiate alone, sends cookies back with their attributes, and fails with KeyError
or StopIteration where a challenge is missing.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

import httpx
from httpx_ntlm import HttpNtlmAuth  # type: ignore[import-untyped]

from ...errors import AuthenticationError, InvalidCredentials, LoginNotSupported, MilestoneError
from .errors import explain
from .negotiate import Flow, NegotiateAuth, Scheme, load_spnego, no_windows_login

if TYPE_CHECKING:
    from spnego import ContextProxy
    from spnego.channel_bindings import GssChannelBindings

__all__ = ["PasswordAuth"]


class PasswordAuth(HttpNtlmAuth, NegotiateAuth):  # type: ignore[misc]
    """Logs a user in by NTLM where it is offered, else by Negotiate, which tries Kerberos if that is installed."""

    def __init__(self, user: str, password: str, *, host: str) -> None:
        HttpNtlmAuth.__init__(self, user, password)  # pyright: ignore[reportUnknownMemberType]
        NegotiateAuth.__init__(self, host=host)

    def _retry_using_ntlm(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, request: httpx.Request, response: httpx.Response
    ) -> Flow:
        yield from self.answer(request, response)

    def choose(self, offered: Collection[str]) -> Scheme:
        """Return the scheme to use. Raises `LoginNotSupported`."""
        if "ntlm" in offered:
            return "NTLM"
        if "negotiate" in offered:
            return "Negotiate"
        raise no_windows_login(offered)

    def context(self, protocol: str, bindings: "GssChannelBindings | None") -> "ContextProxy":
        """Return a fresh security context."""
        context: ContextProxy = load_spnego().client(
            self.username,
            self.password,
            hostname=self._host,
            service="HTTP",
            protocol=protocol,
            channel_bindings=bindings,
        )
        return context

    def why_not(self, error: Exception, bindings: "GssChannelBindings | None") -> MilestoneError:
        """Return what stood in the way of the first token."""
        return explain(error, host=self._host) or LoginNotSupported(
            f"this system cannot begin a Windows login: {error}"
        )

    def refused(self) -> AuthenticationError:
        """Return the error for a login that the server has understood and refused."""
        return InvalidCredentials(
            "the server refused the Windows login",
            hint="check user name, domain and password, and that the account is neither locked nor expired",
        )
