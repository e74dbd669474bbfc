"""Every block of code on the how-to pages runs as it is, against the simulator.

Where a page uses a program that is not installed here, a stand-in has the few names that the page uses: OpenCV, NumPy,
pandas, FastAPI, and pywin32.
"""

import asyncio
import csv
import doctest
import importlib.util
import io
import json
import logging
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
import starlette.responses
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import milestone_sdk
from milestone_sdk import AlarmMonitor, AlarmState, BasicUser, Client, Gap, MemoryCheckpointStore, SiteSettings, Trust
from milestone_sdk.patriot import ClientRecord, Zone
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site import Device, stable_id
from tests.support.hard_alarms import hard_site, settings_of, trigger_hard_alarms
from tests.support.pages import HOWTO, blocks, run_block, text_of

TRANSCRIPTS = ["export", "outputs", "ptz", "retrieval", "services", "timeline"]
NO_CODE = {"index", "threads-and-processes", "certificates-and-ports"}
ELSEWHERE = {"own-checkpoints": "its code is of examples/, see test_examples"}

Run = Callable[..., list[object]]


class Enough(BaseException):
    """Ends a loop that a user ends by Ctrl-C."""


def end_after(count: int, seen: list[Any]) -> Callable[..., None]:
    """Return a function that keeps what it is given, and ends the program at the last call."""

    def keep(*values: Any, **named: Any) -> None:
        seen.append(values[0] if len(values) == 1 else values or named)
        if len(seen) >= count:
            raise Enough

    return keep


def enter(monkeypatch: pytest.MonkeyPatch, sim: Simulator, folder: Path) -> None:
    for name, value in settings_of(sim).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Simulator]:
    """A site with an output, an input, and an alarm; the environment names it."""
    plan = example_site()
    for kind, name in (("Output", "Siren"), ("InputEvent", "Door contact")):
        plan.devices.append(Device(id=stable_id(kind, name), kind=kind, name=name, hardware_id=plan.hardware[0].id))
    with Simulator(plan) as running:
        running.recorder_service("Recorder 1").control.inputs[stable_id("InputEvent", "Door contact")] = False
        running.trigger("Motion Detected", source="C1", timestamp=running.site.now() - timedelta(seconds=45))
        enter(monkeypatch, running, tmp_path)
        yield running


@pytest.fixture
def hard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(hard_site()) as running:
        enter(monkeypatch, running, tmp_path)
        yield running


@pytest.fixture
def site(sim: Simulator) -> Iterator[Client]:
    with Client.from_env() as client:
        yield client


def without(sim: Simulator, alarms: list[UUID], *messages: str) -> list[UUID]:
    """Delete alarms for whose footage a program waits ten seconds; test_examples has them all."""
    gone = [alarm for alarm in alarms if (sim.alarms.get(alarm).message or "").startswith(messages)]
    for alarm in gone:
        sim.alarms.delete(alarm)
    return [alarm for alarm in alarms if alarm not in gone]


def run(page: str, **given: object) -> list[object]:
    """Run the blocks of a page after each other, as one program, and return the value of each."""
    names: dict[str, object] = {"__name__": "page", **given}
    return [run_block(code, names, page) for code in blocks(page)]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Return a module, or a stand-in with these names where it is not installed; `replaced` are replaced in both."""

    def find(name: str, *, replaced: dict[str, object] | None = None, **names: object) -> ModuleType:
        if importlib.util.find_spec(name) is None:
            found = ModuleType(name)
            vars(found).update(names)
            monkeypatch.setitem(sys.modules, name, found)
        found = importlib.import_module(name)
        for key, value in (replaced or {}).items():
            monkeypatch.setattr(found, key, value, raising=False)
        return found

    return find


def test_every_page_with_code_is_run() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    for page in HOWTO.glob("*.rst"):
        name = page.stem
        if name in NO_CODE:
            assert not blocks(name)
        elif name not in ELSEWHERE and not name.startswith("patriot-"):  # tests/patriot runs those
            assert f'"{name}"' in source, f"{page.name} is not run by a test"


def test_nothing_on_a_page_is_a_block_without_a_language() -> None:
    """They would have neither colours nor a test."""
    for page in HOWTO.glob("*.rst"):
        for block in re.findall(r"::\n\n((?: .*\n)+)", re.sub(r"\.\. [a-z-]+::.*\n\n", "", text_of(page.stem))):
            assert not re.search(r"^ *(import|from) \w+", block, re.MULTILINE), page.name


@pytest.mark.parametrize("page", TRANSCRIPTS)
@pytest.mark.usefixtures("sim")
def test_a_transcript_is_what_happens(page: str) -> None:
    result = doctest.testfile(
        str(HOWTO / f"{page}.rst"), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS
    )
    assert result.attempted > 0
    assert result.failed == 0


# Cameras


def test_cameras_to_csv(sim: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sim.edit(lambda site: site.rename_camera("C2", 'Gate; "Øst", 1'))
    run("cameras-to-csv")
    with (tmp_path / "cameras.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert rows['Gate; "Øst", 1']["folders"] == "SiteB"
    assert rows["North Fence"] == {
        "id": str(sim.site.camera("North Fence").id),
        "name": "North Fence",
        "folders": "Perimeter/North",
        "recorder": "Recorder 1",
        "address": "http://192.0.2.6/",
    }
    assert "Device 1 Simulated device http://192.0.2.2/" in capsys.readouterr().out.splitlines()
    stored = json.loads((tmp_path / "cameras.json").read_text(encoding="utf-8"))
    assert {each["name"] for each in stored} == rows.keys()


@pytest.mark.parametrize("recorder", ["up", "down"])
def test_cameras_without_recordings(hard: Simulator, recorder: str, capsys: pytest.CaptureFixture[str]) -> None:
    if recorder == "down":
        hard.stop_service("recorder")
    run("cameras-without-recordings")
    lines = capsys.readouterr().out.splitlines()
    if recorder == "up":
        assert lines == ["Store Room: nothing recorded in the last day"]
    else:
        assert len(lines) == 2 * len(hard.site.cameras), "each camera has a line, in both blocks"


def test_configuration(sim: Simulator, site: Client) -> None:
    (recorder,) = site.configuration.query("RecordingServer")
    driver = next(iter(site.configuration.children(f"{recorder.path}/HardwareDriverFolder")))
    camera = site.camera("C1")
    run(
        "configuration",
        site=site,
        camera_id=camera.id,
        recorder_path=recorder.path,
        driver_path=driver.path,
        password="pass",
    )
    site.refresh()
    assert site.camera(camera.id).name == "Gate 3"
    assert "Close gate" in {event.name for event in site.user_defined_events()}


# Alarms


class Endpoint(BaseHTTPRequestHandler):
    """Accepts so many posts, and refuses the next."""

    bodies: list[dict[str, Any]]
    accepted: int

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204 if len(self.bodies) <= self.accepted else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.usefixtures("tmp_path")
def test_webhook(hard: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms = [str(alarm) for alarm in trigger_hard_alarms(hard)]
    endpoint = type("One", (Endpoint,), {"bodies": [], "accepted": len(alarms) - 1})
    with ThreadingHTTPServer(("127.0.0.1", 0), endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            monkeypatch.setenv("WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/alarms")
            for _ in range(2):
                with pytest.raises(httpx.HTTPStatusError):
                    run("webhook")
        finally:
            server.shutdown()
            thread.join()
    posted = [body["id"] for body in endpoint.bodies]
    assert posted == [*alarms, alarms[-1]], "the one that was refused is posted again at the next start"
    assert endpoint.bodies[-1] == endpoint.bodies[-2]
    assert {"message", "source_name", "timestamp", "state", "revision"} <= endpoint.bodies[0].keys()


def test_acknowledge(hard: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    alarms = trigger_hard_alarms(hard)

    def states() -> Counter[int]:
        return Counter(hard.alarms.get(alarm).state for alarm in alarms)

    acknowledge, close, update = blocks("acknowledge")
    run_block(acknowledge, names := {}, "acknowledge")
    assert states() == {AlarmState.IN_PROGRESS: len(alarms)}
    run_block(close, names, "acknowledge")
    assert states() == {AlarmState.IN_PROGRESS: len(alarms) - 1, AlarmState.CLOSED: 1}, "the one of the year 1"
    run_block(update, names, "acknowledge")
    assert states()[AlarmState.ON_HOLD] == 1
    assert "name='On hold'" in capsys.readouterr().out


def test_export_around_an_alarm(hard: Simulator, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed: nothing could write MP4")
    alarms = without(hard, trigger_hard_alarms(hard), "Not yet recorded", "No clock: 9999")
    reports: list[tuple[object, ...]] = []
    with pytest.raises(Enough):
        run("export-around-an-alarm", print=end_after(len(alarms), reports))
    assert [alarm for alarm, _ in reports] == alarms
    assert [str(what) for _, what in reports].count("complete") == 1
    assert [path.name for path in tmp_path.glob("*.mp4")] == [f"{alarms[2]}.mp4"]


def test_many_sites(sim: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The first block until Ctrl-C; the others with the monitor that it has."""
    first, update, serve = blocks("many-sites")
    (tmp_path / "authority.pem").write_bytes(sim.ca_file.read_bytes())
    written: list[tuple[object, ...]] = []

    def write(*row: object) -> None:
        written.append(row)
        signal.raise_signal(signal.SIGINT)

    names = {"write_to_our_database": write, "our_sites": lambda: [("Head office", sim.url, sim.password)]}
    with pytest.raises(KeyboardInterrupt):
        run_block(first, {"__name__": "page", **names}, "many-sites")
    ((name, alarm),) = written
    assert (name, alarm.source_name) == ("Head office", "C1")

    async def go_on() -> str:
        settings = SiteSettings(
            name="Head office",
            location=sim.url,
            credentials=BasicUser(sim.username, "wrong"),
            trust=Trust.ca_file(sim.ca_file),
        )
        arrived = asyncio.Event()

        async def on_alarm(*_: object) -> None:
            arrived.set()

        store = MemoryCheckpointStore()
        async with AlarmMonitor([settings], on_alarm=on_alarm, on_link=on_alarm, checkpoints=store) as monitor:
            names = {"monitor": monitor, "BasicUser": BasicUser, "asyncio": asyncio, "new_password": sim.password}
            following = asyncio.create_task(monitor.run())
            await arrived.wait()  # the link is lost: the password is wrong
            arrived.clear()
            run_block(update, names, "many-sites")
            await arrived.wait()
            body = f"async def serve_metrics():\n{_indented(serve.replace('9464', '0'))}\n    return server\n"
            run_block(body, names, "many-sites")
            async with await names["serve_metrics"]() as server:
                port = server.sockets[0].getsockname()[1]
                async with httpx.AsyncClient(trust_env=False) as http:
                    answer = await http.get(f"http://127.0.0.1:{port}/metrics")
            monitor.stop()
            await following
        return answer.text

    metrics = asyncio.run(go_on())
    assert 'milestone_site_state{site="Head office"' in metrics
    assert metrics.endswith("# EOF\n")


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in code.splitlines())


# Video


def test_snapshots(hard: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alarms = without(hard, trigger_hard_alarms(hard), "No clock: 9999")
    run_block(blocks("snapshots")[0].replace("Front Hallway", "C1"), names := {}, "snapshots")  # which is denied there
    run_block(blocks("snapshots")[1], names, "snapshots")
    lines = capsys.readouterr().out.splitlines()
    saved = {path.name for path in tmp_path.glob("*.jpg")}
    assert {"live.jpg", "recorded.jpg", f"{hard.site.camera('C1').id}.jpg", "alarm-3.jpg"} <= saved
    assert sum(line.startswith("alarm ") for line in lines) == len(alarms) - 1
    for name in saved:
        with Image.open(tmp_path / name) as picture:
            assert picture.format == "JPEG"


@pytest.mark.usefixtures("sim")
def test_live() -> None:
    """Until the first status."""
    frames: list[Any] = []
    shown: list[Any] = []
    video, *others = blocks("live")
    names = {"decoder": SimpleNamespace(feed=frames.append), "show": end_after(1, shown), "log": print}
    with pytest.raises(Enough):
        run_block(video, names, "live")
    names["parse"] = end_after(1, metadata := [])
    with Client.from_env() as names["site"]:
        for code in others:
            with pytest.raises(Enough):
                run_block(code, names, "live")
            assert metadata
    assert shown[0]["connected"] is True
    assert frames


def test_playback(site: Client) -> None:
    (alarm,) = site.alarms.list()
    assert alarm.timestamp < datetime.now(UTC) - timedelta(seconds=40), "what is after it can be read"
    pictures: list[Any] = []
    run(
        "playback",
        site=site,
        camera="C1",
        alarm=SimpleNamespace(timestamp=alarm.timestamp, around=lambda **_: alarm.around(after=timedelta(seconds=2))),
        timedelta=timedelta,
        Gap=Gap,
        show=pictures.append,
        store=lambda *_: None,
    )
    assert len(pictures) >= 9, "2 s at five pictures a second"


def test_opencv(sim: Simulator, module: Callable[..., ModuleType]) -> None:
    shown: list[Any] = []

    def decode(data: bytes, _: object) -> object:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size

    module("numpy", frombuffer=lambda data, _: bytes(data), uint8=None)
    keys = iter([-1, -1, ord("q")])
    module(
        "cv2",
        imdecode=decode,
        IMREAD_COLOR=1,
        replaced={"imshow": lambda *window: shown.append(window), "waitKey": lambda _: next(keys)},
    )
    live, undecoded = blocks("opencv")
    run_block(live, {}, "opencv")
    assert [name for name, _ in shown] == ["Front Hallway"] * 3
    pytest.importorskip("av", reason="PyAV is not installed: nothing could decode H.264")
    if getattr(sys.modules["numpy"], "ndarray", None) is None:  # the stand-in, which PyAV cannot use
        undecoded = undecoded.replace('.to_ndarray(format="bgr24")', ".to_image()")
    decoded: list[Any] = []
    with pytest.raises(Enough):
        run_block(undecoded, {"print": end_after(3, decoded)}, "opencv")
    assert [size for _, *size in decoded] == [[320, 180]] * 3


# Operations


def test_diagnose(site: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client = ClientRecord(client_no="1234", zones=(Zone(number=1, name="Nowhere"),))
    names: dict[str, object] = {"__name__": "page", "client": client}
    first, patriot, own = blocks("diagnose")
    run_block(first, names, "diagnose")
    assert "ok: login" in capsys.readouterr().out
    names["site"] = site
    findings = run_block(patriot, names, "diagnose")
    assert any("patriot" in str(finding) for finding in findings)
    run_block(own, names, "diagnose")
    (found,) = (each for each in site.diagnose(names["EnoughCameras"]()) if each.check == "our cameras")
    assert found.what == "5 cameras"


def test_nat(sim: Simulator) -> None:
    (code,) = blocks("nat")
    names: dict[str, Any] = {}
    (recorder,) = sim.recorders
    elsewhere = {"https://203.0.113.5:22331": sim.event_server_url, "https://203.0.113.5:7563": recorder.recorder.uri}
    for shown, real in elsewhere.items():
        code = code.replace(shown, real)
    sim.registered_event_server = "https://event-server.invalid:22331/"
    run_block(code, names, "nat")
    with names["site"] as site:
        assert len(site.alarms.list()) == 1


def test_logging(sim: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library, values = logging.getLogger("milestone_sdk"), logging.getLogger("milestone_sdk.values")
    before = library.handlers[:]
    monkeypatch.setattr(logging, "basicConfig", partial(logging.basicConfig, stream=io.StringIO()))
    try:
        run("logging")
        logging.getLogger("milestone_sdk.alarms").warning("a warning")
        values.warning("another")
    finally:
        for handler in set(library.handlers) - set(before):
            library.removeHandler(handler)
            handler.close()
        values.setLevel(logging.NOTSET)
    assert (tmp_path / "vms.log").read_text() == "a warning\n"


def test_the_names_of_all_loggers_are_on_the_page() -> None:
    page = text_of("logging")
    for path in Path(milestone_sdk.__file__).parent.rglob("*.py"):
        for name in re.findall(r'getLogger\("(milestone_sdk\.\w+)', path.read_text(encoding="utf-8")):
            assert f"``{name}``" in page, f"{path.name} logs to {name}"


# Other programs


class StandIn(Starlette):
    """What the page uses of FastAPI: parameters by annotation, values as JSON."""

    def get(self, path: str, method: str = "GET") -> Callable[..., Any]:
        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            async def answer(request: Request) -> Response:
                given = {**request.path_params, **request.query_params}
                kinds = function.__annotations__
                found = await function(**{name: kinds[name](value) for name, value in given.items()})
                return found if isinstance(found, Response) else JSONResponse(found)

            self.add_route(path, answer, methods=[method])
            return function

        return register

    def post(self, path: str) -> Callable[..., Any]:
        return self.get(path, "POST")

    def exception_handler(self, kind: type[Exception]) -> Callable[..., Any]:
        return partial(self.add_exception_handler, kind)


def test_fastapi(sim: Simulator, monkeypatch: pytest.MonkeyPatch, module: Callable[..., ModuleType]) -> None:
    module("fastapi", FastAPI=StandIn, responses=starlette.responses)
    if sys.modules["fastapi"].FastAPI is StandIn:
        monkeypatch.setitem(sys.modules, "fastapi.responses", starlette.responses)
    names: dict[str, Any] = {"__name__": "vms"}
    (code,) = blocks("fastapi")
    exec(code, names)

    async def ask() -> list[httpx.Response]:
        app = names["app"]
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://vms")
        async with app.router.lifespan_context(app), client as http:
            cameras = {camera["name"]: camera["id"] for camera in (await http.get("/cameras")).json()}
            (alarm,) = (await http.get("/alarms", params={"limit": 5})).json()
            answers = [
                await http.get(f"/cameras/{cameras['C1']}.jpg"),
                await http.post(f"/alarms/{alarm['id']}/acknowledge"),
                await http.get(f"/cameras/{alarm['id']}.jpg"),
            ]
            await asyncio.to_thread(sim.stop_service, "recorder")
            return [*answers, await http.get(f"/cameras/{cameras['C1']}.jpg")]

    picture, acknowledged, unknown, down = asyncio.run(ask())
    (alarm,) = sim.alarms.stored()
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content[:2] == b"\xff\xd8"
    assert acknowledged.status_code == 200
    assert alarm.state == AlarmState.IN_PROGRESS
    assert (unknown.status_code, down.status_code) == (404, 503)
    assert "no camera" in unknown.json()["error"]


class DataFrame:
    """What the page uses of pandas."""

    def __init__(self, rows: Any) -> None:
        self.rows = list(rows)

    def __getitem__(self, name: str) -> Any:
        counts = Counter(row[name] for row in self.rows)
        return SimpleNamespace(value_counts=lambda: counts)


@pytest.mark.usefixtures("sim")
def test_notebooks(module: Callable[..., ModuleType]) -> None:
    module("pandas", DataFrame=DataFrame)
    cameras, alarms, picture, counts, _ = run("notebooks")
    assert "<td>North Fence</td>" in cameras._repr_html_()
    assert "<td>Motion outdoors</td>" in alarms._repr_html_()
    assert picture._repr_jpeg_()[:2] == b"\xff\xd8"
    assert dict(counts) == {"C1": 1}


def test_from_milestonepstools(sim: Simulator, site: Client, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed: nothing could write MKV")
    time = datetime.now(UTC) - timedelta(minutes=2)
    names: dict[str, Any] = {
        "AlarmDefinitionItem": milestone_sdk.AlarmDefinitionItem,
        "Client": Client,
        "PropertyFilter": milestone_sdk.PropertyFilter,
        "alarm": site.alarms.list()[0],
        "item": site.configuration.item(f"Camera[{site.camera('C1').id}]"),
        "site": site,
        "span": milestone_sdk.TimeSpan(time - timedelta(seconds=5), time),
        "time": time,
    }
    calls = re.findall(r"``((?:site[.]|site = ).*?)``", text_of("from-milestonepstools"))
    assert len(calls) > 25
    for call in calls:
        if "(...)" in call:
            assert callable(eval(call.partition("(...)")[0], names)), call
        elif call.startswith("site = "):
            with closing(eval(call.removeprefix("site = "), names)) as opened:
                assert opened.cameras()
        elif call != "site.close()":
            assert eval(call, names) is not NotImplemented
    assert (tmp_path / "gate.mkv").exists()


def test_windows_service(sim: Simulator, monkeypatch: pytest.MonkeyPatch, module: Callable[..., ModuleType]) -> None:
    """With a stand-in for pywin32: start, one alarm, stop from another thread."""
    arrived = threading.Event()

    async def on_alarm(site: object, alarm: object) -> None:
        arrived.set()

    settings = SiteSettings(
        name="Site",
        location=sim.url,
        credentials=BasicUser(sim.username, sim.password),
        trust=Trust.ca_file(sim.ca_file),
    )
    states: list[object] = []
    framework = type(
        "ServiceFramework",
        (),
        {"__init__": lambda self, args: None, "ReportServiceStatus": lambda self, *a, **b: states.append(a)},
    )
    module("win32service", SERVICE_STOP_PENDING=3)
    module("win32serviceutil", ServiceFramework=framework, HandleCommandLine=lambda service: None)
    module("arc", on_alarm=on_alarm, on_link=on_alarm, our_settings=lambda: [settings])
    names: dict[str, Any] = {"__name__": "service"}
    (code,) = blocks("windows-service")
    exec(code, names)
    service = names["AlarmService"](())
    running = threading.Thread(target=service.SvcDoRun)
    running.start()
    try:
        assert arrived.wait(30)
    finally:
        service.SvcStop()
        running.join(30)
    assert not running.is_alive()
    assert states == [(3,)]
