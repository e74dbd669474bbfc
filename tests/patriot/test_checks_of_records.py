"""All clients of a receiving centre are checked side by side, against simulated sites."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from milestone_sdk import BasicUser, ConfigurationError, Finding, Status, Trust
from milestone_sdk.patriot import ClientRecord, PatriotRecords, SinkRecord, TaskRecord, Zone, check_records
from milestone_sdk.simulator import Simulator, example_site, interconnect_site


@pytest.fixture(scope="module")
def sims() -> Iterator[dict[str, Simulator]]:
    with ExitStack() as stack:
        yield {
            "old": stack.enter_context(Simulator(example_site(), release="2021R1")),
            "new": stack.enter_context(Simulator(example_site(), release="2022R2")),
            "central": stack.enter_context(Simulator(interconnect_site(), release="2022R2")),
        }


def client(sim: Simulator, number: str, **settings: Any) -> ClientRecord:
    return ClientRecord(
        client_no=number,
        location=sim.url,
        credentials=BasicUser(sim.username, sim.password),
        trust=Trust.ca_file(sim.ca_file),
        template="Milestone Template",
        **settings,
    )


def check(*clients: ClientRecord, concurrency: int = 8, **more: Any) -> dict[str, tuple[Finding, ...]]:
    return asyncio.run(check_records(PatriotRecords(clients=clients, **more), concurrency=concurrency))


def of(findings: tuple[Finding, ...], check: str) -> list[Finding]:
    return [finding for finding in findings if finding.check == f"patriot: {check}"]


@pytest.mark.requirement(7)
def test_r7_servers_of_mixed_versions_give_a_warning_with_both_remedies(sims: dict[str, Simulator]) -> None:
    found = check(client(sims["old"], "1"), client(sims["new"], "2"))
    (mixed,) = of(found[""], "versions")
    assert mixed.status is Status.WARNING
    assert "2021 R1: client 1; 2022 R2: client 2" in mixed.what
    assert "one version" in (mixed.remedy or "")
    assert "Interconnection Server" in (mixed.remedy or "")
    (uniform,) = of(check(client(sims["new"], "2"))[""], "versions")
    assert uniform.ok


@pytest.mark.requirement(6)
def test_r6_client_files_that_are_older_than_a_server(sims: dict[str, Simulator]) -> None:
    found = check(client(sims["old"], "1"), client(sims["new"], "2"), client_files="2022 R1")
    (old,), (new,) = of(found["1"], "client files"), of(found["2"], "client files")
    assert old.ok
    assert new.status is Status.WARNING
    assert "not assured" in new.what


@pytest.mark.requirement(2, 3, 4)
def test_r2_r3_and_r4_what_cannot_be_seen_is_to_be_checked_by_hand() -> None:
    task = TaskRecord(computer="ARC-TASKS-1")
    found = check(task=task, client_files="2022 R2")[""]
    (licence,), (files,) = of(found, "licence"), of(found, "client files")
    assert licence.status is Status.WARNING
    assert "Milestone module" in licence.what
    assert r"...\Patriot Task Service on ARC-TASKS-1" in (files.remedy or "")
    assert r"...\Patriot Client\CameraViewer\x64 on each workstation" in (files.remedy or "")
    (files,) = of(check(client_files="2022 R1")[""], "client files")
    assert r"...\Patriot Client on each workstation" in (files.remedy or "")


@pytest.mark.requirement(8)
def test_r8_a_server_whose_alarms_go_to_several_clients(sims: dict[str, Simulator]) -> None:
    found = check(client(sims["new"], "1"), client(sims["new"], "2", event_reporting=False))
    assert of(found[""], "servers") == []
    (shared,) = of(check(client(sims["new"], "1"), client(sims["new"], "2"))[""], "servers")
    assert shared.status is Status.WARNING
    assert "several clients: 1, 2" in shared.what


def test_what_the_task_needs_to_run() -> None:
    sentences = [finding.what for finding in of(check()[""], "task")]
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "no client has event reporting",
        "no sink is given",
        "no checkpoint file is given",
    ]
    assert len(of(check(checkpoints=Path("a.db"))[""], "task")) == 2


def test_a_file_that_the_task_cannot_make_is_found_before_the_first_alarm(tmp_path: Path) -> None:
    there = SinkRecord(type="jsonlines", parameters={"path": str(tmp_path / "a.jsonl")})
    missing = SinkRecord(type="jsonlines", parameters={"path": str(tmp_path / "no" / "b.jsonl")})
    database = SinkRecord(type="postgresql", parameters={"dsn": "host=db.example"})
    found = of(check(sinks=[there, missing, database], checkpoints=tmp_path / "none" / "c.db")[""], "files")
    assert [(each.status, each.what) for each in found] == [
        (Status.ERROR, f"{tmp_path / path} cannot be written: its folder does not exist")
        for path in ("none/c.db", "no/b.jsonl")
    ]


@pytest.mark.requirement(40)
def test_r40_an_interconnection_server_is_found_by_its_hardware(sims: dict[str, Simulator]) -> None:
    found = check(client(sims["central"], "1", event_reporting=False))["1"]
    (option,) = of(found, "interconnect")
    assert "Retrieve Remote Recordings is off" in option.what


def test_sites_that_cannot_be_checked_do_not_stop_others(sims: dict[str, Simulator]) -> None:
    """One is down, one refuses the password; one slot is enough for all."""
    good = client(sims["new"], "3", zones=[Zone(number=1, name="C1")])
    with Simulator(example_site()) as gone:
        dead = client(gone, "1")
    refused = evolve(client(sims["old"], "2"), credentials=BasicUser("arc", "wrong"))
    other = ClientRecord(client_no="4", camera_type="Standard Media")
    found = check(dead, refused, good, other, concurrency=1)
    assert list(found) == ["", "1", "2", "3"], "a client of another camera type has no site"
    for number in ("1", "2"):
        assert any(finding.status is Status.ERROR for finding in found[number])
        (zones,) = of(found[number], "zones")
        assert zones.status is Status.ERROR
    assert not [finding for finding in found["3"] if finding.status is Status.ERROR and "22333" not in finding.where]
    assert "camera 'C2' has no zone" in [finding.what for finding in of(found["3"], "zones")]


def test_concurrency_is_above_0() -> None:
    with pytest.raises(ConfigurationError, match="concurrency must be >= 1"):
        check(concurrency=0)
