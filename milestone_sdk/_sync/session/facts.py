# Generated from milestone_sdk/_async/session/facts.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What a client has learnt about a site: kept until a call contradicts it, then requested again."""

import math
import re
from collections.abc import Callable
from typing import Final, Generic, TypeVar, cast

from ..._net.blocking import Clock, Lock, deadline
from ...errors import (
    AuthenticationError,
    CertificateError,
    ConnectError,
    ConnectTimeout,
    MilestoneError,
    NotFound,
    PermissionDenied,
    RemoteProtocolError,
    ReplyTooLarge,
    ServerFault,
    ServiceUnavailable,
    TokenExpired,
    TransportError,
    UnsupportedFeature,
)

__all__ = ["Fact", "is_refused_by_recorder", "is_refused_there", "may_repeat"]

T = TypeVar("T")
R = TypeVar("R")

_NOTHING_DONE: Final = (
    AuthenticationError,
    CertificateError,
    ConnectError,
    ConnectTimeout,
    NotFound,
    PermissionDenied,
    UnsupportedFeature,
)
"""Errors after which the server has certainly not carried out the call."""
_ELSEWHERE: Final = (
    NotFound,
    PermissionDenied,
    RemoteProtocolError,
    ServiceUnavailable,
    TokenExpired,
    TransportError,
    UnsupportedFeature,
)
_PTZ_TAKEN: Final = "40295"
_FRESH: Final = 30.0
"""Seconds after an answer of the site for which a busy server does not make its address doubtful."""
_SHARE: Final = 1 / 3
"""How much of a call's timeout the request may take that finds out whether a value has changed."""
_REPEATABLE: Final = re.compile(
    "Get|GET |^Query|^Is[A-Z]|^Output(?:Activate|Deactivate)$|^(?:Start|Stop)ManualRecording$|^PTZMoveStop$"
)
"""Names of operations that change nothing, or that have the same effect if they are carried out twice."""


class Fact(Generic[T]):
    """A value learnt about a site: requested at the first use, and again when a call shows that it may be wrong.

    `ask` returns the current value. `None` means that the site does not know: it is never kept, and never replaces a
    known value. `guess` is used while nothing is known, and is never kept either; without a guess, `ask` raises
    `NotFound` instead. `again` is the request for a contradicted value, `ask` unless given; it takes a third of
    `timeout` at most. A value that no failing call can contradict is requested again after `lifetime` seconds.

    Calls that fail at the same time share one request. If that fails, the known value stays in use.
    """

    def __init__(
        self,
        ask: Callable[[], T | None] | None = None,
        *,
        again: Callable[[], T | None] | None = None,
        guess: T | None = None,
        timeout: float | None = None,
        lifetime: float = math.inf,
        clock: Clock | None = None,
    ) -> None:
        self._ask = ask
        self._again = again or ask
        self._guess = guess
        self._seconds = None if timeout is None else timeout * _SHARE
        self._lifetime = lifetime
        self._clock = clock or Clock()
        self._lock = Lock()
        self._value: T | None = None
        self.learnt: float = -math.inf
        """When the value was answered, by the clock."""
        self._doubted = False
        self._asked = 0
        self.began: float = -math.inf
        """When the last call that used it began, by the clock."""

    @property
    def known(self) -> T | None:
        """The known value, without a request."""
        return None if self._clock.monotonic() - self.learnt >= self._lifetime else self._value

    def keep(self, value: T) -> None:
        """Keep a value from another answer of the site."""
        self._value, self.learnt, self._doubted = value, self._clock.monotonic(), False

    def doubt(self) -> None:
        """Have the next use request the value first."""
        self._doubted = True

    def is_doubtful_after(self, error: MilestoneError) -> bool:
        """Return whether an error makes an address doubtful; just after it was learnt, a busy server does not.

        A server that answers 502, 503 or 504 is at the right address most of the time.
        """
        busy = isinstance(error, ServiceUnavailable) and error.__cause__ is None
        fresh = self._clock.monotonic() - self.learnt < _FRESH
        return is_refused_there(error) and not (busy and fresh)

    def get(self) -> T:
        """Return the value, requesting it if needed. Raises what the request raises, unless a value is known."""
        with self._lock:
            if self._value is None:
                self._learn(self._ask)
            elif self._doubted or self.known is None:
                self._doubted = False  # even if this fails, the next use does not wait for it
                try:
                    self._learn(self._again)
                except NotFound:
                    raise
                except (MilestoneError, TimeoutError):
                    pass
            return self._current()

    def use(
        self,
        call: Callable[[T], R],
        *,
        contradicted: Callable[[MilestoneError, T], bool],
        repeatable: Callable[[MilestoneError], bool] | None = None,
    ) -> R:
        """Make a call with the value; if an error contradicts that, request it again, and repeat the call once.

        It is repeated only if the value is another now, and if `repeatable` allows it: by default `may_repeat`.
        Raises the first error otherwise, and `NotFound` if what was known does not exist any more.
        """
        known = self.get()
        asked, self.began = self._asked, self._clock.monotonic()
        try:
            return call(known)
        except MilestoneError as error:
            if not contradicted(error, known):
                raise
            fresh = self._ask_again(asked, error)
            if fresh == known or not (repeatable or may_repeat)(error):
                raise
        except BaseException:
            self._doubted = True  # a deadline that ends the call leaves no time for a request
            raise
        return call(fresh)

    def is_other(self, error: MilestoneError) -> bool:
        """Request it again because of an error outside `use`; return whether the value is another now."""
        known, self.began = self._current(), self._clock.monotonic()
        return self._ask_again(self._asked, error) != known

    def _ask_again(self, asked: int, error: MilestoneError) -> T:
        """Request the value, unless another call has done so since; return it."""
        try:
            with self._lock:
                if self._asked == asked:
                    self._doubted = False
                    self._learn(self._again)
        except NotFound as gone:
            raise gone from error
        except (MilestoneError, TimeoutError):
            self._doubted = True
        except BaseException:
            self._doubted = True
            raise
        return self._current()

    def _learn(self, ask: Callable[[], T | None] | None) -> None:
        if ask is None:
            return
        self._asked += 1
        try:
            if self._seconds is None or self._value is None:
                found = ask()
            else:
                with deadline(self._seconds):
                    found = ask()
        except NotFound:
            self._value = None
            raise
        if found is not None:
            self.keep(found)

    def _current(self) -> T:
        return cast("T", self._guess if self._value is None else self._value)


def is_refused_there(error: MilestoneError) -> bool:
    """Return whether an error may mean that the service is no longer at that address."""
    if isinstance(error, ServerFault):
        return _is_http_status(error.code)
    return isinstance(error, _ELSEWHERE) and not isinstance(error, ReplyTooLarge)


def is_refused_by_recorder(error: MilestoneError) -> bool:
    """Return whether an error may mean that the camera is on another recorder, or the recorder at another address.

    Which fault a recorder answers for a camera that it does not have is not documented, so any fault may mean that.
    """
    return is_refused_there(error) or (isinstance(error, ServerFault) and error.code != _PTZ_TAKEN)


def may_repeat(error: MilestoneError) -> bool:
    """Return whether a failed call can be repeated: twice is as good as once, or it was certainly not carried out."""
    if _REPEATABLE.search(error.operation or ""):
        return True
    if isinstance(error, ServerFault):
        return _is_http_status(error.code) and (error.code or "").startswith("4")
    cause = error.__cause__ if isinstance(error, ServiceUnavailable) else error
    return isinstance(cause, _NOTHING_DONE)


def _is_http_status(code: str | None) -> bool:
    """Return whether a fault is the answer of a web server, not of the service."""
    return code is not None and code.isdecimal() and len(code) == 3
