"""Where a subscription remembers which alarms are done, so that no restart loses one.

A store is handed to `site.alarms.subscribe(checkpoints=...)`. It may be your own database: then the alarm's effect and
its checkpoint can be one transaction. `milestone_sdk.testing.check_checkpoint_store` tells whether a store of your own
does what it must.
"""

from .store import (
    Acknowledgement,
    Checkpoint,
    CheckpointStore,
    CheckpointUpdate,
    ClaimingCheckpointStore,
    MemoryCheckpointStore,
    SqliteCheckpointStore,
)

__all__ = [
    "Acknowledgement",
    "Checkpoint",
    "CheckpointStore",
    "CheckpointUpdate",
    "ClaimingCheckpointStore",
    "MemoryCheckpointStore",
    "SqliteCheckpointStore",
]
