"""Tasks: what the server goes on doing after a method has answered."""
# docs/protocol: configuration-tasks, configuration-methods

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from attrs import define, field

from milestone_sdk.simulator.configuration.columns import time_text
from milestone_sdk.simulator.configuration.contract import Choice, Definition, Item, Property

__all__ = ["STATES", "Task", "Tasks"]

STATES = ("Idle", "InProgress", "Success", "Error", "Completed", "Unknown")

# A code of our own: what real servers say is not known (docs/protocol: retrieval-task).
_CUT_OFF = 61023, "The recording server has no connection to the device."
_STATE = Definition("State", "Enum", False, "State", tuple(Choice(state, state) for state in STATES))
_PROGRESS = Definition("Progress", "Progress", False, "Progress", (Choice("MinValue", "0"), Choice("MaxValue", "100")))
_PATH = Definition("Path", "Path", False, "Path")
_ERROR_CODE = Definition("ErrorCode", "Int", False, "Error code")
_ERROR_TEXT = Definition("ErrorText", "String", False, "Error text")

_BEFORE_THE_FIRST = 32
"""The number of the task before the first one."""


@define(eq=False)
class Task:
    """One task: it goes on with every GetItem, `polls` of them, unless a test ends it."""

    number: int
    display_name: str
    parent_path: str
    done: Callable[[], str] = field(repr=False)
    """Does the work and gives the path of what came of it."""
    now: Callable[[], datetime] = field(repr=False)
    server: "Tasks" = field(repr=False)
    polls: int
    never_ends: bool
    error: tuple[int, str] | None = None
    details: list[Property] = field(factory=list[Property])
    timed: bool = False
    """Whether it shows when it ran, as a retrieval does."""
    advance: Callable[[int], None] = field(repr=False, default=lambda percent: None)
    """Does the work up to that percentage; what is done stays done when the task is stopped or fails."""
    is_cut_off: Callable[[], bool] = field(repr=False, default=lambda: False)
    """Whether the device that it needs cannot be reached."""
    state: str = "Idle"
    progress: int = 0
    result: str = ""
    polled: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    stops_after: int | None = None
    """How many GetItem it takes until it has stopped, since TaskStop."""

    @property
    def path(self) -> str:
        """The task's own path, which stays."""
        return f"Task[{self.number}]"

    @property
    def ended_already(self) -> bool:
        """Whether nothing follows any more."""
        return self.ended is not None

    def poll(self) -> None:
        """A client asked: go on a step."""
        if self.ended_already:
            return
        if self.stops_after is not None:
            self.stops_after -= 1
            if self.stops_after < 0:
                self._end(self.server.stopped)
            return
        if self.is_cut_off():
            if self.server.cut_off == "fails":
                self.fail(*_CUT_OFF)
            return
        self.polled += 1
        self.started = self.started or self.now()
        stalls_at = self.server.stalls_at
        if self.polled >= self.polls and not self.never_ends and stalls_at is None:
            self.finish()
        else:
            self.state = "InProgress"
            self.progress = min(99 if stalls_at is None else stalls_at, 100 * self.polled // max(1, self.polls))
            self.advance(self.progress)

    def finish(self) -> None:
        """End: success, unless the task is set to fail."""
        if self.ended_already:
            return
        if self.error is not None:
            self.fail(*self.error)
            return
        self.advance(100)
        self.result = self.done()
        self._end("Success")

    def fail(self, code: int, text: str) -> None:
        """End in an error; its text begins with the code, as real ones do."""
        self.error = code, text
        self._end("Error")

    def stop(self) -> None:
        """TaskStop: nothing more is done."""
        if self.server.stops_after is None:
            self._end(self.server.stopped)
        else:
            self.state, self.stops_after = "Stopping", self.server.stops_after

    def _end(self, state: str) -> None:
        self.state, self.progress = state, 100
        self.ended = self.now()

    def outcome(self) -> list[Property]:
        """State, Path and the errors; Path is the task itself until the end, then what it made."""
        path = self.path if not self.ended_already else self.result
        shown = [Property(_STATE, self.state), Property(_PROGRESS, str(self.progress)), Property(_PATH, path)]
        if self.server.progress == "absent":
            del shown[1]
        if self.state == "Error" and self.error is not None:
            code, text = self.error
            shown += [Property(_ERROR_CODE, str(code)), Property(_ERROR_TEXT, f"VMO{code}: {text}")]
        else:
            shown += [Property(_ERROR_CODE, "0"), Property(_ERROR_TEXT, "")]
        return shown

    def item(self) -> Item:
        """The Task item."""
        times = [
            Property(Definition(key, "DateTime"), time_text(value) if value is not None else "")
            for key, value in (("TaskStartTime", self.started), ("TaskEndTime", self.ended))
            if self.timed
        ]
        return Item(
            "Task",
            self.path,
            self.parent_path,
            self.display_name,
            [*self.outcome(), *self.details, *times],
            methods=("TaskCleanup",) if self.ended_already else ("TaskStop",),
        )


@define(eq=False)
class Tasks:
    """The tasks of a server, and how coming ones go on.

    Change a member at any time.
    """

    now: Callable[[], datetime] = field(repr=False)
    polls: int = 3
    """How many GetItem a coming task takes until it ends."""
    never_ends: bool = False
    """Coming tasks run until `finish` or `fail`; their progress is 99 at most."""
    stalls_at: int | None = None
    """The progress at which tasks do not go on any more, in state InProgress."""
    progress: Literal["shown", "absent"] = "shown"
    """Whether tasks have the property Progress."""
    stopped: str = "Completed"
    """The state of a task after TaskStop; that of real servers is not known."""
    stops_after: int | None = None
    """How many GetItem a task takes to stop, in the state `Stopping`; `None` stops at once, as TaskStop answers."""
    cut_off: Literal["waits", "fails"] = "waits"
    """What a retrieval does as long as the recorder has no connection to the device; not known of real servers."""
    _error: tuple[int, str] | None = field(init=False, default=None)
    _tasks: dict[int, Task] = field(init=False, factory=dict[int, Task])
    _last: int = field(init=False, default=_BEFORE_THE_FIRST)
    _lock: threading.RLock = field(init=False, factory=threading.RLock)

    def fail_with(self, code: int | None, text: str = "") -> None:
        """Let coming tasks end in that error; None lets them succeed again."""
        self._error = None if code is None else (code, text)

    def start(
        self,
        display_name: str,
        parent_path: str,
        done: Callable[[], str],
        *,
        details: list[Property] | None = None,
        timed: bool = False,
    ) -> Task:
        """A new task; its number is the next small integer."""
        with self._lock:
            self._last += 1
            task = Task(
                self._last, display_name, parent_path, done, self.now, self, self.polls, self.never_ends, self._error,
                details=details or [], timed=timed,
            )  # fmt: skip
            self._tasks[task.number] = task
        return task

    @property
    def started(self) -> int:
        """How many there have been, those included that were cleaned up."""
        with self._lock:
            return self._last - _BEFORE_THE_FIRST

    def get(self, number: int) -> Task | None:
        """The task of that number."""
        with self._lock:
            return self._tasks.get(number)

    def all(self) -> list[Task]:
        """Every task that was not cleaned up, oldest first."""
        with self._lock:
            return list(self._tasks.values())

    def finish(self, number: int | None = None) -> None:
        """End one task (or all) well, or in the error that is set."""
        for task in self._chosen(number):
            task.finish()

    def fail(self, code: int, text: str, number: int | None = None) -> None:
        """End one task (or all that run) in an error."""
        for task in self._chosen(number):
            task.fail(code, text)

    def _chosen(self, number: int | None) -> list[Task]:
        return [task for task in self.all() if task.number == number or (number is None and not task.ended_already)]

    def clean(self, number: int) -> None:
        """TaskCleanup: forget it."""
        with self._lock:
            self._tasks.pop(number, None)
