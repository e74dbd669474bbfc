"""How far a subscription is: what a checkpoint store keeps."""

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from ..model import Model

__all__ = ["Acknowledgement", "Checkpoint", "CheckpointUpdate"]


@frozen(order=True)
class Acknowledgement(Model):
    """One state of one alarm that its receiver is done with: the three parts of `AlarmLine.key`.

    `revision` is the server's `Modified` in .NET ticks. `fingerprint` separates states with the same `Modified`.
    """

    revision: int
    id: UUID
    fingerprint: int = 0


@frozen(kw_only=True, repr=False)
class Checkpoint(Model):
    """Up to where a subscription is done.

    Every alarm that was delivered with a revision below `watermark` is done; of those at or near it, the ones in
    `acknowledged`. `None` as watermark means that nothing has been followed yet.

    Alarms are also numbered: those with a `LocalId` up to `local_id` are done or were last changed near the watermark
    or after it, whatever the server's clock did. `None` means that no number is known. `witness` is the id of the alarm
    with the highest number known: if it is gone at the next start, the server has removed alarms.
    """

    watermark: int | None = None
    local_id: int | None = None
    witness: UUID | None = None
    acknowledged: frozenset[Acknowledgement] = frozenset()


@frozen(kw_only=True, repr=False)
class CheckpointUpdate(Model):
    """One change of a checkpoint, to be stored whole or not at all.

    Set `watermark` and `local_id`, which may also become lower, and `witness`, which may become `None`. Add `done`,
    then drop every acknowledgement with a revision below `forget_before`, those in `done` included.

    `handled` are alarms whose receiver took one of their states. Remember each from its first mention on, and forget
    those mentioned first longest ago until at most `keep_handled` are left.
    """

    watermark: int
    local_id: int
    witness: UUID | None = None
    done: Sequence[Acknowledgement] = ()
    forget_before: int = 0
    handled: Sequence[UUID] = ()
    keep_handled: int = 100_000
