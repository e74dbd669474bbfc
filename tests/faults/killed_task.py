"""A Milestone task over many sites, in a process that may be killed."""

import asyncio
from pathlib import Path

from attrs import frozen

from milestone_sdk import BasicUser, SqliteCheckpointStore, Trust
from milestone_sdk.patriot import ClientRecord, MilestoneTask

from .checked_site import FastClock
from .signal_receiver import TcpSink

__all__ = ["TaskOrder", "receive"]

_SPEED = 4.0
"""How much faster the task's clock runs."""


@frozen
class TaskOrder:
    """What the program needs to know; crosses into its process."""

    locations: tuple[str, ...]
    username: str
    password: str
    ca_files: tuple[str, ...]
    port: int
    checkpoints: Path

    @property
    def clients(self) -> list[ClientRecord]:
        return [
            ClientRecord(
                client_no=str(number),
                location=location,
                credentials=BasicUser(self.username, self.password),
                trust=Trust.ca_file(ca_file),
                kind="standard",
            )
            for number, (location, ca_file) in enumerate(zip(self.locations, self.ca_files, strict=True))
        ]


def receive(order: TaskOrder) -> None:
    """Receive the alarms of all sites, forever."""
    asyncio.run(_receive(order))


async def _receive(order: TaskOrder) -> None:
    with SqliteCheckpointStore(order.checkpoints) as store:
        task = MilestoneTask(
            order.clients,
            TcpSink(order.port),
            checkpoints=store,
            interval=0.5 * _SPEED,
            link_timeout=5.0 * _SPEED,
            queue=20,
            starts_per_second=20.0 / _SPEED,  # the first sites make signals while the last ones log in
            tries_per_server=100.0,
            refused_interval=1.0,
            clock=FastClock(_SPEED),
        )
        await task.run()
