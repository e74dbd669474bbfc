# Generated from tests/_async/test_bad_values.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""One value of a reply that cannot be read costs that value, is logged once, and nothing else."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from milestone_sdk import AlarmFilter, AlarmLine, Client, MemoryCheckpointStore, RemoteProtocolError, TimeSpan
from milestone_sdk.simulator import Simulator

from .opening import client_of

pytestmark = pytest.mark.anyio

ROWS = 30
UNSET = datetime(1, 1, 1, tzinfo=UTC)


def raised(simulator: Simulator) -> str:
    """Store many alarms and return the id of one in the middle."""
    return str([simulator.trigger("Motion Detected", source="Front Hallway")[0] for _ in range(ROWS)][ROWS // 2])


@pytest.mark.parametrize(
    ("member", "text", "changed"),
    [
        ("Timestamp", "0001-01-01T00:00:00+02:00", {"timestamp": UNSET}),
        ("Timestamp", "9999-12-31T23:59:59.9999999-05:00", {"timestamp": datetime.max.replace(tzinfo=UTC)}),
        ("Timestamp", None, {"timestamp": UNSET}),
        ("Priority", "high", {"priority": None}),
        ("State", None, {"state": 0}),
        ("LocalId", "99999999999", {"local_id": 0}),
        ("CameraId", "Front Hallway", {"camera_id": None}),
    ],
)
def test_a_list_keeps_every_row_and_every_other_value(
    site: Client, simulator: Simulator, member: str, text: str | None, changed: dict[str, Any]
) -> None:
    odd = raised(simulator)
    expected = site.alarms.list()
    simulator.faults.add("event_server", "value", operation="GetAlarmLines", member=member, row=odd, text=text)
    found = site.alarms.list()
    by_id = {line.id: line for line in found}
    assert len(found) == ROWS
    assert [by_id[line.id] for line in expected] == [
        evolve(line, **changed) if str(line.id) == odd else line for line in expected
    ]


@pytest.mark.parametrize(("member", "text"), [("Timestamp", "soon"), ("State", "open"), ("SourceId", "x")])
def test_a_subscription_gets_every_alarm(site: Client, simulator: Simulator, member: str, text: str) -> None:
    odd = raised(simulator)
    simulator.faults.add("event_server", "value", operation="GetAlarmLines", member=member, row=odd, text=text)
    found: list[AlarmLine] = []
    with site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=0.05) as alarms:
        for alarm in alarms:
            found.append(alarm)
            alarms.checkpoint(alarm)
            if len(found) == ROWS:
                break
    assert len({alarm.id for alarm in found}) == ROWS


@pytest.mark.parametrize(("member", "text"), [("Id", "x"), ("Id", None), ("Modified", "soon"), ("Modified", None)])
def test_a_row_that_cannot_be_delivered_is_reported(
    site: Client, simulator: Simulator, member: str, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    odd = raised(simulator)
    local_id = next(line.local_id for line in site.alarms.list() if str(line.id) == odd)
    simulator.faults.add("event_server", "value", operation="GetAlarmLines", member=member, row=odd, text=text)
    with caplog.at_level(logging.WARNING, "milestone_sdk.values"):
        assert len(site.alarms.list()) == ROWS - 1
        page = site.alarms.page(AlarmFilter((), ()), 100)
    (row,) = page.unreadable
    assert (page.sent, len(page), row.local_id) == (ROWS, ROWS - 1, local_id)
    assert row.members["SourceName"] == "Front Hallway"
    logged = [record.getMessage() for record in caplog.records if "Id or Modified" in record.getMessage()]
    assert len(logged) == 1


def test_values_of_one_kind_are_logged_once_for_a_site(
    site: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    raised(simulator)
    for row in range(5):
        simulator.faults.add("event_server", "value", operation="GetAlarmLines", member="State", row=row, text="open")
    with caplog.at_level(logging.WARNING, "milestone_sdk.values"):
        for _ in range(3):
            site.alarms.list()
    (record,) = caplog.records
    assert "GetAlarmLines on https://" in record.getMessage()
    assert "whole number 'open' cannot be read" in record.getMessage()


def test_what_cannot_be_read_is_not_sent_back(site: Client, simulator: Simulator) -> None:
    (alarm,) = simulator.trigger("Motion Detected", source="Front Hallway")
    simulator.faults.add("event_server", "value", operation="GetAlarmLines", member="Priority", text="high")
    with pytest.raises(RemoteProtocolError, match=r"priority .*give priority="):
        site.alarms.annotate(alarm, "seen")
    site.alarms.annotate(alarm, "seen", priority=2)
    assert [entry.priority for entry in site.alarms.history(alarm)][-1] == 2


def test_other_replies_of_the_event_server(site: Client, simulator: Simulator) -> None:
    (alarm,) = simulator.trigger("Motion Detected", source="Front Hallway")
    site.alarms.annotate(alarm, "seen")
    for operation, member in (("GetAlarmHistory", "Time"), ("GetStatistics", "Number"), ("Get", "Timestamp")):
        simulator.faults.add("event_server", "value", operation=operation, member=member, text="soon")
    assert (site.alarms.history(alarm))[0].time is None
    assert (site.alarms.statistics()).total is not None
    whole = site.alarms.get(alarm)
    assert (whole.id, whole.timestamp) == (alarm, None)


@pytest.mark.parametrize(
    ("operation", "member", "text"),
    [
        ("Login", "MicroSeconds", "four hours"),
        ("Login", "RegistrationTime", "0001-01-01T00:00:00+02:00"),
        ("Login", "TimeToLiveLimited", None),
        ("GetProductInfo", "BuildDate", "9999-12-31T23:59:59.9999999-05:00"),
        ("GetProductInfo", "ProductCode", "INF"),
        ("GetServices", "enabled", "perhaps"),
        ("GetServices", "instance", "x"),
        ("GetConfiguration", "DeviceIndex", "first"),
        ("GetConfiguration", "MaxFPS", "NaN"),
        ("GetConfiguration", "LastModified", "0001-01-01T00:00:00+02:00"),
        ("GetConfiguration", "Live", "TRUE"),
    ],
)
def test_a_client_opens_and_finds_its_cameras(
    simulator: Simulator, operation: str, member: str, text: str | None
) -> None:
    with client_of(simulator) as expected:
        names = [camera.name for camera in expected.cameras()]
    fault = simulator.faults.add("management", "value", operation=operation, member=member, text=text)
    with client_of(simulator) as site:
        assert [camera.name for camera in site.cameras()] == names
        assert site.alarms.list() == ()
        assert site.info.version
    assert fault.used


def test_a_sequence_with_an_unreadable_time(site: Client, simulator: Simulator) -> None:
    now = datetime.now(UTC)
    span = TimeSpan(now - timedelta(days=1), now)
    (expected,) = site.recordings.sequences("Front Hallway", span)
    simulator.faults.add("recorder", "value", member="TimeBegin", text="soon", row=0)
    (found,) = site.recordings.sequences("Front Hallway", span)
    assert found.start == expected.triggered
