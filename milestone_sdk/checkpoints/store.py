"""The interface of a checkpoint store, and the store that keeps everything in memory."""

from typing import Protocol, runtime_checkable
from uuid import UUID

from .._net.forking import ForkAware, Lock
from ..errors import CheckpointError
from ..models.alarms.checkpoint import Checkpoint, CheckpointUpdate

__all__ = ["CheckpointStore", "ClaimingCheckpointStore", "MemoryCheckpointStore", "in_use"]


@runtime_checkable
class CheckpointStore(Protocol):
    """What a store must do. `key` names one subscription of one site.

    Calls for one key never overlap; those for several may, and come from any thread.
    """

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last, an empty `Checkpoint` if nothing was. Raises `CheckpointError`."""
        ...

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Apply the update, as `CheckpointUpdate` describes it: all of it or nothing.

        When this returns, the change must survive a crash of the process and of the machine. Raises `CheckpointError`.
        """
        ...

    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        """Return whether the alarm was saved as handled and is still remembered. Raises `CheckpointError`."""
        ...


@runtime_checkable
class ClaimingCheckpointStore(CheckpointStore, Protocol):
    """A store that also keeps two subscriptions, of one process or of several, from using one key at a time.

    A claim ends with `release`, and when the store is closed, its connection is lost, or its process dies. It must
    never need cleaning by hand.
    """

    def claim(self, key: str) -> None:
        """Reserve `key`. Raises `CheckpointError` when it is claimed already, also by this store."""
        ...

    def release(self, key: str) -> None:
        """Release the claim of this store; does nothing if it holds none, or has lost it."""
        ...


def in_use(key: str, where: str, holder: str) -> CheckpointError:
    """Return the error for a key that another subscription has."""
    return CheckpointError(
        f"the checkpoints of {key!r} in {where} are in use by another subscription in {holder}",
        hint="end that one first, or give one of them another name",
    )


class MemoryCheckpointStore(ForkAware):
    """Forgets everything when the process ends: for trials, and for receivers that want only new alarms."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._checkpoints: dict[str, Checkpoint] = {}
        self._handled: dict[str, dict[UUID, None]] = {}
        self._claimed: set[str] = set()

    def after_fork_in_child(self) -> None:
        """The child starts without the claims of its parent."""
        self._claimed = set()

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last."""
        return self._checkpoints.get(key, Checkpoint())

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Keep the change until the process ends."""
        known = self.load(key).acknowledged.union(update.done)
        self._checkpoints[key] = Checkpoint(
            watermark=update.watermark,
            local_id=update.local_id,
            witness=update.witness,
            acknowledged=frozenset(entry for entry in known if entry.revision >= update.forget_before),
        )
        if update.handled:
            handled = self._handled.setdefault(key, {})
            handled.update(dict.fromkeys(each for each in update.handled if each not in handled))
            while len(handled) > update.keep_handled:
                del handled[next(iter(handled))]

    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        """Return whether the alarm was saved as handled and is still remembered."""
        return alarm_id in self._handled.get(key, {})

    def claim(self, key: str) -> None:
        """Reserve `key` for one subscription. Raises `CheckpointError` when it is claimed already."""
        with self._lock:
            if key in self._claimed:
                raise in_use(key, "memory", "this process")
            self._claimed.add(key)

    def release(self, key: str) -> None:
        """Release the claim, if there is one."""
        with self._lock:
            self._claimed.discard(key)
