"""Check all clients of a receiving centre side by side, and what only all of them together show."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import field, frozen

from .._arguments import check_count
from .._async.client import AsyncClient
from ..errors import MilestoneError
from ..models import Finding, SiteFacts, Status
from ..releases import fleet_report
from ..trust import Trust
from .checks import checks
from .compatibility import client_files_dir, task_files_dir
from .recordfile import PatriotRecords
from .records import ClientRecord

__all__ = ["check_records"]

_TASK: Final = "Milestone task"


@frozen
class _Server:
    """A check that makes no finding, and keeps the version of the server."""

    name: str = "server"
    versions: list[str] = field(factory=list[str])

    def __call__(self, facts: SiteFacts) -> tuple[Finding, ...]:
        self.versions[:] = [facts.info.version] if facts.info is not None else []
        return ()


async def check_records(
    records: PatriotRecords, *, concurrency: int = 8, deadline: float = 10.0
) -> dict[str, tuple[Finding, ...]]:
    """Diagnose the sites of all clients of the type Milestone, and compare them with their records.

    Returns the findings by client number, in the order of the records; those of the task and of all clients together
    have the key `""` and come first. At most `concurrency` sites are diagnosed at the same time; `deadline` is that of
    `AsyncClient.diagnose`. A site that does not answer is a finding, and does not stop another.
    """
    check_count("concurrency", concurrency)
    slots = asyncio.Semaphore(concurrency)
    clients = records.milestone_clients
    servers = [_Server() for _ in clients]

    async def check(client: ClientRecord, server: _Server) -> tuple[Finding, ...]:
        async with slots:
            return await _check(client, server, records.client_files, deadline)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(check(*each)) for each in zip(clients, servers, strict=True)]
    versions = {
        f"client {client.client_no}": version
        for client, server in zip(clients, servers, strict=True)
        for version in server.versions
    }
    found = {"": (*_by_hand(records), *_to_run(records), *_mixed_versions(versions), *_shared_servers(clients))}
    return found | {client.client_no: task.result() for client, task in zip(clients, tasks, strict=True)}


async def _check(
    client: ClientRecord, server: _Server, client_files: str | None, deadline: float
) -> tuple[Finding, ...]:
    where = f"client {client.client_no}"
    assert client.credentials is not None  # the records were refused without them
    try:
        site = AsyncClient(str(client.location), client.credentials, trust=client.trust or Trust.system())
        try:
            return await site.diagnose(server, *checks(client, client_files=client_files), deadline=deadline)
        finally:
            await site.aclose()
    except MilestoneError as error:
        what = f"the site could not be checked: {error.message}"
        return (Finding(status=Status.ERROR, check="patriot: site", where=where, what=what, remedy=error.hint),)


def _task(status: Status, check: str, what: str, remedy: str | None = None) -> Finding:
    return Finding(status=status, check=f"patriot: {check}", where=_TASK, what=what, remedy=remedy)


def _by_hand(records: PatriotRecords) -> Iterator[Finding]:
    """Report what Patriot needs and what cannot be seen from here."""
    licence = "whether Patriot is licensed for the Milestone module cannot be seen from here"
    yield _task(Status.WARNING, "licence", licence, "check the licence in Patriot")
    host = records.task.computer or "the computer that hosts the task"
    folders = rf"check ...\{task_files_dir()} on {host}"
    if records.client_files:
        folders += rf" and ...\{client_files_dir(records.client_files)} on each workstation that shows video"
    else:
        folders += ", and write client_files = their release, to see which folder each workstation needs"
    installed = "whether the Milestone client files are installed cannot be seen from here"
    yield _task(Status.WARNING, "client files", installed, folders)


def _to_run(records: PatriotRecords) -> Iterator[Finding]:
    """Report what the task lacks to receive alarms."""
    if not any(client.event_reporting for client in records.milestone_clients):
        what = "no client has event reporting: no alarm is received"
        yield _task(Status.WARNING, "task", what, "leave event_reporting out, or set it to true")
    if not records.sinks:
        yield _task(Status.ERROR, "task", "no sink is given: signals would go nowhere", "write [[sinks]]")
    if records.checkpoints is None:
        what = "no checkpoint file is given: a restart would not know which alarms were handed over"
        yield _task(Status.ERROR, "task", what, 'write checkpoints = "checkpoints.db"')
    for path in _files(records):
        if not path.parent.is_dir():
            what = f"{path} cannot be written: its folder does not exist"
            yield _task(Status.ERROR, "files", what, "make the folder, or name another one")


def _files(records: PatriotRecords) -> Iterator[Path]:
    """Yield the files that the task writes to."""
    paths = [records.checkpoints, *(sink.parameters["path"] for sink in records.sinks if sink.type == "jsonlines")]
    return (Path(path).absolute() for path in paths if path is not None)


def _mixed_versions(versions: dict[str, str]) -> Iterator[Finding]:
    report = fleet_report(versions)
    if report.warning:
        by_release = "; ".join(f"{release}: {', '.join(names[:5])}" for release, names in report.servers.items())
        what, _, remedy = report.warning.partition(": ")
        yield _task(Status.WARNING, "versions", f"{what}: {by_release}", remedy)
    elif versions:
        (release,) = report.servers
        yield _task(Status.OK, "versions", f"the {len(versions)} servers that answered run {release}")


def _shared_servers(clients: Iterable[ClientRecord]) -> Iterator[Finding]:
    """Report servers of several clients: an alarm is logged under each of them."""
    by_server: defaultdict[str, list[str]] = defaultdict(list)
    for client in clients:
        if client.event_reporting:
            by_server[str(client.location)].append(client.client_no)
    for location, numbers in by_server.items():
        if len(numbers) > 1:
            yield _task(
                Status.WARNING,
                "servers",
                f"{location} reports alarms to several clients: {', '.join(numbers[:20])}",
                "have one server for each client, or set event_reporting = false for all but one",
            )
