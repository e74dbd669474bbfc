"""The worked example of Patriot's page, as a file of records, against a simulated site (R70 to R74)."""

import asyncio
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from attrs import evolve

from milestone_sdk import Client, Status
from milestone_sdk.patriot import PatriotRecords, Signal, check_records, load_records, map_alarm, records_schema
from milestone_sdk.simulator import Simulator

EXAMPLE = Path(__file__).parents[2] / "examples" / "patriot" / "patriot.toml"
ANALYTICS = "AXIS Perimeter_Defender alarm START on camera C1"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        running.trigger("Motion Detected", source="Front Hallway")
        running.trigger(ANALYTICS, source="C1 alarm")
        yield running


@pytest.fixture
def records(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> PatriotRecords:
    monkeypatch.setenv("MILESTONE_LOCATION", sim.url)
    monkeypatch.setenv("MILESTONE_USER", sim.username)
    monkeypatch.setenv("MILESTONE_PASSWORD", sim.password)
    monkeypatch.setenv("MILESTONE_CA_FILE", str(sim.ca_file))
    return load_records(EXAMPLE)


def signals(records: PatriotRecords) -> list[Signal]:
    (client,) = records.milestone_clients
    assert client.credentials is not None
    with Client(str(client.location), client.credentials, trust=client.trust) as site:
        return [map_alarm(client, alarm) for alarm in site.alarms.list()]


@pytest.mark.requirement(72, 73, 74)
def test_r72_to_r74_the_zone_of_the_expected_description_binds_the_alarm(records: PatriotRecords) -> None:
    analytics, motion = signals(records)
    assert analytics.line == f"High C1 alarm {ANALYTICS}"
    assert (analytics.client_no, analytics.zone, analytics.event_type) == ("1234000101", 2, 1)
    assert (analytics.camera, analytics.fallback) == ("C1", False)
    assert motion.line == "Medium Front Hallway Motion Detected"
    assert (motion.zone, motion.event_type, motion.camera) == (3, 2, "Front Hallway")


@pytest.mark.requirement(70)
def test_r70_without_that_zone_the_line_names_it(records: PatriotRecords) -> None:
    (client,) = records.clients
    zones = [zone for zone in client.zones if zone.name != "C1 alarm"]
    analytics, _ = signals(evolve(records, clients=[evolve(client, zones=zones)]))
    assert analytics.line == f"High Zone 0 (unknown zone: C1 alarm) {ANALYTICS}"
    assert (analytics.zone, analytics.fallback) == (0, True)


@pytest.mark.requirement(28)
def test_r28_a_client_may_have_a_panel_too(records: PatriotRecords) -> None:
    panel = records.clients[0].zone_numbered(40)
    assert panel is not None
    assert records.clients[0].camera_zone(panel) is None


def test_the_example_fits_its_site(records: PatriotRecords) -> None:
    found = asyncio.run(check_records(records))["1234000101"]
    ours = [finding for finding in found if finding.check.startswith("patriot: ")]
    assert {finding.status for finding in ours} == {Status.OK}, ours
    assert not [finding for finding in found if finding.status is Status.ERROR]


def test_the_example_is_valid_by_the_schema() -> None:
    jsonschema.validate(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")), records_schema())
