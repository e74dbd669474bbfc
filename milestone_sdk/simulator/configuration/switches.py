"""What a test may switch at the simulated Configuration API: failures, broken trees, unknown traits of real servers."""

import threading
from typing import Literal

from attrs import define, field

from milestone_sdk.simulator.configuration.contract import FAULT_NAMES, OPERATIONS, fault
from milestone_sdk.simulator.wire.soap import SoapFault

__all__ = ["Failure", "Switches"]


@define(eq=False)
class Failure:
    """One failure that is on; `used` counts how often it struck."""

    where: str
    """An operation, or the beginning of a path."""
    fault_name: str
    times: int | None
    _switches: "Switches" = field(repr=False)
    used: int = 0

    def remove(self) -> None:
        """Switch it off; harmless when it is off already."""
        self._switches.discard(self)

    def strikes(self, operation: str, path: str | None) -> bool:
        """Whether it is for that operation on that path."""
        if self.where in OPERATIONS:
            return self.where == operation
        return path is not None and path.lower().startswith(self.where.lower())


@define(eq=False)
class Switches:
    """Set them at any time, from any thread."""

    plain_basic_names: bool = False
    r"""Whether `.svc` wants the plain name of a basic user in place of `[BASIC]\name`."""
    group_parent_paths: bool = True
    """Whether a camera listed through a group has the group's folder as its parent, in place of the hardware's."""
    null_lists: Literal["nil", "empty"] | None = None
    """How a list of no items is written; None leaves it to chance."""
    nil_children: set[str] = field(factory=set[str])
    """Paths whose GetChildItems gives nil whatever is there."""
    also_listed: dict[str, list[str]] = field(factory=dict[str, list[str]])
    """Path of a folder -> paths of items that it lists besides its own: cycles, duplicates, items of other folders."""
    vanished: set[str] = field(factory=set[str])
    """Paths that are listed still, but not found any more when they are asked for."""
    left_unfilled: set[str] = field(factory=set[str])
    """Types of items that GetChildItemsHierarchy lists without what is in them."""
    inflate: dict[str, int] = field(factory=dict[str, int])
    """Operation -> bytes that its answers have at least: lists repeat their items, one item gets a long UIHint."""
    device_group_keys: tuple[str, str] = ("Name", "Description")
    """The keys of AddDeviceGroup's form: real ones are not known."""
    endless_methods: set[str] = field(factory=set[str])
    """Methods that answer each form with another one, which asks for one thing more."""
    pending_results: dict[str, int] = field(factory=dict[str, int])
    """Method -> how often its result has to be sent in again until it is final: the older style, without a task."""
    _failures: list[Failure] = field(init=False, factory=list[Failure])
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def fail(self, where: str, fault_name: str, times: int | None = None) -> Failure:
        """Let an operation, or everything whose path begins so, answer with a fault, some times or until `remove`.

        ValueError for a fault that the contract does not have.
        """
        if fault_name not in FAULT_NAMES:
            raise ValueError(f"no fault {fault_name!r}; there are {', '.join(sorted(FAULT_NAMES))}")
        failure = Failure(where, fault_name, times, self)
        with self._lock:
            self._failures.append(failure)
        return failure

    def discard(self, failure: Failure) -> None:
        """Switch one failure off."""
        with self._lock:
            if failure in self._failures:
                self._failures.remove(failure)

    def strike(self, operation: str, path: str | None) -> SoapFault | None:
        """The fault that strikes now, if any; it counts as used."""
        with self._lock:
            for failure in self._failures:
                if failure.strikes(operation, path):
                    failure.used += 1
                    if failure.times is not None and failure.used >= failure.times:
                        self._failures.remove(failure)
                    return fault(failure.fault_name, f"{operation} is set to fail.", argument="path")
        return None
