"""The exclusive use of one key of a checkpoint store by one subscription."""

from uuid import UUID

from .._net.forking import ForkAware, Lock
from .._net.threads import Workers, workers_of
from ..errors import CheckpointError
from ..models.alarms.checkpoint import Checkpoint, CheckpointUpdate
from .store import CheckpointStore, ClaimingCheckpointStore, in_use

__all__ = ["Claim"]

_guard = Lock()
_unprotected: dict[tuple[int, str], CheckpointStore] = {}
"""Keys in use of stores without claims: only two subscriptions on one store object can be detected."""


class Claim(ForkAware):
    """The exclusive use of one key of a store, from the first `load` to `release`.

    Any thread may call; `release` waits for a call that runs, so that nothing is saved once another may follow.
    """

    def __init__(self, store: CheckpointStore, key: str) -> None:
        super().__init__()
        self.workers: Workers = workers_of(store)  # `call_blocking` uses them
        self._store = store
        self._key = key
        self._lock = Lock()
        self._held = False
        self._ended = False

    def after_fork_in_child(self) -> None:
        """The parent keeps the key."""
        self._held = False

    def load(self) -> Checkpoint:
        """Claim the key, the first time, and return what was saved last. Raises `CheckpointError`."""
        with self._lock:
            self._check_not_ended()
            if not self._held:
                self._claim()
                self._held = True
            return self._store.load(self._key)

    def save(self, update: CheckpointUpdate) -> None:
        """Save under the key, after `load`. Raises `CheckpointError`, also after `release`."""
        with self._lock:
            self._check_held()
            self._store.save(self._key, update)

    def is_handled(self, alarm_id: UUID) -> bool:
        """Return whether the alarm was saved as handled. Raises `CheckpointError`, also after `release`."""
        with self._lock:
            self._check_held()
            return self._store.is_handled(self._key, alarm_id)

    def release(self) -> None:
        """Release the key for good; calling it again does nothing."""
        with self._lock:
            self._ended = True
            if self._held:
                self._held = False
                self._release()

    def _check_held(self) -> None:
        self._check_not_ended()
        if not self._held:
            raise CheckpointError(
                f"the subscription of {self._key!r} belongs to the parent process", hint="subscribe in each process"
            )

    def _check_not_ended(self) -> None:
        if self._ended:
            raise CheckpointError(
                f"the subscription of {self._key!r} has ended", hint="checkpoint before leaving the with block"
            )

    def _claim(self) -> None:
        if isinstance(self._store, ClaimingCheckpointStore):
            self._store.claim(self._key)
            return
        with _guard:
            if (id(self._store), self._key) in _unprotected:
                raise in_use(self._key, type(self._store).__name__, "this process")
            _unprotected[id(self._store), self._key] = self._store

    def _release(self) -> None:
        if isinstance(self._store, ClaimingCheckpointStore):
            self._store.release(self._key)
            return
        with _guard:
            _unprotected.pop((id(self._store), self._key), None)
