"""The login of a Windows user with a password: httpx-ntlm with a handshake of our own.

`HttpNtlmAuth` sends the request and has a refusal answered. Its own answer sends no channel bindings, uses raw NTLM
with servers that accept Negotiate only, returns cookies with their attributes, and raises KeyError or StopIteration if
a challenge is missing.
"""

from typing import ClassVar

import httpx
from httpx_ntlm import HttpNtlmAuth  # type: ignore[import-untyped]

from ...errors import AuthenticationError, InvalidCredentials
from .negotiate import Flow, NegotiateAuth, Scheme

__all__ = ["PasswordAuth"]


class PasswordAuth(HttpNtlmAuth, NegotiateAuth):  # type: ignore[misc]
    """Logs a user in by NTLM if it is offered, else by Negotiate, which tries Kerberos if that is installed."""

    schemes: ClassVar[tuple[Scheme, ...]] = ("NTLM", "Negotiate")

    def __init__(self, user: str, password: str, *, host: str) -> None:
        HttpNtlmAuth.__init__(self, user, password)  # pyright: ignore[reportUnknownMemberType]
        NegotiateAuth.__init__(self, host=host)

    def _retry_using_ntlm(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, request: httpx.Request, response: httpx.Response
    ) -> Flow:
        yield from self.answer(request, response)

    def _user(self) -> tuple[str, ...]:
        return self.username, self.password

    def refused(self) -> AuthenticationError:
        """Return the error for a login that the server understood and refused."""
        return InvalidCredentials(
            "the server refused the Windows login",
            hint="check user name, domain and password, and that the account is neither locked nor expired",
        )
