"""What a signal is in ANSI/SIA DC-09: account, code, zone and text; no input or output."""

import logging
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from ...._arguments import check_type
from ....errors import ConfigurationError, SignalRefused
from ...signals import Signal, SignalKind
from .frames import Message, timestamp

__all__ = ["Accounts", "Codes", "SignalContent", "TextPlace", "Texts", "Token", "clean"]

_logger = logging.getLogger("milestone_sdk.patriot.sinks.dc09")

Token = Literal["SIA-DCS", "ADM-CID"]
TextPlace = Literal["block", "extension", "none"]

_ACCOUNT: Final = re.compile(r"[0-9A-F]{3,16}")
_CODES: Final = {"SIA-DCS": re.compile(r"[A-Z]{2}"), "ADM-CID": re.compile(r"[ERS]?\d{3}", re.ASCII)}
_CODE_FORMS: Final = {
    "SIA-DCS": 'two letters, for example "BA"',
    "ADM-CID": 'three digits, for example "130" or "R130"',
}
_QUALIFIERS: Final = {"E": 1, "R": 3, "S": 6}
_STATE_CODES: Final[dict[str, dict[SignalKind, str]]] = {
    "SIA-DCS": {"link_lost": "YC", "link_restored": "YK", "alarm_gap": "YX", "undeliverable": "YX"},
    "ADM-CID": {"link_lost": "E350", "link_restored": "R350", "alarm_gap": "E300", "undeliverable": "E300"},
}
_DEFAULT_CODES: Final = {"SIA-DCS": "UA", "ADM-CID": "E140"}
_HIGHEST_ZONES: Final = {"SIA-DCS": 9999, "ADM-CID": 999}
_HIGHEST_AREAS: Final = {"SIA-DCS": 9999, "ADM-CID": 99}
_ENCODINGS: Final = ("ascii", "cp1252", "utf-8")
_LEAST_TEXT: Final = 40
_MOST_TEXT: Final = 1000
_MOST_LOGGED: Final = 1000
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
_INSTEAD: Final = str.maketrans({"[": "(", "]": ")", "|": "/", "^": "~"})
_UNKNOWN_ZONE: Final = "Zone 0 (unknown zone: "


class Accounts:
    """Account numbers by client numbers."""

    def __init__(self, accounts: Mapping[str, str]) -> None:
        check_type("accounts", accounts, Mapping)
        self._listed: dict[str, str] = {}
        for client_no, account in accounts.items():
            check_type("a client number in accounts", client_no, str)
            check_type(f"accounts[{client_no!r}]", account, str)
            self._listed[client_no] = account.upper()
            if not _ACCOUNT.fullmatch(account.upper()):
                raise ConfigurationError(f"accounts[{client_no!r}] must be 3 to 16 hexadecimal digits, got {account!r}")

    def of(self, client_no: str) -> str | None:
        """Return the one that is listed, or the client number itself, or `None` if that cannot be one."""
        account = self._listed.get(client_no, client_no.upper() if client_no.isascii() else "")
        return account if _ACCOUNT.fullmatch(account) else None


class Codes:
    """Codes of SIA or Contact ID by event types and kinds of signals."""

    def __init__(self, token: Token, codes: Mapping[Any, str], default: str | None) -> None:
        _check_choice("token", token, get_args(Token))
        check_type("codes", codes, Mapping)
        self._token: Token = token
        self._listed: dict[str, str] = {}
        for name, code in codes.items():
            if not re.fullmatch(r"\d{1,5}", str(name), re.ASCII) and name not in _STATE_CODES[token]:
                example = {"1": _DEFAULT_CODES[token], "link_lost": _STATE_CODES[token]["link_lost"]}
                raise ConfigurationError(
                    f"codes has the key {name!r}, which is neither an event type nor a kind of signal",
                    hint=f"for example {example}",
                )
            self._listed[str(name)] = self._checked(f"codes[{name!r}]", code)
        self._default = None if default is None else self._checked("default_code", default)

    def _checked(self, name: str, code: object) -> str:
        if isinstance(code, str) and _CODES[self._token].fullmatch(code):
            return code
        hint = f"write {_CODE_FORMS[self._token]}"
        raise ConfigurationError(f"{name} must be a code of {self._token}, got {code!r}", hint=hint)

    def of(self, signal: Signal) -> str:
        """Return what is configured for the kind or for the event type, or a default."""
        number, kind = signal.event_type, signal.kind
        for name in (*(() if kind == "alarm" else (kind,)), str(number)):
            if name in self._listed:
                return self._listed[name]
        if kind != "alarm":
            return _STATE_CODES[self._token][kind]
        if self._default is not None:
            return self._default
        # Patriot reads the event code as the number of the event type, and a restoral as that number plus 1000.
        if self._token == "ADM-CID" and 0 < number < 2000 and number != 1000:
            return f"{'R' if number > 1000 else 'E'}{number % 1000:03}"
        return _DEFAULT_CODES[self._token]


class Texts:
    """Where the line of a signal goes, and what is left of it there."""

    def __init__(self, token: Token, place: TextPlace | None, most: int, encoding: str) -> None:
        self.place: TextPlace = place or ("block" if token == "SIA-DCS" else "extension")
        _check_choice("text", self.place, get_args(TextPlace))
        if self.place == "block" and token == "ADM-CID":
            raise ConfigurationError("text cannot be 'block' with ADM-CID", hint="write 'extension' or 'none'")
        _check_choice("encoding", encoding, _ENCODINGS)
        check_type("max_text", most, int)
        if not _LEAST_TEXT <= most <= _MOST_TEXT:
            raise ConfigurationError(f"max_text must be from {_LEAST_TEXT} to {_MOST_TEXT}, got {most}")
        self.encoding = encoding
        self._most = most

    def of(self, signal: Signal) -> str:
        """Return the line of a signal, cut so that the form of an unknown zone keeps its closing bracket."""
        text, end = clean(signal.line, self.encoding), -1
        form = f"{_UNKNOWN_ZONE}{signal.source_name})"
        at = signal.line.find(form) if signal.fallback else -1
        if at >= 0:
            start = len(clean(f"{signal.line[:at]}Z", self.encoding)) - 1
            end = len(clean(signal.line[: at + len(form)], self.encoding))
            if self._size(text[:start] + _UNKNOWN_ZONE) + len("...)") > self._most:
                text, end = text[start:], end - start  # the beginning gives way
        if self._size(text) <= self._most:
            return text
        kept = self._cut(text, "...")
        return kept if len(kept) - len("...") >= end else self._cut(text, "...)")

    def _size(self, text: str) -> int:
        return len(text.encode(self.encoding))

    def _cut(self, text: str, mark: str) -> str:
        room = self._most - len(mark)
        return text.encode(self.encoding)[:room].decode(self.encoding, "ignore") + mark


class SignalContent:
    """Makes messages of signals by the settings of a `Dc09Sink`, which documents them."""

    def __init__(
        self, token: Token, accounts: Accounts, codes: Codes, texts: Texts, *, area: int | None, occurrence_time: bool
    ) -> None:
        check_type("area", area, int, type(None))
        if area is not None and not 0 <= area <= _HIGHEST_AREAS[token]:
            raise ConfigurationError(f"area must be from 0 to {_HIGHEST_AREAS[token]} with {token}, got {area}")
        check_type("occurrence_time", occurrence_time, bool)
        self._token: Token = token
        self._accounts = accounts
        self._codes = codes
        self._texts = texts
        self._area = area
        self._occurrence_time = occurrence_time
        self._logged: set[int] = set()

    def message(self, signal: Signal) -> Message:
        """Return the message of a signal. Raises `SignalRefused` if its client has no account number."""
        account = self._accounts.of(signal.client_no)
        if account is None:
            raise SignalRefused(
                f"client number {signal.client_no!r} is not an account number of DC-09",
                key=signal.key,
                hint='name one of 3 to 16 hexadecimal digits, for example accounts={"C1": "00C1"}',
            )
        place = self._texts.place
        text = "" if place == "none" else self._texts.of(signal)
        extended = (f"I{text}",) if text and place == "extension" else ()
        if self._occurrence_time:
            extended = (*extended, f"H{timestamp(signal.time)}")
        code, zone = self._codes.of(signal), self._zone(signal)
        if self._token == "SIA-DCS":
            area = "" if self._area is None else f"ri{self._area}/"
            block = f"^{text}^" if text and place == "block" else ""
            return Message(self._token, account, f"#{account}|N{area}{code}{zone:03}{block}", extended)
        qualifier = _QUALIFIERS.get(code[0], _QUALIFIERS["E"])
        return Message(
            self._token, account, f"#{account}|{qualifier}{code[-3:]} {self._area or 0:02} {zone:03}", extended
        )

    def _zone(self, signal: Signal) -> int:
        """Return the zone, or 0, the unknown zone, for a number that the message has no room for."""
        highest = _HIGHEST_ZONES[self._token]
        if 0 <= signal.zone <= highest:
            return signal.zone
        if signal.zone not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(signal.zone)
            _logger.warning(
                "%s has no room for zone %d: the highest is %d; sent on zone 0", self._token, signal.zone, highest
            )
        return 0


def clean(line: str, encoding: str) -> str:
    """Return a line as the text of a message: no line ends, control characters, brackets or delimiters.

    A character that the encoding lacks becomes the same letter without its accent, or a question mark.
    """
    text = _UNSAFE.sub(" ", line.translate(_INSTEAD)).strip()
    shown: list[str] = []
    for letter in text:
        try:
            letter.encode(encoding)
            shown.append(letter)
        except UnicodeEncodeError:
            plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode("ascii")
            shown.append(_UNSAFE.sub(" ", plain.translate(_INSTEAD)) or "?")
    return "".join(shown).strip()


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise `ConfigurationError` unless `value` is one of `choices`."""
    if value not in choices:
        raise ConfigurationError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
