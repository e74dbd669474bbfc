"""Who logs in. Secrets stand in no repr, str, log, exception or pickle."""

from collections.abc import Callable
from typing import NoReturn

from .errors import ConfigurationError

__all__ = ["AccessToken", "BasicUser", "Credentials", "CurrentUser", "WindowsUser"]


class Credentials:
    """Base of everything that can log in; use one of its subclasses."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} may hold a secret and cannot be pickled; make it anew where needed")


class _Named(Credentials):
    """A name and the password that goes with it."""

    __slots__ = ("_name", "_password")

    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._password = password

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
        if not name:
            raise ConfigurationError("a basic user needs a name", hint="BasicUser('operator1', password)")
        barred = sorted({"\\", "@"} & set(name))
        if barred:
            raise ConfigurationError(
                f"the name of a basic user cannot hold {' or '.join(barred)}: that is the form of a Windows user",
                hint=r"give the plain name, or use WindowsUser('DOMAIN\user', password)",
            )
        super().__init__(name, password)


class WindowsUser(_Named):
    r"""A Windows user, with the password typed in: `DOMAIN\user`, `user@domain`, or `.\user` for a local account.

    Raises `ConfigurationError` for a name in none of these forms (requirements R43).
    """

    __slots__ = ()

    def __init__(self, name: str, password: str) -> None:
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
        super().__init__(name, password)


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


class AccessToken(Credentials):
    """An access token that was made elsewhere, for example by a browser login at an external provider.

    `expires_in` is how many seconds it still lives. `refresh` returns a fresh token and how many seconds it lives;
    it is called ahead of time and may block. Without it, the login ends with the token.
    """

    __slots__ = ("_expires_in", "_refresh", "_token")

    def __init__(
        self, token: str, *, expires_in: float = 3600.0, refresh: Callable[[], tuple[str, float]] | None = None
    ) -> None:
        if not token or not token.isascii() or any(character.isspace() for character in token):
            raise ConfigurationError(
                "this is no access token: it must be one word of ASCII", hint="give the value of access_token alone"
            )
        if expires_in <= 0:
            raise ConfigurationError(f"a token that lives {expires_in} s is over already")
        self._token = token
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
