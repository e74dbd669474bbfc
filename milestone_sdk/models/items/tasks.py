"""Tasks: what a server does in its own time after a method was invoked (protocol/configuration.md 3.13, 4.2)."""

from enum import StrEnum
from typing import Final

from .path import ItemPath
from .view import ItemView, choice, integer, moment, path, text

__all__ = ["TaskItem", "TaskState"]


class TaskState(StrEnum):
    """How far a task is."""

    IDLE = "Idle"
    IN_PROGRESS = "InProgress"
    SUCCESS = "Success"
    ERROR = "Error"
    COMPLETED = "Completed"
    UNKNOWN = "Unknown"


_OVER: Final = frozenset({TaskState.SUCCESS, TaskState.ERROR, TaskState.COMPLETED})


class TaskItem(ItemView):
    """A task, or the immediate result of a method, which tells the same."""

    item_types = ("Task", "InvokeResult")

    state = choice("State", TaskState)
    """A state that is not known stays its text."""
    progress = integer("Progress")
    """0 to 100."""
    error_code = integer("ErrorCode")
    """0 where nothing failed."""
    error_text = text("ErrorText")
    task_type = text("TaskType")
    """`StorageRetrieval` for recordings that are fetched from a device or a remote site."""
    device = path("Device")
    """Of a retrieval, the camera."""
    user_name = text("UserName")
    start_time = moment("StartTime")
    """Of a retrieval, from when the recordings are wanted."""
    end_time = moment("EndTime")
    task_start_time = moment("TaskStartTime")
    """When the task itself began."""
    task_end_time = moment("TaskEndTime")
    _named = path("Path")

    @property
    def is_over(self) -> bool:
        """Whether the task has ended, well or not; a state that is not known has not."""
        return self.state in _OVER

    @property
    def task(self) -> ItemPath | None:
        """The task itself: ask for it again until it is over; `None` for a method that was done at once."""
        for found in (self._own, self._named):
            if found is not None and _is_task(found):
                return found
        return None

    @property
    def created(self) -> ItemPath | None:
        """What came of it, a new camera for example; `None` before the end, and where nothing was made."""
        return None if self._named is None or _is_task(self._named) else self._named

    @property
    def _own(self) -> ItemPath | None:
        try:
            return self.item.item_path
        except ValueError:
            return None


def _is_task(found: ItemPath) -> bool:
    return found.item_type.casefold() == "task"
