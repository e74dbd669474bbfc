"""The model of a site, the simulator's life, and its pytest plugin."""

import errno
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from milestone_sdk.simulator import Simulator, example_site, large_site
from tests.support.management_wire import Wire, texts, tree
from tests.support.stopwatch import Stopwatch

Factory = Callable[..., Simulator]


def test_the_example_site_is_the_documentation_s() -> None:
    site = example_site()
    assert [group.name for group in site.walk_groups()] == ["SiteA", "SiteB", "Perimeter", "North"]
    assert site.camera("Store Room").recordings == []
    [(start, end)] = site.camera("Front Hallway").recordings
    assert end is None
    assert timedelta(minutes=59) < datetime.now(UTC) - start < timedelta(minutes=61)
    analytics = "AXIS Perimeter_Defender alarm START on camera C1"
    [definition] = [wanted for wanted in site.alarm_definitions if wanted.event == analytics]
    assert (definition.sources, site.priorities[definition.priority]) == ([], "High")
    assert 3 in {wanted.priority for wanted in site.alarm_definitions}
    assert example_site().camera("C1").id == site.camera("C1").id
    assert site.camera(site.camera("C1").id).name == "C1"
    with pytest.raises(KeyError):
        site.camera("C9")


def test_a_large_site_is_the_same_for_the_same_seed() -> None:
    one, same, other = large_site(120), large_site(120), large_site(120, seed=1)
    assert [camera.id for camera in one.cameras] == [camera.id for camera in same.cameras]
    assert {camera.id for camera in one.cameras}.isdisjoint(camera.id for camera in other.cameras)
    assert len(one.cameras) == len({camera.id for camera in one.cameras}) == 120


def test_changes_move_the_recorder_s_time_and_leave_a_trace() -> None:
    site = example_site()
    before = site.recorders[0].last_modified
    camera = site.remove_camera("C1")
    assert camera.id not in {member for group in site.walk_groups() for member in group.cameras}
    assert site.recorders[0].last_modified > before
    site.add_camera(camera, site.camera_groups[0])
    assert [change.id for change in site.changes] == [camera.recorder_id, camera.hardware_id] * 2


def test_the_site_s_clock_can_be_moved() -> None:
    site = example_site()
    site.clock_offset = timedelta(days=-3)
    assert timedelta(days=2, hours=23) < datetime.now(UTC) - site.now() < timedelta(days=3, hours=1)


def test_a_whole_site_runs(simulator: Simulator) -> None:
    [alarm_id] = simulator.trigger("Motion Detected", source="Front Hallway")
    assert [alarm.id for alarm in simulator.alarms.stored()] == [alarm_id]
    assert simulator.site.recorders[0].uri.startswith("https://127.0.0.1:")
    assert simulator.event_server_url.startswith("https://127.0.0.1:")


def test_a_client_triggers_an_event_and_an_alarm_comes_of_it(simulator: Simulator) -> None:
    event = simulator.site.event_type("Open gate")
    assert event is not None
    with Wire(simulator) as wire:
        headers = wire.bearer()
        token = f"<token>{wire.login(headers)}</token>"
        assert wire.call("EventTrigger", f"{token}<eventId>{event.id}</eventId>", headers=headers).status_code == 200
        unknown = wire.call("EventTrigger", f"{token}<eventId>{simulator.site.id}</eventId>", headers=headers)
    assert unknown.status_code == 500
    assert [alarm.name for alarm in simulator.alarms.stored()] == ["Gate opened"]


def test_encryption_is_chosen_for_each_service(simulator_factory: Factory) -> None:
    old = simulator_factory(release="2020R1")
    assert old.event_server_url.startswith("http://"), "no event server before 2022 R1 knew TLS"
    mixed = simulator_factory(recorder_tls=False, event_server_tls=False)
    assert mixed.url.startswith("https://")
    assert mixed.site.recorders[0].uri.startswith("http://")
    assert mixed.event_server_url.startswith("http://")


def test_a_stopped_service_refuses_and_returns_under_its_port(simulator: Simulator) -> None:
    with Wire(simulator) as wire:
        assert wire.basic("IsOnline").status_code == 200
        simulator.stop_service("management")
        with pytest.raises(httpx.TransportError):
            wire.basic("IsOnline")
        with pytest.raises(httpx.ConnectError):
            wire.basic("IsOnline")
        simulator.start_service("management")
        assert texts(tree(wire.basic("IsOnline")), "IsOnlineResult") == ["true"]
    before = simulator.site.recorders[0].uri, simulator.event_server_url
    for service in ("recorder", "event_server"):
        simulator.stop_service(service)
        simulator.start_service(service)
    assert (simulator.site.recorders[0].uri, simulator.event_server_url) == before


def test_nothing_is_left_when_it_ends() -> None:
    before = threading.active_count()
    with Simulator() as sim, Wire(sim) as wire:
        sim.faults.add("management", "deaf")
        with pytest.raises(httpx.ReadTimeout):
            wire.http.get(sim.url, timeout=0.2)
        url, ca_file = sim.url, sim.ca_file
        assert ca_file.exists()
    assert threading.active_count() <= before
    assert not ca_file.exists()
    with httpx.Client(verify=False, trust_env=False) as http, pytest.raises(httpx.ConnectError):
        http.get(url)
    sim.stop()


def test_a_client_that_never_finishes_its_handshake_does_not_hold_the_end_up(simulator: Simulator) -> None:
    address = "127.0.0.1", int(simulator.url.rpartition(":")[2])
    with socket.create_connection(address, timeout=10) as silent, socket.create_connection(address, timeout=10) as loud:
        loud.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert ended(loud), "plain HTTP is not served on a TLS port"
        watch = Stopwatch()
        simulator.stop()
        assert watch.seconds < 5
        assert ended(silent)


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def test_a_port_that_is_taken_is_an_error_and_nothing_stays(simulator: Simulator) -> None:
    before = threading.active_count()
    port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(OSError) as raised:
        Simulator(ports={"management": port}).start()
    assert raised.value.errno == errno.EADDRINUSE
    assert threading.active_count() <= before


def test_a_release_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="2025R2"):
        Simulator(release="2019R9")
    assert Simulator(release="2023 r3").release.name == "2023R3"


def test_the_plugin_loads_nothing_of_the_simulator() -> None:
    """It is imported in every pytest run of whoever installs the package, also without the extra `simulator`."""
    program = (
        "import sys, json, types, pathlib\n"
        "package = types.ModuleType('milestone_sdk')\n"
        "package.__path__ = [sys.argv[1]]\n"
        "sys.modules['milestone_sdk'] = package\n"
        "import milestone_sdk.simulator.plugin\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    import milestone_sdk.simulator

    folder = next(iter(milestone_sdk.simulator.__path__)).rpartition("simulator")[0].rstrip("/\\")
    done = subprocess.run(
        [sys.executable, "-c", program, folder], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(json.loads(done.stdout))
    assert "milestone_sdk.simulator.plugin" in loaded
    assert loaded.isdisjoint({"h11", "PIL", "av", "cryptography", "lxml", "httpx", "milestone_sdk.simulator.simulator"})


def test_every_simulator_of_a_process_is_another_site(simulator_factory: Factory) -> None:
    sims = [simulator_factory(services=("management", "event_server")) for _ in range(3)]
    assert len({sim.site.id for sim in sims}) == 3
    alarms = {alarm for sim in sims for alarm in sim.trigger("Motion Detected", source="Front Hallway")}
    assert len(alarms) == 3
