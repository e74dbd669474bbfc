"""The conformance suite for checkpoint stores finds what is wrong with a store."""

import importlib.util
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from milestone_sdk import (
    Acknowledgement,
    Checkpoint,
    CheckpointError,
    CheckpointUpdate,
    MemoryCheckpointStore,
    SqliteCheckpointStore,
)
from milestone_sdk.testing import check_checkpoint_store

Done = Sequence[Acknowledgement]


@dataclass
class Disk:
    """What the stores below write to, and what outlives them."""

    watermarks: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    witnesses: dict[str, UUID | None] = field(default_factory=dict)
    acknowledged: dict[str, set[Acknowledgement]] = field(default_factory=dict)
    handled: dict[str, list[UUID]] = field(default_factory=dict)
    owners: dict[str, object] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Store:
    """A store that does all it must; each of those below is wrong in one thing."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    def load(self, key: str) -> Checkpoint:
        with self.disk.lock:
            done = frozenset(self.disk.acknowledged.get(key, ()))
            watermark, number = self.disk.watermarks.get(key), self.disk.numbers.get(key)
            witness = self.disk.witnesses.get(key)
            return Checkpoint(watermark=watermark, local_id=number, witness=witness, acknowledged=done)

    def save(self, key: str, update: CheckpointUpdate) -> None:
        done = list(update.done)
        with self.disk.lock:
            known = self.disk.acknowledged.get(key, set()).union(done)
            self.disk.watermarks[key] = update.watermark
            self.disk.numbers[key] = update.local_id
            self.disk.witnesses[key] = update.witness
            self.disk.acknowledged[key] = {each for each in known if each.revision >= update.forget_before}
            if update.handled:
                handled = dict.fromkeys([*self.disk.handled.get(key, ()), *update.handled])
                self.disk.handled[key] = list(handled)[-update.keep_handled :]

    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        with self.disk.lock:
            return alarm_id in self.disk.handled.get(key, ())

    def claim(self, key: str) -> None:
        with self.disk.lock:
            if self.disk.owners.setdefault(key, self) is not self or key in vars(self).setdefault("mine", set()):
                raise CheckpointError(f"{key} is in use")
            vars(self)["mine"].add(key)

    def release(self, key: str) -> None:
        with self.disk.lock:
            if self.disk.owners.get(key) is self:
                del self.disk.owners[key]
                vars(self)["mine"].discard(key)

    def close(self) -> None:
        for key, owner in list(self.disk.owners.items()):
            if owner is self:
                self.release(key)


class ForgetsWhenClosed(Store):
    def __init__(self, disk: Disk) -> None:
        super().__init__(Disk(owners=disk.owners, lock=disk.lock))


class WritesWhenClosed(Store):
    def __init__(self, disk: Disk) -> None:
        super().__init__(disk)
        self.unwritten: dict[str, Checkpoint] = {}

    def load(self, key: str) -> Checkpoint:
        return self.unwritten.get(key) or super().load(key)

    def save(self, key: str, update: CheckpointUpdate) -> None:
        known = self.load(key).acknowledged.union(update.done)
        kept = frozenset(each for each in known if each.revision >= update.forget_before)
        self.unwritten[key] = Checkpoint(watermark=update.watermark, local_id=update.local_id, acknowledged=kept)

    def close(self) -> None:
        for key, checkpoint in self.unwritten.items():
            assert checkpoint.watermark is not None
            assert checkpoint.local_id is not None
            done = list(checkpoint.acknowledged)
            super().save(
                key,
                CheckpointUpdate(
                    watermark=checkpoint.watermark, local_id=checkpoint.local_id, done=done, forget_before=0
                ),
            )
        super().close()


class KnowsNoUnknownKey(Store):
    def load(self, key: str) -> Checkpoint:
        if key not in self.disk.watermarks:
            raise KeyError(key)
        return super().load(key)


class LoadsNothing(Store):
    def load(self, key: str) -> Checkpoint:
        return super().load(key) if key in self.disk.watermarks else None  # type: ignore[return-value]


class StartsAtZero(Store):
    def load(self, key: str) -> Checkpoint:
        found = super().load(key)
        return Checkpoint(watermark=found.watermark or 0, local_id=found.local_id, acknowledged=found.acknowledged)


class TakesZeroForNothing(Store):
    def load(self, key: str) -> Checkpoint:
        found = super().load(key)
        return Checkpoint(watermark=found.watermark or None, local_id=found.local_id, acknowledged=found.acknowledged)


class LoadsASet(Store):
    def load(self, key: str) -> Checkpoint:
        found = super().load(key)
        return Checkpoint(watermark=found.watermark, local_id=found.local_id, acknowledged=set(found.acknowledged))  # type: ignore[arg-type]


class LoadsFloats(Store):
    def load(self, key: str) -> Checkpoint:
        found = super().load(key)
        watermark: Any = None if found.watermark is None else float(found.watermark)
        return Checkpoint(watermark=watermark, local_id=found.local_id, acknowledged=found.acknowledged)


class RoundsRevisions(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        rounded = [Acknowledgement(int(float(each.revision)), each.id) for each in update.done]
        super().save(key, evolve(update, done=rounded))


class ReplacesAcknowledgements(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        self.disk.acknowledged.pop(key, None)
        super().save(key, update)


class EmptyDoneResets(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        if not update.done:
            self.disk.acknowledged.pop(key, None)
        super().save(key, update)


class EmptyDoneIsSkipped(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        if update.done:
            super().save(key, update)


class RefusesDuplicates(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        if self.load(key).acknowledged.intersection(update.done):
            raise CheckpointError("UNIQUE constraint failed")
        super().save(key, update)


class WatermarkNeverGoesBack(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        watermark = max(update.watermark, self.load(key).watermark or 0)
        super().save(key, evolve(update, watermark=watermark))


class KnowsNoNumber(Store):
    def load(self, key: str) -> Checkpoint:
        found = super().load(key)
        return Checkpoint(watermark=found.watermark, acknowledged=found.acknowledged)


class NumberNeverGoesBack(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        local_id = max(update.local_id, self.load(key).local_id or 0)
        super().save(key, evolve(update, local_id=local_id))


class CutsNumbers(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key, evolve(update, local_id=update.local_id & 0xFFFF))


class NeverForgets(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key, evolve(update, forget_before=0))


class ForgetsOneTooMany(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key, evolve(update, forget_before=update.forget_before + 1))


class ForgetsBeforeItAdds(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key, evolve(update, done=[]))
        super().save(key, evolve(update, forget_before=0))


class ForgetsForAllKeys(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key, update)
        for known in self.disk.acknowledged.values():
            known.difference_update([each for each in known if each.revision < update.forget_before])


class KnowsNoHandledAlarm(Store):
    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        return False


class TakesEveryAlarmForHandled(Store):
    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        return any(alarm_id in handled for handled in self.disk.handled.values())


class RemembersHandledAlarmsForever(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key, evolve(update, keep_handled=1_000_000))


class ForgetsByTheLastMention(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        older = [each for each in self.disk.handled.get(key, ()) if each not in update.handled]
        if update.handled:
            self.disk.handled[key] = older
        super().save(key, update)


class TakesUpperForLowerCase(Store):
    def load(self, key: str) -> Checkpoint:
        return super().load(key.lower())

    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key.lower(), update)


class CutsKeys(Store):
    def load(self, key: str) -> Checkpoint:
        return super().load(key[:200])

    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key[:200], update)


class CutsIds(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        cut = [Acknowledgement(each.revision, UUID(int=each.id.int % 2**64)) for each in update.done]
        super().save(key, evolve(update, done=cut))


class KeepsNoFingerprints(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        cut = [evolve(each, fingerprint=0) for each in update.done]
        super().save(key, evolve(update, done=cut))


class KeepsTheFirstWitness(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        super().save(key, evolve(update, witness=self.disk.witnesses.get(key) or update.witness))


class KeepsOneStateOfAnAlarm(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        newest = {each.id: each for each in sorted(self.load(key).acknowledged.union(update.done))}
        self.disk.acknowledged[key] = set()
        super().save(key, evolve(update, done=list(newest.values())))


class KeepsOneAlarmOfAMoment(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        first = {each.revision: each for each in update.done}
        super().save(key, evolve(update, done=list(first.values())))


class HasTooManyVariables(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        if len(update.done) > 999:
            raise CheckpointError("too many SQL variables")
        super().save(key, update)


class WritesTheWatermarkFirst(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        self.disk.watermarks[key] = update.watermark
        super().save(key, update)


class WritesOneByOne(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        for each in update.done:
            self.disk.acknowledged.setdefault(key, set()).add(each)
        super().save(key, evolve(update, done=[]))


class CommitsEachStatement(Store):
    """Reads everything before it writes, but what the database refuses comes after what it took."""

    def save(self, key: str, update: CheckpointUpdate) -> None:
        for each in list(update.done):
            if each.revision >= 2**63:
                raise CheckpointError("out of range")
            self.disk.acknowledged.setdefault(key, set()).add(each)
        super().save(key, evolve(update, done=[]))


class PassesOverWhatItCannotRead(Store):
    def save(self, key: str, update: CheckpointUpdate) -> None:
        readable: list[Acknowledgement] = []
        try:
            readable.extend(update.done)
        except RuntimeError:
            readable = []
        super().save(key, evolve(update, done=readable))


class StaysBrokenAfterAFailure(Store):
    failed = False

    def save(self, key: str, update: CheckpointUpdate) -> None:
        if self.failed:
            raise CheckpointError("the transaction is aborted")
        self.failed = True
        super().save(key, update)
        self.failed = False


class BelongsToOneThread(Store):
    def __init__(self, disk: Disk) -> None:
        super().__init__(disk)
        self.thread = threading.get_ident()

    def save(self, key: str, update: CheckpointUpdate) -> None:
        if threading.get_ident() != self.thread:
            raise CheckpointError("objects created in a thread can only be used in that same thread")
        super().save(key, update)


class MixesThreads(Store):
    """Shares one variable between calls, as one cursor or one transaction would be."""

    def save(self, key: str, update: CheckpointUpdate) -> None:
        vars(self.disk)["current"] = key
        time.sleep(0.001)
        key = vars(self.disk)["current"]
        super().save(key, update)


class ClaimsForOthersOnly(Store):
    def claim(self, key: str) -> None:
        with self.disk.lock:
            if self.disk.owners.setdefault(key, self) is not self:
                raise CheckpointError(f"{key} is in use")
            vars(self).setdefault("mine", set()).add(key)


class ClaimsForItselfOnly(Store):
    def __init__(self, disk: Disk) -> None:
        super().__init__(Disk(disk.watermarks, disk.numbers, disk.acknowledged, lock=disk.lock))


class ClaimsNothing(Store):
    def claim(self, key: str) -> None:
        pass


class ClaimsEverything(Store):
    def claim(self, key: str) -> None:
        super().claim("all")

    def release(self, key: str) -> None:
        super().release("all")


class ClaimRaisesItsOwnError(Store):
    def claim(self, key: str) -> None:
        try:
            super().claim(key)
        except CheckpointError as error:
            raise RuntimeError(str(error)) from error


class ReleasesNothing(Store):
    def release(self, key: str) -> None:
        pass


class ReleasesOthersClaims(Store):
    def release(self, key: str) -> None:
        owner = self.disk.owners.pop(key, None)
        if owner is not None:
            vars(owner)["mine"].discard(key)


class ReleaseWantsAClaim(Store):
    def release(self, key: str) -> None:
        if self.disk.owners.get(key) is not self:
            raise CheckpointError(f"{key} is not claimed")
        super().release(key)


class KeepsClaimsWhenClosed(Store):
    def close(self) -> None:
        pass


class ClaimResets(Store):
    def claim(self, key: str) -> None:
        super().claim(key)
        self.disk.acknowledged.pop(key, None)


class ClaimSavesZero(Store):
    def claim(self, key: str) -> None:
        super().claim(key)
        self.disk.watermarks.setdefault(key, 0)


class ClaimLooksThenTakes(Store):
    def claim(self, key: str) -> None:
        if key in self.disk.owners:
            raise CheckpointError(f"{key} is in use")
        time.sleep(0.02)
        self.disk.owners[key] = self
        vars(self).setdefault("mine", set()).add(key)


WRONG: dict[type[Store], str] = {
    ForgetsWhenClosed: "by every opening",
    WritesWhenClosed: "by every opening",
    KnowsNoUnknownKey: "KeyError",
    LoadsNothing: "not a Checkpoint",
    StartsAtZero: "watermark=0",
    TakesZeroForNothing: "or 0",
    LoadsASet: "not a frozenset",
    LoadsFloats: "not an int",
    RoundsRevisions: "load returned",
    ReplacesAcknowledgements: "after the store was opened again",
    EmptyDoneResets: "stay when a save adds none",
    EmptyDoneIsSkipped: "watermark",
    RefusesDuplicates: "however often",
    WatermarkNeverGoesBack: "an earlier one",
    KnowsNoNumber: "local_id",
    NumberNeverGoesBack: "The number is the one saved last",
    CutsNumbers: "The number is the one saved last",
    KnowsNoHandledAlarm: "handled once that was saved",
    TakesEveryAlarmForHandled: "for its key",
    RemembersHandledAlarmsForever: "as long as it is remembered",
    ForgetsByTheLastMention: "as long as it is remembered",
    NeverForgets: "older than forget_before",
    ForgetsOneTooMany: "and no others",
    ForgetsBeforeItAdds: "older than forget_before",
    ForgetsForAllKeys: "of its key",
    TakesUpperForLowerCase: "compared exactly",
    CutsKeys: "compared exactly",
    CutsIds: "to the last bit",
    KeepsNoFingerprints: "each makes a difference",
    KeepsTheFirstWitness: "witness is the one saved last",
    KeepsOneStateOfAnAlarm: "each makes a difference",
    KeepsOneAlarmOfAMoment: "each makes a difference",
    HasTooManyVariables: "Thousands",
    WritesTheWatermarkFirst: "changes nothing",
    WritesOneByOne: "changes nothing",
    CommitsEachStatement: "changes nothing",
    PassesOverWhatItCannotRead: "was ignored",
    StaysBrokenAfterAFailure: "next one works",
    BelongsToOneThread: "Several threads",
    MixesThreads: "Several threads",
    ClaimsForOthersOnly: "by the same store",
    ClaimsForItselfOnly: "by another opening",
    ClaimsNothing: "cannot be claimed again",
    ClaimsEverything: "other keys can",
    ClaimRaisesItsOwnError: "raised RuntimeError instead of CheckpointError",
    ReleasesNothing: "ends with release",
    ReleasesOthersClaims: "after another opening had called release",
    ReleaseWantsAClaim: "ends with release",
    KeepsClaimsWhenClosed: "ends when its store is closed",
    ClaimResets: "do not change what is saved",
    ClaimSavesZero: "do not change what is saved",
    ClaimLooksThenTakes: "one gets it",
}


def opening(store: Callable[[Disk], Store]) -> Callable[[], Store]:
    disk = Disk()
    return lambda: store(disk)


def test_a_right_store_passes() -> None:
    check_checkpoint_store(opening(Store))


@pytest.mark.parametrize("store", WRONG, ids=lambda store: str(store.__name__))
def test_a_wrong_store_is_caught(store: type[Store]) -> None:
    with pytest.raises(AssertionError, match=WRONG[store]):
        check_checkpoint_store(opening(store))


def test_no_wrong_store_is_left_out() -> None:
    assert set(WRONG) == {each for each in Store.__subclasses__() if "<locals>" not in each.__qualname__}


def test_the_librarys_own_stores_pass(tmp_path: Path) -> None:
    memory = MemoryCheckpointStore()
    check_checkpoint_store(lambda: memory)
    check_checkpoint_store(lambda: SqliteCheckpointStore(tmp_path / "arc.db"))


def test_the_example_of_a_store_of_ones_own_passes(tmp_path: Path) -> None:
    """It has no claims, and says so."""
    path = Path(__file__).parents[2] / "examples" / "own_checkpoints.py"
    spec = importlib.util.spec_from_file_location("own_checkpoints", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    opened: list[sqlite3.Connection] = []

    def opening() -> Any:
        opened.append(sqlite3.connect(tmp_path / "incidents.db", check_same_thread=False))
        opened[-1].executescript(example.TABLES)
        return example.OwnCheckpoints(opened[-1])

    try:
        check_checkpoint_store(opening, claims=False)
    finally:
        for database in opened:
            database.close()


def test_the_suite_may_run_again_on_what_it_left(tmp_path: Path) -> None:
    for _ in range(2):
        check_checkpoint_store(lambda: SqliteCheckpointStore(tmp_path / "arc.db"))


class Bare:
    """Only what a store must have."""

    def __init__(self, store: Store) -> None:
        self.load = store.load
        self.save = store.save
        self.is_handled = store.is_handled


def test_a_store_without_claims_passes_if_that_is_meant() -> None:
    disk = Disk()
    with pytest.raises(AssertionError, match="Bare has no claim and release; add them, or pass claims=False"):
        check_checkpoint_store(lambda: Bare(Store(disk)))
    check_checkpoint_store(lambda: Bare(Store(disk)), claims=False)


def test_what_is_wrong_with_the_data_is_found_without_claims() -> None:
    disk = Disk()
    with pytest.raises(AssertionError, match="an earlier one"):
        check_checkpoint_store(lambda: Bare(WatermarkNeverGoesBack(disk)), claims=False)


def test_what_is_no_store_is_told() -> None:
    with pytest.raises(AssertionError, match="dict has no load, save and is_handled"):
        check_checkpoint_store(dict, claims=False)  # type: ignore[arg-type]


def test_every_store_that_was_opened_is_closed() -> None:
    disk, opened, closed = Disk(), list[Store](), list[Store]()

    class Counted(Store):
        def __init__(self) -> None:
            super().__init__(disk)
            opened.append(self)

        def close(self) -> None:
            closed.append(self)
            super().close()

    check_checkpoint_store(Counted)
    assert sorted(map(id, opened)) == sorted(map(id, closed))
    assert not disk.owners
