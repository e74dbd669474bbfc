"""Signals to a receiver of ANSI/SIA DC-09 over TCP."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from ...._arguments import check_seconds, check_type
from ...._net.asyncio import AsyncClock
from ....errors import ConfigurationError, MilestoneError, SignalRefused, SinkError, SinkUnavailable
from ...signals import Signal
from ..turns import Turns
from .connection import Dc09Connection
from .content import Accounts, Codes, SignalContent, TextPlace, Texts, Token
from .frames import AnswerKind, Message

__all__ = ["Dc09Sink", "SequenceNumbers"]

_logger = logging.getLogger("milestone_sdk.patriot.sinks.dc09")

_LAST_SEQUENCE: Final = 9999
_MOST_UNACKNOWLEDGED: Final = 1000
"""Signals whose sequence numbers are kept for their next try."""
_MOST_REFUSALS: Final = 3
"""Answers NAK to one message, after which the cause is not the line."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 8.0


class Dc09Sink:
    """Sends signals to a receiver of ANSI/SIA DC-09 over TCP, one message at a time, on one connection that it keeps.

    `token` is `SIA-DCS` or `ADM-CID` (Contact ID). A message that is not acknowledged within `answer_timeout` seconds
    is repeated with the same sequence number, on a new connection, until `timeout` seconds have passed.

    - `accounts` maps client numbers to account numbers, which are 3 to 16 hexadecimal digits. A client number that is
      not listed is the account number, if it can be one; if not, the signal is refused. `area` is the same for all.
    - `codes` maps event types, and the kinds `link_lost`, `link_restored`, `alarm_gap` and `undeliverable`, to codes:
      `{"1": "BA"}` with SIA-DCS, `{"1": "130", "link_restored": "R350"}` with ADM-CID, where `R` means a restoral.
      `default_code` is for the event types that are not listed. Without it, it is `UA` with SIA-DCS. With ADM-CID it is
      the event type itself, as Patriot reads it: 2 is sent as event 002, and 1401 as the restoral of 401.
    - Zones go up to 9999 with SIA-DCS and 999 with ADM-CID. A higher one is sent as zone 0, and logged.
    - `text` says where the line of the signal goes: in the data `block` between circumflex accents (SIA-DCS only, the
      default there), in an `extension`, which is `[I...]` (the default with ADM-CID), or `none`. It is cut to
      `max_text` bytes of `encoding` (`ascii`, `cp1252`, `utf-8`). Brackets, `|`, `^` and control characters are
      replaced.
    - `occurrence_time` sends the time of the alarm as `[H...]`. `timestamps` sends that of the message, by the clock of
      this computer, corrected by the time in a NAK of the receiver.
    - `key` encrypts: 32, 48 or 64 hexadecimal digits for AES with 128, 192 or 256 bits. Acknowledgements must then be
      encrypted, too.
    - `supervision_interval` sends a NULL message of `supervision_account` after so many seconds without another
      message. It starts with `async with` or the first signal, keeps the connection, and logs its loss and its return.

    Raises `ConfigurationError`.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        token: Token = "SIA-DCS",
        accounts: Mapping[str, str] | None = None,
        receiver: str = "0",
        line: str = "0",
        area: int | None = None,
        codes: Mapping[Any, str] | None = None,
        default_code: str | None = None,
        text: TextPlace | None = None,
        max_text: int = 200,
        encoding: str = "ascii",
        occurrence_time: bool = True,
        timestamps: bool = True,
        key: str | None = None,
        supervision_interval: float | None = None,
        supervision_account: str | None = None,
        answer_timeout: float = 10.0,
        timeout: float = 30.0,
        clock: AsyncClock | None = None,
    ) -> None:
        self._token = token
        self._clock = clock or AsyncClock()
        known, table = Accounts(accounts or {}), Codes(token, codes or {}, default_code)
        texts = Texts(token, text, max_text, encoding)
        self._content = SignalContent(token, known, table, texts, area=area, occurrence_time=occurrence_time)
        self._connection = Dc09Connection(
            host, port, receiver, line, key, timestamps, encoding, answer_timeout, self._clock
        )
        check_seconds("timeout", timeout)
        self._timeout = timeout
        self._turns = Turns(1, timeout)
        self._sequences = SequenceNumbers()
        self._connected: bool | None = None
        self._not_accepted = set[str]()
        """Accounts whose last message was answered with NAK."""
        self._heard = self._clock.monotonic()
        self._supervised = _supervised(supervision_interval, supervision_account, known)
        self._interval = supervision_interval or 0.0
        self._supervision: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Dc09Sink {self._connection.server} {self._token}>"

    @property
    def connected(self) -> bool | None:
        """Whether the receiver answered the last message that was sent; `None` before the first one."""
        return self._connected

    async def __aenter__(self) -> "Dc09Sink":
        self._supervise()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def send(self, signal: Signal) -> None:
        """Return once the receiver has acknowledged the signal.

        Raises `SinkUnavailable`, and `SignalRefused` for a client without an account number and for the answer DUH.
        """
        self._supervise()
        message = self._content.message(signal)
        try:
            await self._deliver(message, signal.key)
        except SinkError as error:
            error.key = signal.key
            raise

    async def aclose(self) -> None:
        """End the supervision and the connection."""
        if self._supervision is not None:
            self._supervision.cancel()
            await asyncio.wait([self._supervision])
            self._supervision = None
        await self._connection.aclose()

    close = aclose

    async def _deliver(self, message: Message, key: str | None) -> None:
        """Send a message until it is acknowledged; with a key, each try has the same sequence number."""
        failures: list[MilestoneError] = []
        try:
            async with self._turns.take():
                sequence = 0 if key is None else self._sequences.of(key)
                answer = await self._repeat(message, sequence, failures)
        except TimeoutError as error:
            cause = failures[-1] if failures else None
            text = f"no acknowledgement within {self._timeout:g} seconds"
            failure = self._unavailable(f"{text}: {cause.message}" if cause else text, cause.hint if cause else None)
            self._report(False, failure)
            raise failure from cause or error
        self._report(True)
        self._heard = self._clock.monotonic()
        if answer == "NAK":
            raise self._not_understood(message.account)
        if message.account in self._not_accepted:
            self._not_accepted.discard(message.account)
            _logger.warning("the receiver at %s accepts account %s again", self._connection.server, message.account)
        if key is not None:
            self._sequences.release(key)
        if answer == "DUH":
            raise SignalRefused(
                "the receiver does not accept this message (DUH)",
                server=self._connection.server,
                operation="Dc09Sink.send",
                hint="check token, codes and text against what the receiver accepts",
            )

    async def _repeat(self, message: Message, sequence: int, failures: list[MilestoneError]) -> AnswerKind:
        """Send a message until there is an answer, and return it; NAK only if further tries do not help."""
        pause, refusals = _FIRST_PAUSE, 0
        while True:
            used_before = self._connection.is_open
            try:
                answer = await self._connection.exchange(message, sequence)
            except MilestoneError as error:
                failures.append(error)
                if used_before:
                    continue  # the receiver may have closed a connection that was idle
            else:
                if answer.kind != "NAK":
                    return answer.kind
                refusals += 1
                self._connection.follow_clock_of(answer)
                if refusals == _MOST_REFUSALS:
                    return "NAK"
                continue  # without a pause: signals of other accounts wait for their turn
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _not_understood(self, account: str) -> SinkUnavailable:
        failure = self._unavailable(
            f"the receiver answered NAK to {_MOST_REFUSALS} tries of account {account}",
            "check that the receiver knows the account and the key, and compare its clock",
        )
        if account not in self._not_accepted:
            self._not_accepted.add(account)
            _logger.warning("%s", failure)
        return failure

    def _supervise(self) -> None:
        if self._supervised is not None and (self._supervision is None or self._supervision.done()):
            self._supervision = asyncio.create_task(self._keep_connection(self._supervised))

    async def _keep_connection(self, message: Message) -> None:
        while True:
            try:
                await self._deliver(message, None)
            except SinkUnavailable:
                await self._clock.sleep(self._interval)
            except SignalRefused:
                pass  # it does not know NULL messages, but it answers
            while (silent := self._clock.monotonic() - self._heard) < self._interval:
                await self._clock.sleep(self._interval - silent)

    def _report(self, connected: bool, failure: SinkUnavailable | None = None) -> None:
        """Log that the receiver stopped answering, and that it answers again."""
        before, self._connected = self._connected, connected
        if before is not False and not connected:
            _logger.warning("the receiver at %s does not acknowledge: %s", self._connection.server, failure)
        elif before is False and connected:
            _logger.warning("the receiver at %s acknowledges again", self._connection.server)

    def _unavailable(self, text: str, hint: str | None = None) -> SinkUnavailable:
        return SinkUnavailable(text, server=self._connection.server, operation="Dc09Sink.send", hint=hint)


class SequenceNumbers:
    """Sequence numbers of signals: the same for each try of one, and different for those without acknowledgement.

    A receiver that has acknowledged a signal in vain takes the next message with that number for a repetition of it.
    """

    def __init__(self) -> None:
        self._last = 0
        self._kept: dict[str, int] = {}

    def of(self, key: str) -> int:
        """Return the number of a signal."""
        if key not in self._kept:
            if len(self._kept) >= _MOST_UNACKNOWLEDGED:
                del self._kept[next(iter(self._kept))]
            taken = set(self._kept.values())
            self._last = self._last % _LAST_SEQUENCE + 1
            while self._last in taken:
                self._last = self._last % _LAST_SEQUENCE + 1
            self._kept[key] = self._last
        return self._kept[key]

    def release(self, key: str) -> None:
        """Forget the number of a signal that was acknowledged or refused."""
        self._kept.pop(key, None)


def _supervised(interval: float | None, account: str | None, accounts: Accounts) -> Message | None:
    check_type("supervision_account", account, str, type(None))
    if interval is None:
        return None
    check_seconds("supervision_interval", interval)
    number = None if account is None else accounts.of(account)
    if number is None:
        raise ConfigurationError(
            f"supervision_account must be 3 to 16 hexadecimal digits, got {account!r}",
            hint="name the account that the receiver supervises",
        )
    return Message("NULL", number)
