"""The base of all errors of this library: their parts, their text, and how they are copied and pickled."""

from collections.abc import Callable
from typing import Any, ClassVar, TypedDict, Unpack, cast

from ._text import each_string, printable

__all__ = ["ErrorContext", "MilestoneError"]


class ErrorContext(TypedDict, total=False):
    """The keyword arguments that every error takes."""

    server: str | None
    operation: str | None
    hint: str | None


class MilestoneError(Exception):
    """Base of every error of this library.

    `server` is scheme, host and port (never a path with a token in it), `operation` the wire operation or the
    method that was called, `hint` the next step for a person.
    """

    retriable: ClassVar[bool] = False
    """Whether the same call may succeed later without any change."""
    permanent: ClassVar[bool] = False
    """Whether a person has to change something first. A subscription ends with such an error; it retries others."""
    costs_login_attempt: ClassVar[bool] = False
    """Whether the server counts it as a refused login, of which too many lock the account."""

    def __init__(self, message: str, **context: Unpack[ErrorContext]) -> None:
        super().__init__(printable(message))
        self.message = message
        self.server = context.get("server")
        self.operation = context.get("operation")
        self.hint: str | None = context.get("hint")

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, each_string(value, printable))  # whichever class or function sets it

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)

    def _rewrite(self, change: Callable[[str], str]) -> None:
        """Change every string that this error holds, for example to take a secret out of it."""
        self.args: tuple[Any, ...] = cast("tuple[object, ...]", each_string(self.args, change))
        for name, value in vars(self).items():
            setattr(self, name, each_string(value, change))

    def at(self, *, server: str | None = None, operation: str | None = None) -> "MilestoneError":
        """Fill in where it happened unless that is known already; return the same error."""
        self.server = self.server or server
        self.operation = self.operation or operation
        return self

    def __str__(self) -> str:
        where = " ".join(part for part in (self.operation, f"on {self.server}" if self.server else None) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}. Hint: {self.hint}" if self.hint else text


def _rebuilt(kind: type[MilestoneError], args: tuple[object, ...], state: dict[str, object]) -> MilestoneError:
    """Make a copy of an error, whatever its constructor requires."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error
