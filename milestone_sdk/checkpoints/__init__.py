"""Checkpoints: which alarms of a subscription are done, kept so that a restart loses none.

Pass a store to `site.alarms.subscribe(checkpoints=...)`. It may be your own database: then the effect of an alarm and
its checkpoint can be one transaction. `milestone_sdk.testing.check_checkpoint_store` tests a store of your own.
"""

from ..models.alarms.checkpoint import Acknowledgement, Checkpoint, CheckpointUpdate
from .sqlite import SqliteCheckpointStore
from .store import CheckpointStore, ClaimingCheckpointStore, MemoryCheckpointStore

__all__ = [
    "Acknowledgement",
    "Checkpoint",
    "CheckpointStore",
    "CheckpointUpdate",
    "ClaimingCheckpointStore",
    "MemoryCheckpointStore",
    "SqliteCheckpointStore",
]
