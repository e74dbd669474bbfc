"""What a client has learnt about a site: kept until a call contradicts it, then asked for again."""

import math
import re
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar, cast

from ..._net.asyncio import AsyncClock, AsyncLock, deadline
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

__all__ = ["AsyncFact", "is_refused_by_recorder", "is_refused_there", "may_repeat"]

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
"""Seconds for which an answer that says that a server is busy does not make its address doubtful."""
_READS: Final = re.compile("Get|GET |^Query|^Is[A-Z]")
"""Names of operations that change nothing."""


class AsyncFact(Generic[T]):
    """Something learnt about a site: asked for at the first use, and again when a call shows that it may be wrong.

    `ask` returns what is true now. `None` means that the site does not say: it is never kept, and never replaces what
    was known. `guess` is used as long as nothing is known, and is never kept either; without a guess, `ask` raises
    `NotFound` instead. `again` is the question for what was contradicted, `ask` unless given; it takes `seconds` at
    most. What no failing call can contradict is asked for again after `lifetime` seconds.

    Calls that fail at the same time share one question. When the question itself fails, what was known stays in use.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[T | None]] | None = None,
        *,
        again: Callable[[], Awaitable[T | None]] | None = None,
        guess: T | None = None,
        seconds: float | None = None,
        lifetime: float = math.inf,
        clock: AsyncClock | None = None,
    ) -> None:
        self._ask = ask
        self._again = again or ask
        self._guess = guess
        self._seconds = seconds
        self._lifetime = lifetime
        self._clock = clock or AsyncClock()
        self._lock = AsyncLock()
        self._value: T | None = None
        self.learnt = -math.inf
        """When the site said what is known, by the clock."""
        self._doubted = False
        self._asked = 0
        self.began = -math.inf
        """When the last call that used it began, by the clock."""

    @property
    def known(self) -> T | None:
        """What is known now, without asking."""
        return None if self._clock.monotonic() - self.learnt >= self._lifetime else self._value

    def keep(self, value: T) -> None:
        """Take what another answer of the site said."""
        self._value, self.learnt, self._doubted = value, self._clock.monotonic(), False

    def doubt(self) -> None:
        """Have the next use ask first."""
        self._doubted = True

    def is_doubtful_after(self, error: MilestoneError) -> bool:
        """Whether an error makes an address doubtful: of what was learnt just now, not if the server is only busy.

        Whatever answers 502, 503 or 504 is at the right address most of the time.
        """
        busy = isinstance(error, ServiceUnavailable) and error.__cause__ is None
        fresh = self._clock.monotonic() - self.learnt < _FRESH
        return is_refused_there(error) and not (busy and fresh)

    async def get(self) -> T:
        """Return what is known, asking if need be. Raises what asking raises, unless something is known."""
        async with self._lock:
            if self._value is None:
                await self._learn(self._ask)
            elif self._doubted or self.known is None:
                self._doubted = False  # whatever comes of it, the next use does not wait for this question
                try:
                    await self._learn(self._again)
                except NotFound:
                    raise
                except (MilestoneError, TimeoutError):
                    pass
            return self._current()

    async def use(
        self,
        call: Callable[[T], Awaitable[R]],
        *,
        contradicted: Callable[[MilestoneError, T], bool],
        repeatable: Callable[[MilestoneError], bool] | None = None,
    ) -> R:
        """Make a call by what is known; if an error contradicts that, ask again, and repeat the call once.

        It is repeated only if the site says something else now, and if `repeatable` allows it: by default `may_repeat`.
        Raises the first error where it is not, and `NotFound` where what was known does not exist any more.
        """
        known = await self.get()
        asked, self.began = self._asked, self._clock.monotonic()
        try:
            return await call(known)
        except MilestoneError as error:
            if not contradicted(error, known):
                raise
            fresh = await self._ask_again(asked, error)
            if fresh == known or not (repeatable or may_repeat)(error):
                raise
        except BaseException:
            self._doubted = True  # a deadline that ends the call leaves no time to ask: the next use does
            raise
        return await call(fresh)

    async def is_other(self, error: MilestoneError) -> bool:
        """Ask again because of an error outside `use`; return whether something else is known now."""
        known, self.began = self._current(), self._clock.monotonic()
        return await self._ask_again(self._asked, error) != known

    async def _ask_again(self, asked: int, error: MilestoneError) -> T:
        """Ask, unless another call has done so since; return what is known then."""
        try:
            async with self._lock:
                if self._asked == asked:
                    self._doubted = False
                    await self._learn(self._again)
        except NotFound as gone:
            raise gone from error
        except (MilestoneError, TimeoutError):
            self._doubted = True
        except BaseException:
            self._doubted = True
            raise
        return self._current()

    async def _learn(self, ask: Callable[[], Awaitable[T | None]] | None) -> None:
        if ask is None:
            return
        self._asked += 1
        try:
            if self._seconds is None or self._value is None:
                found = await ask()
            else:
                async with deadline(self._seconds):
                    found = await ask()
        except NotFound:
            self._value = None
            raise
        if found is not None:
            self.keep(found)

    def _current(self) -> T:
        return cast("T", self._guess if self._value is None else self._value)


def is_refused_there(error: MilestoneError) -> bool:
    """Whether an error may mean that the service is not at that address any more."""
    if isinstance(error, ServerFault):
        return _is_http_status(error.code)
    return isinstance(error, _ELSEWHERE) and not isinstance(error, ReplyTooLarge)


def is_refused_by_recorder(error: MilestoneError) -> bool:
    """Whether an error may mean that the camera is on another recorder now, or the recorder at another address.

    Which fault a recorder answers for a camera that it does not have is not known, so any of them may mean it.
    """
    return is_refused_there(error) or (isinstance(error, ServerFault) and error.code != _PTZ_TAKEN)


def may_repeat(error: MilestoneError) -> bool:
    """Whether the call that failed can be made again: it changes nothing, or certainly was not carried out."""
    if _READS.search(error.operation or ""):
        return True
    if isinstance(error, ServerFault):
        return _is_http_status(error.code) and (error.code or "").startswith("4")
    cause = error.__cause__ if isinstance(error, ServiceUnavailable) else error
    return isinstance(cause, _NOTHING_DONE)


def _is_http_status(code: str | None) -> bool:
    """Whether a fault is an answer of some web server, not of the service."""
    return code is not None and code.isdecimal() and len(code) == 3
