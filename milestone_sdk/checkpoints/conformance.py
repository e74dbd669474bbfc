"""The checks that a checkpoint store must pass.

They need no test framework, and raise `AssertionError` explicitly, so that they also work with `python -O`.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from ..errors import CheckpointError
from ..models.alarms.checkpoint import Acknowledgement, CheckpointUpdate
from .bench import NUMBER, THREADS, Bench, expect, in_threads, refused
from .store import CheckpointStore, MemoryCheckpointStore

__all__ = ["check_checkpoint_store"]


def check_checkpoint_store(factory: Callable[[], CheckpointStore], *, claims: bool = True) -> None:
    """Check that a checkpoint store does all that a subscription needs. Raises `AssertionError` for what it does not.

    `factory` opens the store: each call must see what was saved through an earlier one, and two may be open at once.
    It returns a new object each time, or always the same one, for example a store in memory. Objects with a `close`
    method are closed. Each run uses new keys, so the store may hold others; what the checks wrote stays in it.

    `claims=False` leaves out the checks of `claim` and `release`, for a store that has neither: then two programs that
    use one key corrupt each other's checkpoints, and you must make sure that they never run at the same time.
    """
    for check in (*_CHECKS_OF_CLAIMS, *_CHECKS_OF_DATA) if claims else _CHECKS_OF_DATA:
        requirement = " ".join((check.__doc__ or "").split()).removesuffix(".")
        bench = Bench(factory, claims=claims)
        try:
            check(bench)
        except Exception as error:
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            raise AssertionError(f"{requirement}: {kind}{error}") from error
        finally:
            bench.clear()


_NOON: Final = 638_000_000_000_000_001
"""Revisions of today have 18 digits; this one is odd, so that no floating-point number can represent it."""
_LAST: Final = 3_155_378_975_999_999_999
"""The last tick of the year 9999."""


def _ack(revision: int, number: int | None = None) -> Acknowledgement:
    return Acknowledgement(revision, UUID(int=revision if number is None else number))


def _update(
    watermark: int, done: Sequence[Acknowledgement] = (), *, local_id: int = NUMBER, forget_before: int = 0
) -> CheckpointUpdate:
    return CheckpointUpdate(watermark=watermark, local_id=local_id, done=done, forget_before=forget_before)


class _Torn(Sequence[Acknowledgement]):
    """Two acknowledgements of which the second cannot be read, so that saving them must fail half-way."""

    def __getitem__(self, index: Any) -> Any:
        if index == 0:
            return _ack(_NOON + 1)
        raise RuntimeError("the second acknowledgement cannot be read")

    def __len__(self) -> int:
        return 2


def _check_unknown(bench: Bench) -> None:
    """A key under which nothing was saved has an empty checkpoint."""
    store, key = bench.open_and_use()
    expect(store, key, None, local_id=None)


def _check_saved(bench: Bench) -> None:
    """What was saved is loaded, immediately and by every opening, and after the store was opened again."""
    (store, key), reader = bench.open_and_use(), bench.open()
    store.save(key, _update(_NOON, [_ack(_NOON), _ack(_NOON - 1)]))
    for each in (store, reader):
        expect(each, key, _NOON, _ack(_NOON), _ack(_NOON - 1))
    bench.close(reader)
    bench.close(store)
    again, key = bench.open_and_use()
    expect(again, key, _NOON, _ack(_NOON), _ack(_NOON - 1))
    again.save(key, _update(_NOON + 1, (_ack(_NOON + 1),)))
    expect(again, key, _NOON + 1, _ack(_NOON), _ack(_NOON - 1), _ack(_NOON + 1))


def _check_repeated(bench: Bench) -> None:
    """Acknowledgements add up, once each however often they are saved, and stay when a save adds none."""
    store, key = bench.open_and_use()
    for done in ([_ack(1)], [_ack(2), _ack(1), _ack(2)], []):
        store.save(key, _update(7, done))
    expect(store, key, 7, _ack(1), _ack(2))


def _check_watermark(bench: Bench) -> None:
    """The watermark is the one saved last, also when that is an earlier one, or 0."""
    store, key = bench.open_and_use()
    for watermark in (_NOON, _NOON - 5, _NOON + 5, 0):
        store.save(key, _update(watermark))
        expect(store, key, watermark)


def _check_local_id(bench: Bench) -> None:
    """The number is the one saved last, also when that is a lower one, 0 or negative."""
    (store, key), reader = bench.open_and_use(), bench.open()
    for number in (NUMBER, NUMBER - 5, 2**31 - 1, 0, -1, -(2**31)):
        store.save(key, _update(1, local_id=number))
        expect(reader, key, 1, local_id=number)


def _check_witness(bench: Bench) -> None:
    """The witness is the one saved last, also when that is none."""
    (store, key), reader = bench.open_and_use(), bench.open()
    for witness in (UUID(int=1), UUID(int=2**128 - 1), None, UUID(int=0)):
        store.save(key, CheckpointUpdate(watermark=1, local_id=NUMBER, witness=witness))
        expect(reader, key, 1, witness=witness)


def _check_forgetting(bench: Bench) -> None:
    """A save drops the acknowledgements of its key that are older than forget_before, and no others."""
    store = bench.open()
    key, other = bench.use(store, "forgetting", "remembering")
    for each in (key, other):
        store.save(each, _update(1, [_ack(1), _ack(2), _ack(3)]))
    store.save(key, _update(3, [_ack(4), _ack(1, number=9)], forget_before=2))
    expect(store, key, 3, _ack(2), _ack(3), _ack(4))
    expect(store, other, 1, _ack(1), _ack(2), _ack(3))
    store.save(key, _update(3, forget_before=_LAST))
    expect(store, key, 3)


def _check_handled(bench: Bench) -> None:
    """An alarm is handled once that was saved for its key, by every opening, and as long as it is remembered."""
    store, reader = bench.open(), bench.open()
    key, other = bench.use(store, "handled", "unhandled")
    alarms = [UUID(int=number) for number in (7, 2**128 - 1, 0, 2**64, 5)]

    def save(*handled: UUID, keep: int = 100_000, into: str = key) -> None:
        store.save(into, CheckpointUpdate(watermark=1, local_id=NUMBER, handled=handled, keep_handled=keep))

    def expect_handled(*handled: UUID) -> None:
        for each in (store, reader):
            if (found := [alarm for alarm in alarms if each.is_handled(key, alarm)]) != list(handled):
                raise AssertionError(f"of {list(map(str, alarms))}, {list(map(str, found))} are handled")

    expect_handled()
    save(*alarms[:3])
    save(alarms[4], into=other)
    save()
    expect_handled(*alarms[:3])
    save(alarms[0], alarms[3], alarms[3])
    expect_handled(*alarms[:4])
    save(keep=1)
    expect_handled(*alarms[:4])
    save(alarms[0], alarms[4], keep=3)
    expect_handled(*alarms[2:])
    if not store.is_handled(other, alarms[4]) or store.is_handled(bench.key("unknown"), alarms[4]):
        raise AssertionError("keys are not kept apart")


def _check_keys(bench: Bench) -> None:
    """Keys are compared exactly, whatever characters they hold."""
    store = bench.open()
    names = ["site", "Site", "site/", "s_te", "s%", "site'--", 'site"', "\u7ad9\u70b9 \U0001f6a8", "n" * 200, "n" * 201]
    keys = bench.use(store, *names)
    for number, key in enumerate(keys):
        store.save(key, _update(number, [_ack(number)], local_id=number, forget_before=number))
    for number, key in enumerate(keys):
        expect(store, key, number, _ack(number), local_id=number)


def _check_sizes(bench: Bench) -> None:
    """Revisions of 62 bits, ids of 128 and fingerprints of 32 survive to the last bit, and each makes a difference."""
    store, key = bench.open_and_use()
    ids = (0, 1, 2**64, 2**127 + 1, 2**128 - 1)
    done = [_ack(revision, number) for revision in (0, 2**31, _NOON, _NOON + 1, _LAST) for number in ids]
    done += [Acknowledgement(_NOON, UUID(int=1), mark) for mark in (1, 2**31, 2**32 - 1)]
    store.save(key, _update(_LAST, done))
    expect(store, key, _LAST, *done)


def _check_many(bench: Bench) -> None:
    """Thousands of acknowledgements fit into one save."""
    store, key = bench.open_and_use()
    done = [_ack(_NOON + number) for number in range(5_000)]
    store.save(key, _update(_NOON, done))
    expect(store, key, _NOON, *done)


def _check_atomicity(bench: Bench) -> None:
    """A save that fails changes nothing, and the next one works."""
    (store, key), reader = bench.open_and_use(), bench.open()
    store.save(key, _update(1, [_ack(1)]))
    beyond = [_ack(_NOON + 1), _ack(2**70)]
    for done in (_Torn(), beyond):
        try:
            store.save(key, _update(_NOON, done, local_id=NUMBER + 1, forget_before=2))
        except Exception:
            for each in (store, reader):
                expect(each, key, 1, _ack(1))
        else:
            if done is not beyond:
                raise AssertionError("an acknowledgement that cannot be read was ignored")
            expect(store, key, _NOON, *beyond, local_id=NUMBER + 1)
            store.save(key, _update(1, [_ack(1)], forget_before=2**71))
            store.save(key, _update(1, [_ack(1)]))
    store.save(key, _update(2, [_ack(2)]))
    expect(reader, key, 2, _ack(1), _ack(2))


def _check_history(bench: Bench) -> None:
    """Whatever is saved in whatever order, what is loaded is what MemoryCheckpointStore would load."""
    dice = random.Random(4)
    model = MemoryCheckpointStore()
    for _ in range(3):
        store = bench.open()
        keys = bench.use(store, "one", "two", "three")
        for _ in range(20):
            key = dice.choice(keys)
            done = [_ack(dice.randrange(50), dice.randrange(3)) for _ in range(dice.randrange(4))]
            watermark, local_id = dice.randrange(50), dice.randrange(50)
            forget_before = dice.choice([0, 0, dice.randrange(50)])
            for each in (store, model):
                each.save(key, _update(watermark, done, local_id=local_id, forget_before=forget_before))
            for key in keys:
                wanted = model.load(key)
                expect(store, key, wanted.watermark, *wanted.acknowledged, local_id=wanted.local_id)
        bench.close(store)


def _check_threads(bench: Bench) -> None:
    """Several threads may use a store at once, each for its own key, and so may two openings of it."""
    stores = [bench.open(), bench.open()]
    keys = [bench.use(stores[number % 2], f"thread{number}")[0] for number in range(THREADS)]

    def work(number: int) -> None:
        store, done = stores[number % 2], list[Acknowledgement]()
        for step in range(15):
            done.append(_ack(100 * number + step))
            store.save(keys[number], _update(step, done[-1:], local_id=-step))
            expect(store, keys[number], step, *done, local_id=-step)

    in_threads(work)


def _check_claimed_twice(bench: Bench) -> None:
    """A key that is claimed cannot be claimed again, by the same store or another; other keys can."""
    one, two = bench.open_claiming(), bench.open_claiming()
    key, other = bench.key("claimed"), bench.key("other")
    one.claim(key)
    with refused("a second claim by the same store"):
        one.claim(key)
    with refused("a second claim by another opening of the store"):
        two.claim(key)
    two.claim(other)
    with refused("the claim of a key that the other opening holds"):
        one.claim(other)


def _check_released(bench: Bench) -> None:
    """A claim ends with release by the store that holds it, and not before."""
    one, two = bench.open_claiming(), bench.open_claiming()
    key = bench.key("released")
    one.release(key)
    one.claim(key)
    if two is not one:
        two.release(key)
        with refused("a claim after another opening had called release"):
            two.claim(key)
    one.release(key)
    one.release(key)
    two.claim(key)
    with refused("a claim of what was released and claimed by another"):
        one.claim(key)
    two.release(key)
    one.claim(key)


def _check_closed(bench: Bench) -> None:
    """A claim ends when its store is closed."""
    one, key = bench.open_claiming(), bench.key("closed")
    one.claim(key)
    if bench.close_abruptly(one):
        bench.open_claiming().claim(key)


def _check_untouched(bench: Bench) -> None:
    """Claims and releases do not change what is saved."""
    store, key = bench.open_claiming(), bench.key("untouched")
    store.claim(key)
    expect(store, key, None, local_id=None)
    store.save(key, _update(_NOON, [_ack(_NOON)]))
    store.release(key)
    expect(store, key, _NOON, _ack(_NOON))
    store.claim(key)
    expect(store, key, _NOON, _ack(_NOON))


def _check_claim_races(bench: Bench) -> None:
    """Of several that claim a key at the same time, one gets it."""
    stores = [bench.open_claiming() for _ in range(THREADS)]
    for attempt in range(5):
        key, winners = bench.key(f"race{attempt}"), list[int]()

        def work(number: int, key: str = key, winners: list[int] = winners) -> None:
            try:
                stores[number].claim(key)
            except CheckpointError:
                return
            winners.append(number)

        in_threads(work)
        if len(winners) != 1:
            raise AssertionError(f"{len(winners)} of {THREADS} got it")


_CHECKS_OF_CLAIMS: Final = (_check_claimed_twice, _check_released, _check_closed, _check_untouched, _check_claim_races)
_CHECKS_OF_DATA: Final = (
    *(_check_unknown, _check_saved, _check_repeated, _check_watermark, _check_local_id, _check_witness),
    *(_check_forgetting, _check_handled, _check_keys, _check_sizes, _check_many),
    *(_check_atomicity, _check_history, _check_threads),
)
