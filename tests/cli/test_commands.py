"""Each command: what it does at the site, its error as one line, and its output for other programs."""

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from milestone_sdk import TimeSpan
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site import Device, stable_id
from tests.support.exporting import export_elsewhere

from .running import COMMAND, Answer, Run, environment, fails, invoke, reach, start

SIREN, CONTACT = stable_id("Output", "Siren"), stable_id("InputEvent", "Door contact")
NOTHING = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    plan = example_site()
    plan.devices += [
        Device(id=each, kind=kind, name=name, hardware_id=plan.hardware[0].id)
        for each, kind, name in ((SIREN, "Output", "Siren"), (CONTACT, "InputEvent", "Door contact"))
    ]
    with Simulator(plan) as running:
        running.recorder_service("Recorder 1").control.inputs[CONTACT] = True
        yield running


@pytest.fixture
def alarm(sim: Simulator) -> UUID:
    """The id of a new alarm, of an event of 45 seconds ago."""
    (made,) = sim.trigger("Motion Detected", source="C2", timestamp=sim.site.now() - timedelta(seconds=45))
    return made


def done(answer: Answer) -> str:
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout


def objects(answer: Answer) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(done(answer))
    return rows


def table(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done(answer))))


# Lists


@pytest.mark.parametrize(
    ("arguments", "key", "value"),
    [
        (["cameras"], "camera", "Front Hallway"),
        (["events"], "name", "Open gate"),
        (["ptz", "presets", "C2"], "preset", "Door"),
        (["output", "list"], "output", "Siren"),
        (["input", "list", "--state"], "input", "Door contact"),
        (["timeline", "C1"], "end", None),
        (["diagnose"], "status", "ok"),
    ],
    ids=("cameras", "events", "presets", "outputs", "inputs", "timeline", "diagnose"),
)
def test_lists_are_the_same_in_json_csv_and_lines(run: Run, arguments: list[str], key: str, value: str | None) -> None:
    as_json, as_csv = objects(run(*arguments, "--json")), table(run(*arguments, "--csv"))
    lines = done(run(*arguments)).splitlines()
    assert len(as_json) == len(as_csv) == len(lines) > 0
    assert list(as_json[0]) == list(as_csv[0])
    if value is not None:
        assert as_json[0][key] == as_csv[0][key] == value
        assert value in lines[0].split("\t")


def test_alarms_newest_first_with_ids_that_can_be_used(run: Run, sim: Simulator, alarm: UUID) -> None:
    newest, *_ = objects(run("alarms", "list", "--json"))
    assert newest["id"] == str(alarm)
    assert newest["camera_id"] == str(sim.site.camera("C2").id)
    time = datetime.fromisoformat(str(newest["time"]))
    assert time.utcoffset() == timedelta()
    assert table(run("alarms", "list", "--csv", "--limit", "1"))[0]["number"] == str(newest["number"])


def test_followed_alarms_are_one_object_a_line(run: Run, alarm: UUID) -> None:
    assert alarm
    first, *_ = done(run("alarms", "follow", "--all", "--count", "1", "--json")).splitlines()
    assert json.loads(first)["message"] == "Motion Detected"


def test_json_and_csv_exclude_each_other(run: Run) -> None:
    fails(run("cameras", "--json", "--csv"), "--json and --csv are given: only one can be used")


def test_control_characters_are_escaped_for_people_and_kept_for_programs(tmp_path: Path) -> None:
    name = "C1\t\u202enext"
    with Simulator() as sim:
        sim.edit(lambda site: site.rename_camera("C1", name))
        shown = invoke("cameras", "--csv", cwd=tmp_path, **reach(sim))
        kept = invoke("cameras", "--json", cwd=tmp_path, **reach(sim))
    assert "\u202e" not in shown.stdout + kept.stdout
    assert name in [row["camera"] for row in objects(kept)]
    assert "C1\\t\\u202enext" in [row["camera"] for row in table(shown)]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_ids_are_whole_in_a_terminal_of_any_width(sim: Simulator, alarm: UUID, width: int, tmp_path: Path) -> None:
    """Everything else wraps, and nothing is cut."""
    variables = {"TTY_COMPATIBLE": "1", "NO_COLOR": "1", "COLUMNS": str(width), "TERM": "xterm"}
    answer = start("alarms", "list", "--limit", "1", cwd=tmp_path, **reach(sim), **variables)
    assert answer.returncode == 0, answer.stderr
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in answer.stdout.splitlines()]
    assert any(str(alarm) in line for line in lines)
    assert max(map(len, lines)) <= width
    assert "MotionDetected" in re.sub(r"\s", "", "".join(lines))


def test_diagnose_wraps_and_colours(sim: Simulator, tmp_path: Path) -> None:
    variables = {"TTY_COMPATIBLE": "1", "TERM": "xterm"}
    answer = start("diagnose", cwd=tmp_path, **reach(sim), **variables)
    assert "\x1b[32mok" in answer.stdout
    assert "\x1b[33mwarning" in answer.stdout
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in answer.stdout.splitlines()]
    assert max(map(len, lines)) <= 80
    assert any(line.lstrip().startswith("-> ") for line in lines)


def test_the_timeline_of_a_day_is_a_bar(sim: Simulator, tmp_path: Path) -> None:
    variables = {"TTY_COMPATIBLE": "1", "NO_COLOR": "1", "TERM": "xterm", "PYTHONUTF8": "1"}
    hours = start("timeline", "C1", "--last", "2h", cwd=tmp_path, **reach(sim), **variables).stdout.splitlines()
    assert re.fullmatch("·{30,}█{30,}", hours[0]), hours
    days = start("timeline", "C1", "--last", "3d", cwd=tmp_path, **reach(sim), **variables).stdout.splitlines()
    dates = [datetime.fromisoformat(line[:10]) for line in days[1:5]]
    assert dates == [dates[0] + timedelta(days=number) for number in range(4)]


# Changes


def test_alarms_are_acknowledged_and_closed(run: Run, sim: Simulator, alarm: UUID) -> None:
    (other,) = sim.trigger("Motion Detected", source="Front Hallway")
    assert done(run("alarms", "ack", str(alarm), str(other), "--comment", "seen")) == "2 alarms acknowledged\n"
    assert {sim.alarms.get(each).state for each in (alarm, other)} == {4}
    assert done(run("alarms", "close", str(alarm), "--reason", "false alarm")) == "1 alarm closed\n"
    assert sim.alarms.get(alarm).state == 11
    for verb in ("ack", "close"):
        fails(run("alarms", verb, NOTHING), f"no alarm {NOTHING}")


def test_trigger(run: Run, sim: Simulator) -> None:
    before = len(sim.requests)
    done(run("trigger", "Open gate"))
    assert any("EventTrigger" in str(request) for request in sim.requests[before:])
    fails(run("trigger", "open gate"), "no user-defined event 'open gate'.*near: 'Open gate'")


def test_outputs_and_inputs(run: Run) -> None:
    done(run("output", "activate", "Siren"))
    assert objects(run("output", "list", "--state", "--json"))[0]["state"] == "Activated"
    done(run("output", "deactivate", str(SIREN)))
    assert table(run("output", "list", "--state", "--csv"))[0]["state"] == "Deactivated"
    done(run("output", "trigger", "Siren", "--for", "1h"))
    assert objects(run("input", "list", "--state", "--json"))[0]["state"] == "Activated"
    fails(run("output", "activate", "siren"), "no output 'siren'.*near: 'Siren'")


def test_ptz(run: Run) -> None:
    done(run("ptz", "move", "C2", "--pan", "0.5", "--tilt", "-0.25", "--absolute"))
    (at,) = objects(run("ptz", "position", "C2", "--json"))
    assert (at["pan"], at["tilt"]) == (0.5, -0.25)
    done(run("ptz", "set", "C2", "Corner"))
    done(run("ptz", "home", "C2"))
    done(run("ptz", "move", "C2", "--zoom", "1", "--for", "50ms"))
    done(run("ptz", "move", "C2", "--pan", "0.1", "--relative"))
    done(run("ptz", "go", "C2", "Corner"))
    assert objects(run("ptz", "position", "C2", "--json"))[0]["pan"] == 0.5
    fails(run("ptz", "go", "C2", "Dor"), "no preset 'Dor'.*near: 'Door'")
    fails(run("ptz", "move", "C2"), "no axis was given. Hint: give --pan, --tilt or --zoom")
    fails(run("ptz", "move", "C2", "--pan", "1", "--absolute", "--relative"), "only one can be used")
    fails(run("ptz", "home", "C1"), "no PTZ")


def test_manual_recording(run: Run) -> None:
    done(run("recording", "start", "C1"))
    assert done(run("recording", "state", "C1")) == "C1: a manual recording runs\n"
    done(run("recording", "stop", "C1"))
    assert "no manual recording" in done(run("recording", "state", "C1"))
    fails(run("recording", "start", "c1"), "no camera 'c1'")


# Video


def test_export_of_a_time_and_of_an_alarm(run: Run, alarm: UUID, tmp_path: Path) -> None:
    at = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    period = ("--at", at, "--before", "2s", "--after", "3s")
    (file,) = objects(run("export", "C1", *period, "-o", "clip.mjpeg", "--json"))
    assert file["file"] == str((tmp_path / "clip.mjpeg").absolute())
    assert file["codec"] == "jpeg"
    assert (tmp_path / "clip.mjpeg").stat().st_size > 1000
    fails(run("export", "C1", *period, "-o", "clip.mjpeg"), r"exists already\. Hint: .*give --overwrite")
    assert len(table(run("export", "C1", *period, "-o", "clip.mjpeg", "--overwrite", "--csv"))) == 1
    around = objects(run("export", "--around", str(alarm), "--after", "1s", "-o", "alarm", "--retrieve", "--json"))
    assert around[0]["frames"] == len(list((tmp_path / "alarm").glob("*.jpg"))) > 10


def test_export_says_what_is_missing(run: Run, sim: Simulator, tmp_path: Path) -> None:
    fails(run("export", "Store Room", "--last", "1m", "-o", "none.mjpeg"), "no recordings of this camera")
    (begin, _), *_ = sim.site.camera("C1").recordings
    period = ("--at", begin.isoformat(), "--before", "5s", "--after", "3s")
    partly = run("export", "C1", *period, "-o", "part.mjpeg", "--csv")
    assert partly.returncode == 0
    assert re.fullmatch(r"not recorded: \S+Z to \S+Z\n", partly.stderr)
    assert list(tmp_path.glob("none*")) == []


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        ([], "no time is given. Hint: give --from TIME"),
        (["--last", "1m", "--at", "2026-03-01T12:00:00Z"], "--last and --at are given"),
        (["--to", "2026-03-01T12:00:00Z"], "--to needs a begin"),
        (["--from", "2026-03-01T12:00:00Z", "--to", "2026-03-01T11:00:00Z"], "end must not be before start"),
        (["--last", "1m", "--before", "1s"], "--before and --after need a time"),
        (["--around", NOTHING], f"no alarm {NOTHING}"),
    ],
)
def test_a_period_that_cannot_be(run: Run, options: list[str], pattern: str) -> None:
    fails(run("export", "C1", *options, "-o", "clip.mjpeg"), pattern)


@pytest.mark.parametrize("text", ["10", "", "1y", "-1m", "999999999d999999999d"])
def test_a_duration_that_cannot_be_read(run: Run, text: str) -> None:
    answer = run("export", "C1", f"--last={text}", "-o", "clip.mjpeg")
    assert answer.returncode == 2
    assert "Invalid value for '--last'" in answer.stderr


def test_no_camera_is_needed_around_an_alarm_that_has_one(run: Run, sim: Simulator, tmp_path: Path) -> None:
    (bare,) = sim.trigger("AXIS Perimeter_Defender alarm START on camera C1", source="C1 alarm")
    fails(run("contact-sheet", "--around", str(bare)), "names no camera. Hint: give the name or id of the camera")
    fails(run("contact-sheet", "--last", "1m"), "no camera is given")


def test_contact_sheet(run: Run, alarm: UUID, tmp_path: Path) -> None:
    answer = run("contact-sheet", "--around", str(alarm), "--count", "4")
    assert "contact-sheet.png shows" in done(answer)
    done(run("contact-sheet", "C1", "--last", "20m", "--count", "8", "-o", "day.png"))
    sizes: list[tuple[int, int]] = []
    for name in ("contact-sheet.png", "day.png"):
        with Image.open(tmp_path / name) as sheet:
            sizes.append(sheet.size)
    assert sizes[0][0] == sizes[1][0]
    assert sizes[0][1] < sizes[1][1]
    fails(run("contact-sheet", "Store Room", "--last", "1m"), "recorded no picture.*timeline shows")


def test_retrieve(run: Run) -> None:
    assert done(run("retrieve", "C1", "--last", "1m")).endswith(": not applicable\n")
    assert "completed" in done(run("retrieve", "North Fence", "--last", "1m"))
    answer = run("retrieve", "Nowhere", "--last", "1m")
    assert answer.returncode == 3
    assert "missing: " in answer.stderr


def test_retrieval_on_a_server_that_has_no_such_task_names_the_option(tmp_path: Path) -> None:
    with Simulator(release="2023R2") as sim:
        answer = invoke("retrieve", "North Fence", "--last", "1m", cwd=tmp_path, **reach(sim))
        time = sim.site.now() - timedelta(minutes=10)
        at = time.isoformat()
        recordings = sim.site.camera("North Fence").recordings
        (whole,) = recordings
        sim.edit(lambda plan: recordings.__setitem__(0, (whole[0], time)))
        export = ("export", "North Fence", "--at", at, "--output", "clip.raw", "--retrieve")
        without = invoke(*export, cwd=tmp_path, **reach(sim))
        sim.edit(lambda plan: recordings.__setitem__(0, whole))
        event = ("--event", "Retrieve remote recordings", "--overwrite")
        fetched = invoke(*export, *event, cwd=tmp_path, **reach(sim))
    for incomplete in (answer, without):
        assert incomplete.returncode == 3
        assert "Hint: give --event, retrieve it in the Smart Client" in incomplete.stderr
    assert done(fetched)


def test_retrieve_waits_for_a_recorder_that_is_slow(tmp_path: Path) -> None:
    plan = example_site()
    begin = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
    end = begin + timedelta(minutes=1)
    plan.camera("C1").edge_storage = True
    plan.camera("C1").recordings[:] = [(begin, end)]
    period = ("--from", begin.isoformat(), "--to", end.isoformat(), "--event", "Retrieve remote recordings")
    with Simulator(plan, release="2023R2") as sim:
        sim.faults.add("recorder", "delay", operation="SequencesGet", seconds=1.6)
        short = invoke("retrieve", "C1", *period, "--wait", "0.2s", cwd=tmp_path, **reach(sim))
        answer = invoke("retrieve", "C1", *period, "--wait", "20s", cwd=tmp_path, **reach(sim))
    assert "not retrieved after 0.2 s. Hint: run retrieve with a longer --wait" in short.stderr
    assert "completed" in done(answer)


def test_an_export_that_is_continued_has_what_was_retrieved_meanwhile(tmp_path: Path) -> None:
    plan = example_site()
    camera = plan.camera("C1")
    begin = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
    gap = TimeSpan(begin + timedelta(seconds=5), begin + timedelta(seconds=10))
    camera.edge_storage = True
    camera.recordings[:] = [(begin, gap.start), (gap.end, begin + timedelta(seconds=20))]
    span = TimeSpan(begin + timedelta(seconds=1), begin + timedelta(seconds=19))
    with Simulator(plan) as sim:
        export_elsewhere(sim, span, tmp_path / "clip.mjpeg", killed_after=0.8)
        period = ("--from", span.start.isoformat(), "--to", span.end.isoformat())
        answer = invoke("export", "C1", *period, "-o", "clip.mjpeg", "--retrieve", cwd=tmp_path, **reach(sim))
        assert "not recorded" not in answer.stderr
        assert done(answer)
        started = sim.configuration.tasks.started
        fails(
            invoke("export", "C1", *period, "-o", "clip.mjpeg", "--retrieve", cwd=tmp_path, **reach(sim)),
            "exists already",
        )
        assert sim.configuration.tasks.started == started


def test_live_shows_status_and_frames(run: Run) -> None:
    lines = [json.loads(line) for line in done(run("live", "C1", "--count", "8", "--json")).splitlines()]
    assert {line["event"] for line in lines} == {"status", "frames"}
    assert lines[-1]["frames"] == 8
    fails(run("live", "c1"), "no camera 'c1'.*near: 'C1'")
    fails(run("live", "C1", "--output", "a", "--snapshot", "b"), "only one can be used")


def test_live_ends_in_time_also_when_nothing_comes(tmp_path: Path) -> None:
    with Simulator() as sim:
        sim.faults.add("imageserver", "close", operation="live", after=5, times=1)
        sim.faults.add("imageserver", "stall", operation="connect", after=1)
        lines = done(invoke("live", "C1", "--for", "5s", "--json", cwd=tmp_path, **reach(sim))).splitlines()
    assert [json.loads(line)["event"] for line in lines][-2:] == ["lost", "frames"]


def test_live_writes_the_stream_or_a_picture(run: Run, sim: Simulator, tmp_path: Path) -> None:
    done(run("live", "C1", "--output", "live.mjpeg", "--count", "3"))
    data = (tmp_path / "live.mjpeg").read_bytes()
    assert data.startswith(b"\xff\xd8")
    assert data.count(b"\xff\xd8\xff") == 3
    done(run("live", "C1", "--snapshot", "now.jpg"))
    with Image.open(tmp_path / "now.jpg") as picture:
        assert picture.size == (320, 180)
    piped = subprocess.run(
        [*COMMAND, "live", "C1", "--output", "-", "--count", "2"],
        env=os.environ | reach(sim),
        capture_output=True,
        timeout=60,
    )
    assert piped.returncode == 0
    assert piped.stdout.startswith(b"\xff\xd8")
    assert b"2 frames" in piped.stderr


# Login and remedies


def test_a_certificate_is_pinned_as_the_error_says(run: Run) -> None:
    refused = run("cameras", MILESTONE_CA_FILE="")
    fails(refused, "give the certificate of its issuer to --ca-file; or pin this certificate by --pin sha256:")
    found = re.search(r"fingerprint (sha256:[0-9A-F:]+)", refused.stderr)
    assert found
    assert len(done(run("cameras", "--pin", found[1], MILESTONE_CA_FILE="")).splitlines()) == 5
    assert len(done(run("cameras", MILESTONE_CA_FILE="", MILESTONE_PIN=found[1])).splitlines()) == 5
    assert len(done(run("cameras", "--pin", found[1])).splitlines()) == 5, "the option goes before MILESTONE_CA_FILE"
    fails(run("cameras", "--pin", found[1], "--ca-file", "ca.pem"), "--ca-file and --pin are given")
    fails(run("cameras", "--pin", "3F"), "fingerprint.*--pin sha256:3F:9A")


def test_an_address_overrides_the_announced_one(run: Run, sim: Simulator) -> None:
    fails(run("alarms", "list", "--address", "event_server=https://127.0.0.1:1"), "--address NAME=URL")
    place = sim.site.recorders[0]
    fails(run("timeline", "C1", "--address", f"{place.name}=https://127.0.0.1:1"), "--address NAME=URL")
    answer = run("cameras", "--address", "https://127.0.0.1:1")
    assert answer.returncode == 2
    assert "write it as NAME=URL" in answer.stderr


def test_a_proxy_is_left_out_as_the_error_says(run: Run) -> None:
    proxied = {"HTTPS_PROXY": "socks5://192.0.2.1:1080", "MILESTONE_LOCATION": "https://192.0.2.2:1"}
    with pytest.MonkeyPatch.context() as process:
        process.setenv("HTTPS_PROXY", "socks5://192.0.2.1:1080")
        fails(run("cameras", **proxied), "give --no-proxy")
        fails(run("cameras", "--no-proxy", "--timeout", "0.2", **proxied), "192.0.2.2")


def test_who_logs_in(run: Run, sim: Simulator) -> None:
    fails(run("cameras", MILESTONE_USER=""), r"Hint: for example --user arc or DOMAIN\\arc; or give --sign-on")
    fails(run("cameras", MILESTONE_TOKEN="x"), "MILESTONE_USER and MILESTONE_TOKEN are set")
    fails(run("cameras", "--sign-on", "--user", "arc"), "only one can be used")
    assert len(done(run("cameras", "--user", sim.username, MILESTONE_USER="other")).splitlines()) == 5


@pytest.mark.parametrize("form", [["-h"], ["alarms", "-h"], ["export", "-h"], ["ptz", "move", "--help"]])
def test_help(form: list[str], tmp_path: Path) -> None:
    assert done(invoke(*form, cwd=tmp_path)).startswith(f"Usage: milestone-sdk {' '.join(form[:-1])}".rstrip())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that one program could send to another")
def test_ctrl_c_ends_a_command_that_waits_for_the_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        location = f"http://127.0.0.1:{silent.getsockname()[1]}"
        arguments = [*COMMAND, "cameras", "--location", location, "--user", r"VMS\arc"]
        env = environment(MILESTONE_PASSWORD="secret")
        with subprocess.Popen(arguments, env=env, cwd=tmp_path, stderr=subprocess.PIPE, encoding="utf-8") as process:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1), "the command waits for the reply now"
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_completion_of_the_shell(tmp_path: Path) -> None:
    environment = {"_MILESTONE_SDK_COMPLETE": "complete_bash", "COMP_WORDS": "milestone-sdk con", "COMP_CWORD": "1"}
    assert start(cwd=tmp_path, **environment).stdout.split() == ["contact-sheet"]
    assert "--install-completion" in done(invoke("-h", cwd=tmp_path))
