"""Passwords and tokens: hidden from views of local variables, and removed from server texts that repeat them."""

import html
import re
from base64 import b64encode
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, Generic, NoReturn, TypeVar, cast, final

from ..errors import MilestoneError

__all__ = ["Sealed", "Secrets"]

T = TypeVar("T")

_HIDDEN: Final = "[secret]"
_MOST_CHARACTERS: Final = 24
"""Characters of a secret that are compared; the rest of a longer one is hidden up to the next delimiter."""
_FEWEST_CHARACTERS: Final = 4
"""A shorter secret is hidden only as a whole word, since it may be part of many other words."""
_LONGEST_SEARCHED: Final = 1 << 16
"""Bytes of a reply that are searched; a longer one is treated as if it held a secret."""
_NAMED: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_CUT: Final = r"(?:[%&\\][\w#;]{0,8})?(?=\.\.\.|\W{0,3}$)"
"""The end of a text that was cut, perhaps within an encoded character."""


@final
class Sealed(Generic[T]):
    """A value that no repr, pickle or view of local variables shows."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value; only for the code that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "<hidden>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sealed):
            return NotImplemented
        return self._value == cast("Sealed[object]", other)._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


class Secrets:
    """Finds known secrets in a server's text, however it encodes them.

    `values` returns the secrets; it is called when a text is searched, so that nothing is kept. They are found plain,
    percent-encoded, escaped for XML, HTML, JSON or Python, and in base64 of anything that ends in one, such as the
    header of HTTP Basic.
    """

    def __init__(self, values: Callable[[], Iterable[str]] = tuple) -> None:
        self._values = values

    def __repr__(self) -> str:
        return "<secrets>"

    def _pattern(self) -> re.Pattern[str] | None:
        forms = [form for value in dict.fromkeys(self._values()) if value for form in _forms(value)]
        return re.compile("|".join(forms), re.IGNORECASE) if forms else None

    @contextmanager
    def reading(self, reply: bytes, *, server: str, operation: str) -> Generator[None]:
        """Add server and operation to errors while a reply is read, and remove the secrets that it repeats."""
        try:
            yield
        except MilestoneError as error:
            self.hide_in(error, reply)
            error.at(server=server, operation=operation)
            raise

    def hide_in(self, error: MilestoneError, reply: bytes) -> None:
        """Remove the secrets that `reply` repeats from an error that it caused, and from the causes of that error.

        If the reply repeats none, the error is not changed: a word of our own may also be a password.
        """
        pattern = self._pattern()
        if pattern is None:
            return
        if len(reply) <= _LONGEST_SEARCHED and not any(map(pattern.search, _readings(reply))):
            return
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, MilestoneError):
                cause._rewrite(partial(pattern.sub, _HIDDEN))  # pyright: ignore[reportPrivateUsage]
            before = cause.__cause__ or cause.__context__
            if not isinstance(before, MilestoneError):
                cause.__cause__ = cause.__context__ = before = None  # an error of another library may contain the reply
            cause = before


def _readings(reply: bytes) -> Iterator[str]:
    """Return the text of a reply as it is written, and as a parser of XML or JSON reads it."""
    text = reply.decode("utf-8", "replace")
    yield text
    yield html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text))


def _forms(value: str) -> list[str]:
    """Return patterns of one secret; the order matters, since the longest must be tried first."""
    head = value[:_MOST_CHARACTERS]
    if len(value) < _FEWEST_CHARACTERS:
        return [rf"(?<!\w){''.join(map(_character, head))}(?!\w)"]
    rest = r"[^\s<>\"']*" if len(value) > len(head) else ""
    for letter in reversed(head[_FEWEST_CHARACTERS:]):
        rest = f"(?:{_character(letter)}{rest}|{_CUT})"
    plain = "".join(map(_character, head[:_FEWEST_CHARACTERS])) + rest
    return [plain, *(form for encoding in ("utf-8", "cp1252") for form in _base64(value, encoding))]


def _character(letter: str) -> str:
    """Return a pattern of one character in every encoding of text, each of them applied once or twice."""
    number = ord(letter)
    escaped = letter.encode("unicode_escape").decode("ascii")
    utf16 = letter.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        re.escape(letter),
        rf"&(?:amp;)?#(?:0{{0,6}}{number}|x0{{0,6}}{number:x});",
        "".join(rf"\\{{1,2}}u{utf16[at : at + 4]}" for at in range(0, len(utf16), 4)),
        *("".join(f"%(?:25)?{byte:02x}" for byte in letter.encode(name, "ignore")) for name in ("utf-8", "cp1252")),
    ]
    if letter in _NAMED:
        forms.append(f"&(?:amp;)?{_NAMED[letter]};")
    if letter == " ":
        forms.append(r"\+")
    if escaped != letter:
        forms.append(re.escape(escaped))
    quoting = r"\\{0,4}" if letter in "\"'\\/" else ""
    return f"(?:{quoting}(?:{'|'.join(dict.fromkeys(form for form in forms if form))}))"


def _base64(value: str, encoding: str) -> list[str]:
    """Return what base64 makes of the value at each of the three places where it may begin within a longer text."""
    data = value.encode(encoding, "ignore")
    found: list[str] = []
    for before in range(3):
        whole = b64encode(b"\0" * before + data).decode("ascii").rstrip("=")
        certain = whole[(0, 2, 3)[before] : (before + len(data)) * 8 // 6][:_MOST_CHARACTERS]
        if len(certain) >= _FEWEST_CHARACTERS:
            # The alphabets of URLs and of mail differ in two characters, which may also be percent-encoded.
            letters = certain.replace("+", r"(?:\+|-|%2b)").replace("/", "(?:/|_|%2f)")
            found.append(letters + r"(?:[\w+/=-]|%2b|%2f|%3d)*")
    return found
