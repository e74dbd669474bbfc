"""Login credentials. Secrets never appear in repr, str, logs, exceptions or pickles."""

import re
from collections.abc import Callable
from typing import Final, NoReturn, Self

from .errors import ConfigurationError

__all__ = ["AccessToken", "BasicUser", "Credentials", "CurrentUser", "WindowsUser"]

_UNSENDABLE: Final = re.compile("[\0\r\n\ud800-\udfff]")
"""Ends a header or a string on the way; or, as half of a surrogate pair, cannot be encoded at all."""
_CONTROL: Final = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")


class Credentials:
    """Base of everything that can log in; use one of its subclasses.

    A copy is the same object. Pickling raises `TypeError`, since a pickle would hold the secret.
    """

    __slots__ = ()

    def reveal(self) -> str:
        """Return the password or token, empty where there is none; only for the code that sends it."""
        return ""

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} may hold a secret and cannot be pickled; make a new one where needed")

    def __getstate__(self) -> NoReturn:
        self.__reduce__()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class _Named(Credentials):
    """A name and the password that goes with it."""

    __slots__ = ("_name", "_password")

    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._password = password

    def _check(self) -> None:
        """Raise `ConfigurationError` for what cannot be sent. Callers have dropped their own variable by then."""
        if not isinstance(self._name, str):
            raise ConfigurationError(f"a user name is a string, got {type(self._name).__name__}")
        if _CONTROL.search(self._name):
            raise ConfigurationError(f"the user name {self._name!r} holds a control character")
        if not isinstance(self._password, str):
            raise ConfigurationError(f"a password is a string, got {type(self._password).__name__}")
        if _UNSENDABLE.search(self._password):
            raise ConfigurationError(
                "the password holds NUL, a line end, or a character that cannot be encoded",
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
    r"""A basic user, known to XProtect alone.

    The name must hold neither `\` nor `@`: these tell a Windows user, who logs in by another way
    (requirements R42). Raises `ConfigurationError`.

    Releases before 2021 R1 take such a user by HTTP Basic, which .NET reads in the server's ANSI code page; it is sent
    in Windows-1252, that of western servers. A name with a colon, or a character that Windows-1252 lacks in the name or
    the password (Cyrillic, an emoji), cannot log in there: the login raises `LoginNotSupported` before anything is
    sent. Later releases take every character.
    """

    __slots__ = ()

    def __init__(self, name: str, password: str) -> None:
        super().__init__(name, password)
        del password  # so that no traceback that shows local variables shows it
        self._check()
        if not name:
            raise ConfigurationError("a basic user needs a name", hint="BasicUser('operator1', password)")
        barred = sorted({"\\", "@"} & set(name))
        if barred:
            raise ConfigurationError(
                f"the name of a basic user cannot hold {' or '.join(barred)}: that is the form of a Windows user",
                hint=r"give the plain name, or use WindowsUser('DOMAIN\user', password)",
            )


class WindowsUser(_Named):
    r"""A Windows user, with the password typed in: `DOMAIN\user`, `user@domain`, or `.\user` for a local account.

    Raises `ConfigurationError` for a name in none of these forms (requirements R43).
    """

    __slots__ = ()

    def __init__(self, name: str, password: str) -> None:
        super().__init__(name, password)
        del password  # so that no traceback that shows local variables shows it
        self._check()
        domain, backslash, user = name.partition("\\")
        if not backslash:
            user, at, domain = name.rpartition("@")
            if not at:
                raise ConfigurationError(
                    f"{name!r} does not say which domain the user belongs to",
                    hint=r"write DOMAIN\user, user@domain, or .\user for a local account of the server",
                )
        if not user or not domain or "\\" in user:
            raise ConfigurationError(
                f"{name!r} is no name of a Windows user", hint=r"write DOMAIN\user, user@domain, or .\user"
            )


class CurrentUser(Credentials):
    """Single sign-on: whoever runs this process, by SSPI on Windows and by a Kerberos ticket elsewhere.

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
    """Whether a text can be sent as a token: printable ASCII without a space, which a header cannot split."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


class AccessToken(Credentials):
    """An access token that was made elsewhere, for example by a browser login at an external provider.

    `expires_in` is how many seconds it still lives. `refresh` returns a fresh token and how many seconds it lives;
    it is called ahead of time and may block. Without it, the login ends with the token.
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
                "an access token is one word of printable ASCII, and this is not",
                hint="give the value of access_token alone",
            )
        if isinstance(expires_in, bool) or not isinstance(expires_in, int | float) or not expires_in > 0:
            raise ConfigurationError(f"expires_in must be seconds above 0, got {expires_in!r}")
        self._expires_in = expires_in
        self._refresh = refresh

    @property
    def expires_in(self) -> float:
        """How many seconds the token still lived when this was made."""
        return self._expires_in

    @property
    def refresh(self) -> Callable[[], tuple[str, float]] | None:
        """What returns a fresh token and its life in seconds."""
        return self._refresh

    def reveal(self) -> str:
        """Return the token; only for the code that sends it."""
        return self._token

    def __repr__(self) -> str:
        return "AccessToken(<hidden>)"
