"""Login credentials. Secrets never appear in repr, str, logs, exceptions or pickles."""

import re
from collections.abc import Callable
from typing import Final, NoReturn, Self

from .errors import ConfigurationError

__all__ = ["AccessToken", "BasicUser", "Credentials", "CurrentUser", "WindowsUser"]

_UNSENDABLE: Final = re.compile("[\0\r\n\ud800-\udfff]")
"""Characters that end a header or a string; or, as half of a surrogate pair, cannot be encoded at all."""
_CONTROL: Final = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")


class Credentials:
    """Base of all login credentials; use one of its subclasses.

    A copy is the same object. Pickling raises `TypeError`, since a pickle would contain the secret.
    """

    __slots__ = ()

    def reveal(self) -> str:
        """Return the password or token, empty if there is none; only for the code that sends it."""
        return ""

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} may hold a secret and cannot be pickled; make a new one instead")

    def __getstate__(self) -> NoReturn:
        self.__reduce__()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class _Named(Credentials):
    """A user name and its password."""

    __slots__ = ("_name", "_password")

    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._password = password

    def _check(self) -> None:
        """Raise `ConfigurationError` for what cannot be sent. Callers have dropped their own variable by then."""
        for what, kind in (("name", type(self._name)), ("password", type(self._password))):
            if not issubclass(kind, str):
                raise ConfigurationError(f"{what} must be a string, got {kind.__name__}")
        if _CONTROL.search(self._name):
            raise ConfigurationError(f"name must not contain a control character, got {self._name!r}")
        if _UNSENDABLE.search(self._password):
            raise ConfigurationError(
                "password must not contain NUL, a line end, or a character that cannot be encoded",
                hint="a line end often comes from the file that the password was read from: strip it",
            )

    @property
    def name(self) -> str:
        """The user's name, as it is sent."""
        return self._name

    def reveal(self) -> str:
        """Return the password; only for the code that sends it."""
        return self._password

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r}, password=<hidden>)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return (self._name, self._password) == (other._name, other._password)

    def __hash__(self) -> int:
        return hash((type(self), self._name, self._password))


class BasicUser(_Named):
    r"""A basic user, whom only XProtect knows.

    The name must not contain `\` or `@`, which mark a Windows user. Raises `ConfigurationError`.

    Releases before 2021 R1 log in such a user by HTTP Basic, in Windows-1252, the code page of Western servers. There
    the login raises `LoginNotSupported`, before anything is sent, for a name with a colon, and for a name or password
    with a character outside Windows-1252 (Cyrillic, an emoji). Later releases accept every character.
    """

    __slots__ = ()

    def __init__(self, name: str, password: str) -> None:
        super().__init__(name, password)
        del password  # so that no traceback that shows local variables shows it
        self._check()
        if not name:
            raise ConfigurationError("name must not be empty", hint="for example BasicUser('operator1', password)")
        if barred := sorted({"\\", "@"} & set(name)):
            raise ConfigurationError(
                f"name {name!r} contains {' and '.join(barred)}, which marks a Windows user",
                hint=r"give the plain name, or use WindowsUser('DOMAIN\user', password)",
            )


class WindowsUser(_Named):
    r"""A Windows user with a password: `DOMAIN\user`, `user@domain`, or `.\user` for a local account.

    Raises `ConfigurationError` for a name of another form.
    """

    __slots__ = ()

    def __init__(self, name: str, password: str) -> None:
        super().__init__(name, password)
        del password  # so that no traceback that shows local variables shows it
        self._check()
        domain, backslash, user = name.partition("\\")
        if not backslash:
            user, _, domain = name.rpartition("@")
        if not user or not domain or "\\" in user:
            raise ConfigurationError(
                f"name {name!r} is not the name of a Windows user with its domain",
                hint=r"write DOMAIN\user, user@domain, or .\user for a local account of the server",
            )


class CurrentUser(Credentials):
    """Single sign-on as the user of this process: by SSPI on Windows, by a Kerberos ticket elsewhere.

    Outside Windows this needs the extra `milestone_sdk[kerberos]` and a ticket for the server's realm (`kinit`).
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "CurrentUser()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CurrentUser)

    def __hash__(self) -> int:
        return hash(CurrentUser)


def is_token(text: str) -> bool:
    """Whether a string can be sent as a token: printable ASCII without a space, which a header cannot split."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


class AccessToken(Credentials):
    """An access token from elsewhere, for example from a browser login at an external provider.

    `expires_in` is its remaining lifetime in seconds. `refresh` returns a new token and its lifetime in seconds; it is
    called ahead of time and may block. Without it, the login ends with the token. Raises `ConfigurationError`.
    """

    __slots__ = ("_expires_in", "_refresh", "_token")

    def __init__(
        self, token: str, *, expires_in: float = 3600.0, refresh: Callable[[], tuple[str, float]] | None = None
    ) -> None:
        self._token = token
        usable = isinstance(token, str) and is_token(token)
        del token  # so that no traceback that shows local variables shows it
        if not usable:
            raise ConfigurationError(
                "token must be printable ASCII without spaces", hint="give only the value of access_token"
            )
        if isinstance(expires_in, bool) or not isinstance(expires_in, int | float) or not expires_in > 0:
            raise ConfigurationError(f"expires_in must be > 0, got {expires_in!r}", hint="give seconds")
        self._expires_in = expires_in
        self._refresh = refresh

    @property
    def expires_in(self) -> float:
        """The remaining lifetime of the token in seconds when this object was made."""
        return self._expires_in

    @property
    def refresh(self) -> Callable[[], tuple[str, float]] | None:
        """The callback that returns a new token and its lifetime in seconds."""
        return self._refresh

    def reveal(self) -> str:
        """Return the token; only for the code that sends it."""
        return self._token

    def __repr__(self) -> str:
        return "AccessToken(<hidden>)"
