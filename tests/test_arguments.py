"""Arguments that cannot work are refused where they are given, by an error that names them and shows no password."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from milestone_sdk import (
    AlarmMonitor,
    AsyncClient,
    BasicUser,
    Client,
    ConfigurationError,
    MemoryCheckpointStore,
    SiteSettings,
    SqliteCheckpointStore,
    TimeSpan,
    Trust,
)

SECRET = "correct horse"
USER = BasicUser("arc", SECRET)
NAIVE = datetime(2026, 3, 14, 9, 26)
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)

NO_SECONDS = ["30", None, True, 0, -1, math.nan, math.inf, -math.inf]


def refused(call: Callable[[], object], name: str) -> None:
    """Assert that the error names the parameter, and holds no secret."""
    with pytest.raises(ConfigurationError) as caught:
        call()
    assert name in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("credentials", value) for value in ("user", SECRET, None, ("arc", SECRET), BasicUser, 7)],
        *[("location", value) for value in (None, 7, b"https://vms.example", Path("vms"))],
        *[("trust", value) for value in ("ca.pem", True, Path("ca.pem"))],
        *[("timeout", value) for value in NO_SECONDS],
        *[("addresses", value) for value in ("https://vms.example", ["a"], {1: "https://x"}, {"Recorder 1": None})],
        ("trust_env", "no"),
        ("max_reply", "1000"),
        ("max_reply", 1.5),
        ("configuration_prefix", None),
    ],
)
def test_what_a_client_cannot_work_with(kind: Any, name: str, value: object) -> None:
    given: dict[str, Any] = {"location": "https://vms.example", "credentials": USER, name: value}
    location, credentials = given.pop("location"), given.pop("credentials")
    refused(lambda: kind(location, credentials, **given), name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, value) for name in ("interval", "link_timeout") for value in NO_SECONDS],
        *[("page_size", value) for value in (0, -1, "500", 2.5, True)],
        *[("checkpoints", value) for value in ("arc.db", None, SqliteCheckpointStore)],
        ("name", None),
        ("since", "yesterday"),
        ("since", 7),
        ("since", NAIVE),
    ],
)
def test_what_a_subscription_cannot_work_with(name: str, value: object) -> None:
    site = Client("https://vms.example", USER)
    given: dict[str, Any] = {"checkpoints": MemoryCheckpointStore(), name: value}
    refused(lambda: site.alarms.subscribe(**given), name)
    site.close()


async def never(*_: object) -> None:
    """Take what comes."""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in ("starts_per_second", "tries_per_server", "refused_interval")
            for value in NO_SECONDS
        ],
        *[("attempts", value) for value in (0, "8", 1.5)],
        *[("checkpoints", value) for value in ("arc.db", None)],
        ("sites", 7),
        ("sites", SiteSettings(name="one", location="https://vms.example", credentials=USER)),
        ("a site", None),
        ("on_alarm", print),
        ("on_link", None),
    ],
)
def test_what_a_monitor_cannot_work_with(name: str, value: object) -> None:
    given: dict[str, Any] = {"on_alarm": never, "on_link": never, "checkpoints": MemoryCheckpointStore()}
    given |= {"sites": ["https://vms.example"]} if name == "a site" else {name: value}
    refused(lambda: AlarmMonitor(**given), name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, value) for name in ("interval", "link_timeout", "timeout") for value in NO_SECONDS],
        *[("queue", value) for value in (0, "100", 1.5)],
        *[("credentials", value) for value in ("user", SECRET, None)],
        ("location", 7),
        ("trust", "ca.pem"),
        ("subscription", 7),
        ("addresses", "https://vms.example"),
        ("trust_env", 1),
        ("kind", "other"),
        ("since", NAIVE),
        ("since", "yesterday"),
    ],
)
def test_what_settings_of_a_site_cannot_work_with(name: str, value: object) -> None:
    given: dict[str, Any] = {"name": "one", "location": "https://vms.example", "credentials": USER, name: value}
    refused(lambda: SiteSettings(**given), name)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Trust.ca_file(None), "path"),  # type: ignore[arg-type]
        (lambda: Trust.ca_file(7), "path"),  # type: ignore[arg-type]
        (lambda: Trust.pinned(7), "fingerprint"),  # type: ignore[arg-type]
        (lambda: Trust.per_service(management=None), "management"),  # type: ignore[arg-type]
        (lambda: Trust.per_service(management=Trust.system(), recorder="ca.pem"), "recorder"),  # type: ignore[arg-type]
        (lambda: SqliteCheckpointStore(None), "None"),  # type: ignore[arg-type]
        (lambda: TimeSpan(NAIVE, NOON), "time zone"),
        (lambda: TimeSpan(NOON, NAIVE), "time zone"),
        (lambda: TimeSpan("12:00", NOON), "time"),  # type: ignore[arg-type]
        (lambda: TimeSpan(NOON, datetime(2026, 3, 14, 11, tzinfo=UTC)), "end must not be before start"),
    ],
)
def test_what_other_parts_cannot_work_with(call: Callable[[], object], name: str) -> None:
    refused(call, name)


def test_what_recordings_cannot_work_with() -> None:
    site = Client("https://vms.example", USER)
    span: Any = (NOON, NOON)
    for call in (site.recordings.sequences, site.recordings.retrieve):
        refused(lambda call=call: call("C1", span), "span")  # type: ignore[misc]
    refused(lambda: site.recordings.play("C1", span), "span")
    wrong: Any = "h264"
    refused(lambda: site.recordings.play("C1", TimeSpan(NOON, NOON), codec=wrong), "codec")
    camera: Any = 7
    refused(lambda: site.recordings.snapshot(camera), "camera")
    refused(lambda: site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), since=NAIVE), "since=datetime")
    site.close()
