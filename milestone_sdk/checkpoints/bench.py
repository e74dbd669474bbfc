"""What the checks of a checkpoint store work with."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID, uuid4

from .._text import printable
from ..errors import CheckpointError
from ..models.alarms.checkpoint import Acknowledgement, Checkpoint
from .store import CheckpointStore, ClaimingCheckpointStore

__all__ = ["NUMBER", "THREADS", "Bench", "expect", "in_threads", "refused"]

NUMBER: Final = 4711
"""The `local_id` of most checkpoints."""
THREADS: Final = 4
_PATIENCE: Final = 60.0


class Bench:
    """What one check works with: a store that may be opened again, and new keys."""

    def __init__(self, factory: Callable[[], CheckpointStore], *, claims: bool) -> None:
        self._factory = factory
        self._claims = claims
        self._prefix = f"{uuid4()}/"
        self._open: list[CheckpointStore] = []
        self._claimed: list[tuple[ClaimingCheckpointStore, str]] = []

    def key(self, name: str) -> str:
        """Return a key that no other check uses."""
        return self._prefix + name

    def open(self) -> CheckpointStore:
        """Open the store."""
        store = self._factory()
        if not isinstance(store, CheckpointStore):
            raise AssertionError(f"{type(store).__name__} has no load, save and is_handled")
        if all(store is not other for other in self._open):
            self._open.append(store)
        return store

    def open_claiming(self) -> ClaimingCheckpointStore:
        """Open a store that must have claims."""
        store = self.open()
        if not isinstance(store, ClaimingCheckpointStore):
            raise AssertionError(f"{type(store).__name__} has no claim and release; add them, or pass claims=False")
        return store

    def use(self, store: CheckpointStore, *names: str) -> list[str]:
        """Claim keys as a subscription does, where the store has claims."""
        keys = [self.key(name) for name in names]
        for key in keys:
            if self._claims and isinstance(store, ClaimingCheckpointStore):
                store.claim(key)
                self._claimed.append((store, key))
        return keys

    def open_and_use(self) -> tuple[CheckpointStore, str]:
        """Open the store and claim one key."""
        store = self.open()
        return store, self.use(store, "key")[0]

    def close(self, store: CheckpointStore) -> None:
        """Release the claims and close the store, as a program that ends does."""
        for owner, key in [each for each in self._claimed if each[0] is store]:
            owner.release(key)
            self._claimed.remove((owner, key))
        self.close_abruptly(store)

    def close_abruptly(self, store: CheckpointStore) -> bool:
        """Close the store without releasing claims; return whether it has a `close`."""
        self._claimed = [each for each in self._claimed if each[0] is not store]
        self._open = [other for other in self._open if other is not store]
        close: Callable[[], Any] | None = getattr(store, "close", None)
        if close is not None:
            close()
        return close is not None

    def clear(self) -> None:
        """Close all that is open."""
        for store in tuple(self._open):
            self.close(store)


def expect(
    store: CheckpointStore,
    key: str,
    watermark: int | None,
    *acknowledged: Acknowledgement,
    local_id: int | None = NUMBER,
    witness: UUID | None = None,
) -> None:
    """Check what the store loads."""
    found: object = store.load(key)
    shown = printable(repr(found), 400)
    wanted = Checkpoint(watermark=watermark, local_id=local_id, witness=witness, acknowledged=frozenset(acknowledged))
    if not isinstance(found, Checkpoint):
        raise AssertionError(f"load returned {shown}, not a Checkpoint")
    if not isinstance(found.acknowledged, frozenset):
        raise AssertionError(f"acknowledged is a {type(found.acknowledged).__name__}, not a frozenset")
    entries = [entry for entry in found.acknowledged if isinstance(entry, Acknowledgement)]
    numbers: list[object] = [number for entry in entries for number in (entry.revision, entry.fingerprint)]
    numbers += [number for number in (found.watermark, found.local_id) if number is not None]
    if any(type(number) is not int for number in numbers):
        raise AssertionError(f"a revision or number is not an int in {shown}")
    if found != wanted:
        raise AssertionError(f"load returned {shown}, not {printable(repr(wanted), 400)}")


def in_threads(work: Callable[[int], None]) -> None:
    """Run `work(0)`, `work(1)`, ... in threads that begin at once; raise what the first of them raised."""
    failures: list[BaseException] = []
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        try:
            start.wait(_PATIENCE)
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    if any(thread.is_alive() for thread in threads):
        raise AssertionError(f"a call has not returned within {_PATIENCE:g} s")
    if failures:
        raise failures[0]


@contextmanager
def refused(what: str) -> Generator[None]:
    """Check that the block raises `CheckpointError`."""
    try:
        yield
    except CheckpointError:
        return
    except Exception as error:
        raise AssertionError(f"{what} raised {type(error).__name__} instead of CheckpointError") from error
    raise AssertionError(f"{what} raised no error")
