"""The login of a Windows user, chosen by what the user gives: a password, or the tickets of the current session."""

import httpx

from .negotiate import NegotiateAuth

__all__ = ["windows_auth"]


def windows_auth(user: str | None, password: str | None, *, host: str) -> httpx.Auth:
    r"""Return the login of a Windows user, for a client of one connection to `host`; no user means the current one.

    `user` is `DOMAIN\user`, `user@domain` or `.\user`. The same object serves any number of requests. A request raises
    `InvalidCredentials`, `LoginNotSupported`, `TokenExpired` (of a Kerberos ticket), `AuthenticationError` (no ticket,
    clock skew, unknown service name), `ConnectError` (no key distribution centre), `ConnectionLost`,
    `RemoteProtocolError`.
    """
    if user is None:
        return NegotiateAuth(host=host)
    from .ntlm import PasswordAuth  # httpx-ntlm and pyspnego are loaded for Windows users alone

    return PasswordAuth(user, password or "", host=host)
