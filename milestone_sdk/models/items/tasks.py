"""Tasks: what a server does in its own time after a method was invoked."""
# docs/protocol: configuration-tasks, configuration-methods

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from .path import ItemPath
from .view import Attribute, ItemView, choice, integer, moment, path, text

__all__ = ["TaskItem", "TaskState"]


class TaskState(StrEnum):
    """The state of a task."""

    IDLE = "Idle"
    IN_PROGRESS = "InProgress"
    SUCCESS = "Success"
    ERROR = "Error"
    COMPLETED = "Completed"
    UNKNOWN = "Unknown"


_ENDED: Final = frozenset({TaskState.SUCCESS, TaskState.ERROR, TaskState.COMPLETED})


class TaskItem(ItemView):
    """A task, or the immediate result of a method, which has the same members."""

    item_types: ClassVar[tuple[str, ...]] = ("Task", "InvokeResult")

    state: Attribute[TaskState | str | None] = choice("State", TaskState)
    """An unknown state is its text."""
    progress: Attribute[int] = integer("Progress")
    """0 to 100."""
    error_code: Attribute[int] = integer("ErrorCode")
    """0 where nothing failed."""
    error_text: Attribute[str | None] = text("ErrorText")
    task_type: Attribute[str | None] = text("TaskType")
    """`StorageRetrieval` for recordings that are fetched from a device or a remote site."""
    device: Attribute[ItemPath | None] = path("Device")
    """Of a retrieval, the camera."""
    user_name: Attribute[str | None] = text("UserName")
    start_time: Attribute[datetime | None] = moment("StartTime")
    """Of a retrieval, from when the recordings are wanted."""
    end_time: Attribute[datetime | None] = moment("EndTime")
    task_start_time: Attribute[datetime | None] = moment("TaskStartTime")
    """When the task itself began."""
    task_end_time: Attribute[datetime | None] = moment("TaskEndTime")
    _named = path("Path")

    @property
    def is_over(self) -> bool:
        """Whether the task has ended, successfully or not; one of unknown state has not."""
        return self.state in _ENDED

    @property
    def task(self) -> ItemPath | None:
        """The task itself: ask for it again until it has ended; `None` for a method that was done at once."""
        for found in (self._own, self._named):
            if found is not None and _is_task(found):
                return found
        return None

    @property
    def created(self) -> ItemPath | None:
        """The result, a new camera for example; `None` before the end, and if there is none."""
        return None if self._named is None or _is_task(self._named) else self._named

    @property
    def _own(self) -> ItemPath | None:
        try:
            return self.item.item_path
        except ValueError:
            return None


def _is_task(found: ItemPath) -> bool:
    return found.item_type.casefold() == "task"
