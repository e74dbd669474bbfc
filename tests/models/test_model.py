"""Every model as plain JSON values, and as one short line."""

import csv
import io
import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import milestone_sdk
from milestone_sdk import BasicUser, Client, NotYetRecorded, Snapshot, TimeSpan, Trust, patriot
from milestone_sdk.models.model import Model, as_plain
from milestone_sdk.models.table import Table
from milestone_sdk.patriot import ClientRecord, PatriotRecords, Shown, Signal, SinkRecord, Zone, zones_against_cameras
from milestone_sdk.simulator import Simulator

MODELS = [
    value
    for module in (milestone_sdk, milestone_sdk.models, patriot)
    for name in module.__all__
    if isinstance(value := getattr(module, name), type) and attrs.has(value)
]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Models of a simulated site, of every part of the client."""
    with Simulator() as sim:
        sim.trigger("Motion Detected", source="Front Hallway")
        user = BasicUser(sim.username, sim.password)
        with Client(sim.url, user, trust=Trust.ca_file(sim.ca_file)) as site:
            alarms = site.alarms.list()
            now = sim.site.now()
            return {
                "cameras": site.cameras(),
                "alarms": alarms,
                "alarm": site.alarms.get(alarms[0]),
                "configuration": site._configuration.get(),
                "info": site.info,
                "services": site.registered_services(),
                "findings": site.diagnose(),
                "settings": site.alarms.settings(),
                "snapshot": site.recordings.snapshot("C1"),
                "sequences": site.recordings.sequences("C1", TimeSpan(now - timedelta(hours=1), now)),
                "extent": site.recordings.extent("C1"),
                "items": list(site.configuration.children("/CameraGroupFolder")),
                "tree": site.configuration.item("/"),
            }


def test_every_model_has_as_dict() -> None:
    assert len(MODELS) > 60
    without = [kind.__name__ for kind in MODELS if not hasattr(kind, "as_dict") and kind.__name__ not in STRINGS]
    assert [name for name in without if name not in SETTINGS] == []


SETTINGS = {"SiteSettings", "Typed"}
STRINGS = {"ItemPath", "Location"}
"""As plain values they are strings."""


def test_records_of_patriot_as_plain_values_without_secrets() -> None:
    password = "correct horse"
    client = ClientRecord(
        client_no="1234",
        location="https://vms.example.com",
        zones=[Zone(number=1, name="C1")],
        credentials=BasicUser("arc", password),
        trust=Trust.system(),
        event_type_overrides={1: 100},
    )
    sink = SinkRecord(type="http", parameters={"url": "https://arc.example", "password": password})
    records = PatriotRecords(clients=[client], sinks=[sink], checkpoints=Path("arc.db"))
    plain = records.as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["clients"][0]["location"] == "https://vms.example.com"
    assert plain["clients"][0]["zones"] == [Zone(number=1, name="C1").as_dict()]
    assert plain["clients"][0]["event_type_overrides"] == {"1": 100}
    assert plain["sinks"] == [{"type": "http"}]
    compared = zones_against_cameras(client, ["c1"])
    assert compared.as_dict()["cameras_without_zone"][0]["near_misses"] == [{"name": "C1", "difference": "case"}]
    for value in (client, sink, records, compared, *client.zones):
        assert "\n" not in repr(value)
        assert len(repr(value)) < 400
        assert password not in repr(value)
        assert password not in json.dumps(value.as_dict())


def test_a_signal_keeps_its_own_form() -> None:
    signal = Signal(client_no="1", zone=1, event_type=2, time=NOON, line="x\ny", revision=2)
    assert signal.as_dict()["time"] == "2026-03-01T12:00:00.000000+00:00"
    assert signal.as_dict()["revision"] == "2"
    view = Shown(signal=signal, zone=None, camera_zone=Zone(number=1, name="C1"))
    assert view.as_dict()["signal"] == signal.as_dict()
    assert repr(signal).startswith("Signal(client_no='1', zone=1, event_type=2, time=2026-03-01T12:00:00+00:00, line=")
    assert "\n" not in repr(view)


def test_json_takes_what_a_site_returns_and_keeps_it(found: dict[str, Any]) -> None:
    for value in found.values():
        plain = as_plain(value)
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_a_camera_as_plain_values(found: dict[str, Any]) -> None:
    camera = next(camera for camera in found["cameras"] if camera.name == "Front Hallway")
    plain = camera.as_dict()
    assert plain["id"] == str(camera.id)
    assert plain["recorder"]["name"] == "Recorder 1"
    assert plain["folders"] == ["SiteA"]
    assert plain["rights"]["live"] is True
    assert set(plain) == {field.name for field in attrs.fields(type(camera))}


def test_an_alarm_keeps_all_digits_of_its_revision(found: dict[str, Any]) -> None:
    alarm = found["alarms"][0]
    plain = alarm.as_dict()
    assert plain["revision"] == str(alarm.revision)
    assert datetime.fromisoformat(plain["timestamp"]) == alarm.timestamp


def test_one_line_is_short(found: dict[str, Any]) -> None:
    for value in found.values():
        for model in value if isinstance(value, tuple | list) else [value]:
            assert "\n" not in repr(model)
            assert len(repr(model)) < 400, model
    assert len(repr(found["cameras"][:5])) < 1500
    assert len(repr(found["configuration"])) < 300
    alarm = found["alarms"][0]
    assert repr(alarm).startswith(f"AlarmLine(id={alarm.id}, name={alarm.name!r}, message=")


def test_a_line_has_id_and_name_and_at_most_five_more() -> None:
    @attrs.frozen(kw_only=True, repr=False)
    class Many(Model):
        a: int = 0
        b: str = ""
        c: str = ""
        d: UUID | None = None
        e: tuple[int, ...] = ()
        f: int = 0
        g: int = 0
        name: str = ""
        id: UUID

    assert repr(Many(id=UUID(int=1))) == f"Many(id={UUID(int=1)}, name='')"
    shown = repr(Many(id=UUID(int=1), name="n", a=1, b="x" * 99, c="y", d=UUID(int=2), e=(1, 2), f=3, g=4))
    assert shown.startswith(f"Many(id={UUID(int=1)}, name='n', a=1, b='xxx")
    assert shown.endswith(f"...', c='y', d={UUID(int=2)}, e=<2>, ...)")


class Level(IntEnum):
    HIGH = 1


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (2**53, 2**53),
        (2**53 + 1, str(2**53 + 1)),
        (-(2**63), str(-(2**63))),
        (math.nan, None),
        (math.inf, None),
        (True, True),
        (Level.HIGH, 1),
        (NOON, "2026-03-01T12:00:00+00:00"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-03-01T12:00:00+00:00"),
        (date(2026, 3, 1), "2026-03-01"),
        (timedelta(minutes=1.5), 90.0),
        (b"\xff\xd8", "/9g="),
        (memoryview(b"ab"), "YWI="),
        (frozenset({1}), [1]),
        ({UUID(int=1): (NOON,)}, {str(UUID(int=1)): ["2026-03-01T12:00:00+00:00"]}),
        (NotYetRecorded("later"), {"error": "NotYetRecorded", "message": "later"}),
        (Path("a") / "b", str(Path("a") / "b")),
    ],
)
def test_values(value: object, plain: object) -> None:
    assert as_plain(value) == plain


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_json_takes_any_value(value: object) -> None:
    json.dumps(as_plain(value), allow_nan=False)


def test_a_notebook_shows_tables_and_pictures(found: dict[str, Any], tmp_path: Path) -> None:
    cameras = found["cameras"]
    assert isinstance(cameras, Table)
    html = cameras._repr_html_()
    assert html.count("<tr>") == len(cameras) + 1
    assert "<td>Front Hallway</td>" in html
    assert "<td>Motion indoors</td>" in found["alarms"]._repr_html_()
    many = Table(cameras * 100)
    assert many._repr_html_().count("<tr>") == 101
    assert many._repr_html_().endswith(f"<p>{len(many) - 100} more</p>")
    assert Table()._repr_html_().count("<tr>") == 1
    snapshot = found["snapshot"]
    assert snapshot._repr_jpeg_() == snapshot.data
    snapshot.save(tmp_path / "c1.jpg")
    assert (tmp_path / "c1.jpg").read_bytes() == snapshot.data


def test_a_name_is_text_and_no_markup(found: dict[str, Any]) -> None:
    evil = attrs.evolve(found["cameras"][0], name="<script>alert(1)</script>")
    assert "<script>" not in Table([evil])._repr_html_()


def test_cameras_to_csv(found: dict[str, Any]) -> None:
    rows = found["cameras"].as_dicts()
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "name", "folders"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    assert len(out.getvalue().splitlines()) == len(rows) + 1


def test_a_snapshot_of_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        Snapshot(time=NOON, data=b"\xff\xd8").save(tmp_path / "nowhere" / "c1.jpg")
