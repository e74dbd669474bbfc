"""Who logs in. Secrets stand in no repr, str, log, exception or pickle."""

from typing import NoReturn

from .errors import ConfigurationError

__all__ = ["BasicUser", "Credentials"]


class Credentials:
    """Base of everything that can log in; use one of its subclasses."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and cannot be pickled; make it anew where it is needed")


class BasicUser(Credentials):
    r"""A basic user, known to XProtect alone.

    The name must hold neither `\` nor `@`: these tell a Windows user, who logs in by another way
    (requirements R42). Raises `ConfigurationError`.
    """

    __slots__ = ("_name", "_password")

    def __init__(self, name: str, password: str) -> None:
        if not name:
            raise ConfigurationError("a basic user needs a name", hint="BasicUser('operator1', password)")
        barred = sorted({"\\", "@"} & set(name))
        if barred:
            raise ConfigurationError(
                f"the name of a basic user cannot hold {' or '.join(barred)}: that is the form of a Windows user",
                hint="give the plain name, without domain",
            )
        self._name = name
        self._password = password

    @property
    def name(self) -> str:
        """The user's name, as XProtect knows it."""
        return self._name

    def reveal(self) -> str:
        """Return the password; only for the code that sends it."""
        return self._password

    def __repr__(self) -> str:
        return f"BasicUser({self._name!r}, password=<hidden>)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BasicUser):
            return NotImplemented
        return (self._name, self._password) == (other._name, other._password)

    def __hash__(self) -> int:
        return hash((self._name, self._password))
