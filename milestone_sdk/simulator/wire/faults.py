"""Faults that a test switches on: what a network, a proxy or a sick server does to an answer.

The names follow toxiproxy's. `http.py` applies the kinds of HTTP services in one place; the recorder applies those of
the ImageServer.
"""

import threading
from collections.abc import Mapping

from attrs import define, field

__all__ = ["HTTP_KINDS", "IMAGE_KINDS", "SERVICES", "Fault", "Faults"]

SERVICES = ("management", "idp", "recorder", "event_server", "imageserver")

HTTP_KINDS: Mapping[str, frozenset[str]] = {
    "html": frozenset({"status"}),
    "status": frozenset({"code"}),
    "truncate": frozenset({"at"}),
    "cut_xml": frozenset({"at"}),
    "garbage": frozenset({"size"}),
    "delay": frozenset({"seconds"}),
    "deaf": frozenset(),
    "reset": frozenset(),
    "slicer": frozenset({"size", "delay"}),
    "body": frozenset({"bytes", "content_type", "status"}),
    "compressed": frozenset({"coding", "layers"}),
    "raw": frozenset({"bytes", "repeat"}),
    "value": frozenset({"member", "row", "text"}),
}
"""Kind of fault for an HTTP service -> the options it knows.

`compressed` packs the body by gzip, `layers` times (1), and calls that `coding` ("gzip"). `raw` sends `bytes` in place
of head and body, and then `repeat` until the client disconnects.
"""

IMAGE_KINDS: Mapping[str, frozenset[str]] = {
    "desync": frozenset({"bytes", "at"}),
    "truncate": frozenset({"at"}),
    "stall": frozenset({"at", "seconds"}),
    "close": frozenset({"at"}),
    "reset": frozenset({"at"}),
    "delay": frozenset({"seconds"}),
    "slicer": frozenset({"size", "delay"}),
    "repeat": frozenset({"bytes", "delay"}),
}
"""Kind of fault for the ImageServer -> the options it knows.

`repeat` sends the message and then, until the client disconnects, `bytes` (the same message) every `delay` seconds (0).
"""


@define(eq=False)
class Fault:
    """One fault that is on; `used` counts how often it struck."""

    service: str
    kind: str
    operation: str | None
    times: int | None
    options: dict[str, object]
    _faults: "Faults" = field(repr=False)
    after: int = 0
    used: int = 0

    def remove(self) -> None:
        """Switch it off; harmless when it is off already."""
        self._faults.discard(self)

    def number(self, option: str, default: float) -> float:
        """A numeric option."""
        value = self.options.get(option, default)
        if not isinstance(value, int | float):
            raise TypeError(f"{self.kind}: option {option} must be a number, not {value!r}")
        return value

    def data(self, option: str, default: bytes = b"") -> bytes:
        """An option that holds bytes; text is taken as UTF-8."""
        value = self.options.get(option, default)
        if isinstance(value, str):
            return value.encode()
        if not isinstance(value, bytes):
            raise TypeError(f"{self.kind}: option {option} must be bytes, not {value!r}")
        return value

    def point(self, length: int, option: str = "at", default: float = 0.5) -> int:
        """Where to cut something of that length: a fraction below 1, or a number of bytes (negative: from the end)."""
        at = self.number(option, default)
        if 0 <= at < 1:
            return int(length * at)
        return max(0, min(length, int(at) if at >= 0 else length + int(at)))


class Faults:
    """The faults of one simulator; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[Fault] = []

    def add(
        self,
        service: str,
        kind: str,
        *,
        operation: str | None = None,
        times: int | None = None,
        after: int = 0,
        **options: object,
    ) -> Fault:
        """Switch a fault on, for one operation or all, a number of times or until `remove`; `after` are spared first.

        `at` is a fraction below 1 or a number of bytes; `seconds` and `delay` are seconds. `value` writes `text` into
        the element `member` of a SOAP answer, nil for None; of several, into the one at index `row`, or in the row that
        has the text `row` in one of its members. Raises ValueError for a
        service, kind or option that does not exist, so that a misspelt fault cannot make a test pass.
        """
        kinds = IMAGE_KINDS if service == "imageserver" else HTTP_KINDS
        if service not in SERVICES:
            raise ValueError(f"no service {service!r}; there are {', '.join(SERVICES)}")
        if kind not in kinds:
            raise ValueError(f"no fault {kind!r} for {service}; there are {', '.join(kinds)}")
        unknown = set(options) - kinds[kind]
        if unknown:
            raise ValueError(f"fault {kind} knows no {', '.join(sorted(unknown))}; it knows {sorted(kinds[kind])}")
        fault = Fault(service, kind, operation, times, options, self, after)
        with self._lock:
            self._active.append(fault)
        return fault

    def take(self, service: str, operation: str | None = None) -> tuple[Fault, ...]:
        """The faults that strike now, in the order they were added; each counts as used once."""
        struck: list[Fault] = []
        with self._lock:
            for fault in list(self._active):
                if fault.service == service and fault.operation in (None, operation):
                    if fault.after:
                        fault.after -= 1
                        continue
                    fault.used += 1
                    struck.append(fault)
                    if fault.times is not None and fault.used >= fault.times:
                        self._active.remove(fault)
        return tuple(struck)

    def discard(self, fault: Fault) -> None:
        """Switch one fault off."""
        with self._lock:
            if fault in self._active:
                self._active.remove(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._active.clear()

    @property
    def active(self) -> tuple[Fault, ...]:
        """What is on now."""
        with self._lock:
            return tuple(self._active)
