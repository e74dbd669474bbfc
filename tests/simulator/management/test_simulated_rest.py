"""The simulated API gateway, asked as the vendor's Python samples ask it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from milestone_sdk.simulator import Simulator
from tests.support.management_wire import Wire

Factory = Callable[..., Simulator]
NOTHING = "11111111-2222-3333-4444-555555555555"
ANALYTICS = "AXIS Perimeter_Defender alarm START on camera C1"


class Rest:
    """Requests with the access token of the simulator's user."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.wire = Wire(sim)
        self.headers = self.wire.bearer()

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        content = None if body is None else json.dumps(body)
        url = f"{self.sim.url}/api/rest/v1/{path}"
        return self.wire.http.request(method, url, headers=self.headers, content=content)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def names(self, path: str) -> list[str]:
        return [item.get("name") or item["displayName"] for item in self.get(path)["array"]]

    def refusal(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str]]:
        """Status and first detail of an error, which is in the documented form."""
        answer = self.ask(method, path, body)
        error = answer.json()["error"]
        assert error["httpCode"] == answer.status_code
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        detail: dict[str, str] = error["details"][0]
        return answer.status_code, detail


@pytest.fixture
def rest(simulator_factory: Factory) -> Iterator[Rest]:
    rest = Rest(simulator_factory(services=("management", "event_server")))
    yield rest
    rest.wire.http.close()


@pytest.fixture
def start(simulator_factory: Factory) -> Iterator[Callable[..., Rest]]:
    started: list[Rest] = []

    def make(**options: Any) -> Rest:
        started.append(Rest(simulator_factory(**options)))
        return started[-1]

    yield make
    for rest in started:
        rest.wire.http.close()


# The configuration


def test_cameras_have_the_members_of_a_real_server_in_their_order(rest: Rest) -> None:
    camera = next(entry for entry in rest.get("cameras")["array"] if entry["name"] == "C1")
    assert list(camera)[:8] == [
        "displayName", "enabled", "id", "name", "channel", "description", "createdDate", "lastModified",
    ]  # fmt: skip
    assert list(camera)[-1] == "relations"
    model = rest.sim.site.camera("C1")
    assert camera["relations"] == {
        "parent": {"type": "hardware", "id": str(model.hardware_id)},
        "self": {"type": "cameras", "id": str(model.id)},
    }
    assert (camera["enabled"], camera["channel"], camera["recordingFramerate"]) == (True, 0, 5)
    assert camera["recordingStorage"]["type"] == "storages"
    assert rest.get(f"Cameras/{str(model.id).upper()}")["data"] == camera


@pytest.mark.parametrize(
    ("release", "enabled", "rate"), [("2022R1", "True", "5.0"), ("2023R2", True, "5.0"), ("2025R1", True, 5)]
)
def test_values_change_their_form_with_the_release(
    start: Callable[..., Rest], release: str, enabled: object, rate: object
) -> None:
    rest = start(release=release, services=("management",))
    camera = rest.get("cameras")["array"][0]
    assert (camera["enabled"], camera["recordingFramerate"]) == (enabled, rate)


def test_the_gateway_follows_the_release_and_its_switch(start: Callable[..., Rest]) -> None:
    assert start(release="2021R2", services=("management",)).ask("GET", "cameras").status_code == 404
    rest = start(release="2022R1", services=("management",))
    assert rest.refusal("GET", "alarms") == (404, {"errorText": "Unknown resource: alarms"})
    rest.sim.identity.gateway = False
    assert rest.ask("GET", "cameras").status_code == 404


def test_disabled_objects_are_hidden_unless_asked_for(rest: Rest) -> None:
    rest.sim.edit(lambda site: setattr(site.camera("C1"), "enabled", False))
    assert "C1" not in rest.names("cameras")
    assert "C1" in rest.names("cameras?disabled")
    assert rest.get(f"cameras/{rest.sim.site.camera('C1').id}")["data"]["enabled"] is False


def test_pages_filters_and_order(rest: Rest) -> None:
    everything = rest.names("cameras")
    assert rest.names("cameras?page=0&size=2") + rest.names("cameras?page=1&size=2") == everything[:4]
    assert rest.names("cameras?page=9&size=2") == []
    assert rest.names("cameras?name='c1'") == ["C1"]
    assert rest.names("cameras?name=startsWith:C&disabled") == ["C1", "C2"]
    assert rest.names("cameras?name=contains:'fence'") == ["North Fence"]
    assert rest.names("cameras?name=notEquals:C1&name=notEquals:C2") == ["Front Hallway", "Store Room", "North Fence"]
    assert rest.names("cameras?lastModified=gt:'2100-01-01'") == []
    assert rest.names("cameras?channel=lt:1") == everything
    for query in ("nonsense=1", "page=-1", "page=x", "size=0", "size=2001&page=0"):
        assert rest.refusal("GET", f"cameras?{query}")[0] == 400


def test_trees_of_children(rest: Rest) -> None:
    site, recorder = rest.sim.site, rest.sim.site.recorders[0]
    assert rest.names("sites") == ["Example"]
    assert rest.get(f"sites/{site.id}")["data"]["relations"] == {"self": {"type": "sites", "id": str(site.id)}}
    assert len(rest.names(f"recordingServers/{recorder.id}/hardware")) == 5
    assert rest.names(f"hardware/{site.camera('C1').hardware_id}/cameras") == ["C1"]
    group = next(group for group in site.walk_groups() if group.name == "Perimeter")
    assert rest.names("cameraGroups") == ["SiteA", "SiteB", "Perimeter"]
    [north] = rest.get(f"cameraGroups/{group.id}/cameraGroups")["array"]
    assert list(north["relations"]) == ["self"]
    assert rest.names(f"cameraGroups/{north['id']}/cameras") == ["North Fence"]
    ptz = site.camera("C2").id
    assert rest.names(f"cameras/{ptz}/ptzPresets") == ["Door", "Yard"]
    [stream] = rest.get(f"cameras/{ptz}/streams")["array"]
    assert stream["stream"][0]["recordTo"] == "16ce3aa1-5f93-458a-abe5-5c95d9ed1372"
    assert {"type": "ptzPresets", "displayName": "PtzPreset"} in rest.get(f"cameras/{ptz}?resources")["resources"]


def test_errors_are_those_of_real_servers(rest: Rest) -> None:
    camera = rest.sim.site.camera("C1").id
    assert rest.refusal("GET", "recordings") == (404, {"errorText": "Unknown resource: recordings"})
    assert rest.refusal("GET", f"cameras/{camera}/recordings")[1]["errorText"] == "Unknown resource: recordings"
    invalid = f"Invalid parent. cameras/{camera}/OutputFolder"
    assert rest.refusal("GET", f"cameras/{camera}/outputs") == (400, {"errorText": invalid})
    assert rest.refusal("GET", f"cameras/{NOTHING}")[1]["errorText"] == f"Device not found. cameras/{NOTHING}"
    assert rest.refusal("GET", "cameras/no-guid")[0] == 404
    assert rest.refusal("GET", "bookmarks") == (400, {"errorText": "Bad request: Unknown request"})
    assert rest.refusal("POST", "cameras", {})[0] == 400
    rest.sim.site.users[0].denied = ("RecordingServer[",)
    status, detail = rest.refusal("GET", f"recordingServers/{rest.sim.site.recorders[0].id}")
    assert (status, detail["errorTextId"]) == (403, "VMO61008")
    rest.sim.tokens.advance(timedelta(hours=2))
    expired = "Token validation failed: the token is expired."
    assert rest.refusal("GET", "cameras") == (401, {"errorText": expired})


def test_a_user_sees_the_cameras_of_the_soap_twin(rest: Rest) -> None:
    hidden = rest.sim.site.camera("C1")
    rest.sim.site.users[0].visible = lambda camera: camera is not hidden
    assert "C1" not in rest.names("cameras?disabled")
    assert rest.refusal("GET", f"cameras/{hidden.id}")[0] == 404


def test_a_user_defined_event_is_created_changed_and_deleted_as_in_the_sample(rest: Rest) -> None:
    answer = rest.ask("POST", "userDefinedEvents", {"name": "my Python event"})
    assert answer.status_code == 201
    result = answer.json()["result"]
    assert (result["state"], result["path"]["type"]) == ("Success", "userDefinedEvents")
    path = f"userDefinedEvents/{result['id']}"
    assert rest.get(path)["data"]["name"] == "my Python event"
    changed = rest.ask("PUT", path, {"name": "my updated Python event"})
    assert (changed.status_code, changed.json()["data"]["name"]) == (200, "my updated Python event")
    assert rest.sim.site.event_type("my updated Python event") is not None
    assert rest.refusal("PATCH", path, {"name": " "})[1]["property"] == "Name"
    assert rest.ask("PATCH", path, {}).status_code == 200
    deleted = rest.ask("DELETE", path)
    assert (deleted.status_code, deleted.json()) == (200, {"state": "Success"})
    assert rest.refusal("GET", path)[0] == 404
    assert rest.refusal("POST", "userDefinedEvents", {"name": ""})[0] == 400


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("analyticsEvents", {"name": "Plate", "description": "of a car"}),
        ("cameraGroups", {"name": "Roof"}),
        ("roles", {"name": "Guards", "allowWebClientLogOn": False}),
        ("basicUsers", {"name": "rest", "password": "s€cret"}),
        ("rules", {"name": "Copy", "startRuleType": "Event", "description": "d", "always": True}),
    ],
)
def test_what_can_be_created_can_be_read_and_deleted(rest: Rest, resource: str, body: dict[str, Any]) -> None:
    answer = rest.ask("POST", resource, body)
    assert answer.status_code == 201, answer.text
    assert "s€cret" not in answer.text
    path = f"{resource}/{answer.json()['result']['path']['id']}"
    read = rest.get(path)["data"]
    assert {key: read[key] for key in body if key != "password"} == {k: v for k, v in body.items() if k != "password"}
    if resource == "basicUsers":
        assert rest.wire.password_grant(username="rest", password="s€cret").status_code == 200
    assert rest.ask("DELETE", path).json() == {"state": "Success"}
    assert rest.refusal("GET", path)[0] == 404


def test_an_alarm_definition_made_over_rest_makes_alarms(rest: Rest) -> None:
    event = rest.sim.site.event_type(ANALYTICS)
    assert event is not None
    camera = rest.sim.site.camera("C1").id
    body = {
        "name": "Over REST",
        "eventTypeGroup": "a96692c8-51b1-4f87-b12c-0d3d9cbfc5a4",
        "eventType": str(event.id),
        "sourceList": [{"type": "cameras", "id": str(camera)}],
    }
    result = rest.ask("POST", "alarmDefinitions", body).json()["result"]
    assert result["sourceList"] == [{"type": "cameras", "id": str(camera)}]
    rest.ask("POST", "events", {"type": str(event.id), "source": f"cameras/{camera}"})
    assert "Over REST" in {alarm.name for alarm in rest.sim.alarms.stored()}


def test_members_of_a_group(rest: Rest) -> None:
    group = rest.sim.site.camera_groups[0]
    camera = rest.sim.site.camera("C1").id
    assert (
        rest.ask("POST", f"cameraGroups/{group.id}/cameras", {"type": "cameras", "id": str(camera)}).status_code == 201
    )
    assert "C1" in rest.names(f"cameraGroups/{group.id}/cameras")
    assert rest.ask("DELETE", f"cameraGroups/{group.id}/cameras/{camera}").json() == {"state": "Success"}
    assert "C1" not in rest.names(f"cameraGroups/{group.id}/cameras")
    assert rest.get(f"cameras/{camera}")["data"]["name"] == "C1"


def test_tasks_as_in_the_sample(rest: Rest) -> None:
    camera = rest.sim.site.camera("C2").id
    told = rest.get(f"cameras/{camera}/ptzpresets?tasks&noData")
    assert told == {"tasks": [{"id": "GetDevicePresets", "displayName": "Get device presets"}]}
    begun = rest.ask("POST", f"cameras/{camera}/ptzpresets?task=GetDevicePresets", {"sessionDataId": 0}).json()[
        "result"
    ]
    assert (begun["state"], begun["path"]["type"]) == ("Idle", "tasks")
    task = f"tasks/{begun['path']['id']}"
    states = [rest.get(task)["data"]["state"] for _ in range(20)]
    assert states[-1] == "Success"
    assert rest.get(task)["data"]["progress"] == 100
    assert rest.ask("POST", f"{task}?task=TaskCleanup", {}).json()["result"]["state"] == "Success"
    assert rest.refusal("GET", task)[0] == 404


def test_a_task_without_its_parameters_is_told_them(rest: Rest) -> None:
    path = f"cameras/{rest.sim.site.camera('North Fence').id}?task=RetrieveEdgeStorage"
    answer = rest.ask("POST", path)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == [{"errorText": "Bad request: parameters missing"}]
    assert {"startTime", "endTime", "identifier", "relatedTasks"} <= answer.json()["params"].keys()
    now = rest.sim.site.now()
    times = {"startTime": (now - timedelta(hours=3)).isoformat(), "endTime": (now - timedelta(hours=2)).isoformat()}
    begun = rest.ask("POST", path, {**times, "identifier": "", "relatedTasks": ""}).json()["result"]
    assert begun["path"]["type"] == "tasks"
    assert rest.refusal("POST", path.replace("RetrieveEdgeStorage", "JpegGetLive"), {})[0] == 400


def test_registered_services(rest: Rest) -> None:
    services = {service["name"]: service for service in rest.get("registeredServices")["array"]}
    assert services["Event server"]["uris"] == [rest.sim.event_server_url]
    assert services["Management server"]["endpoints"][0]["authentication"] == "Windows"


# Alarms


def level(rest: Rest, resource: str, number: int) -> str:
    return next(entry["id"] for entry in rest.get(resource)["array"] if entry["level"] == number)


def test_an_alarm_as_in_the_sample(rest: Rest) -> None:
    camera = rest.get("cameras")["array"][0]
    body = {"name": "my first alarm name", "message": "my first alarm message", "source": camera["id"]}
    answer = rest.ask("POST", "alarms", body)
    assert answer.status_code == 202
    alarm = answer.json()["data"]
    [stored] = rest.sim.alarms.stored()
    assert (str(stored.id), stored.name, stored.message) == (alarm["id"], body["name"], body["message"])
    assert (str(stored.camera_id), stored.state) == (camera["id"], 1)
    whole = rest.get(f"alarms/{alarm['id']}?include=data")["data"]
    assert whole["data"]["EventHeader"]["Name"] == body["name"]
    assert "data" not in rest.get(f"alarms/{alarm['id']}")["data"]
    closed, low = level(rest, "alarmStates", 11), level(rest, "alarmPriorities", 3)
    nulls = {"comment": None, "assignedTo.displayName": None, "reasonForClosing": None}
    changed = rest.ask("PATCH", f"alarms/{alarm['id']}", {"state": closed, "priority": low, **nulls})
    assert changed.status_code == 202
    assert (changed.json()["data"]["state"], changed.json()["data"]["priority"]) == (closed, low)
    [stored] = rest.sim.alarms.stored()
    assert (stored.state, stored.state_name, stored.priority, stored.assigned_to) == (11, "Closed", 3, None)
    rest.ask("PATCH", f"alarms/{alarm['id']}", {"comment": "a fox", "assignedTo.displayName": "Ann"})
    [stored] = rest.sim.alarms.stored()
    assert (stored.state, stored.assigned_to) == (11, "Ann")
    assert [entry["Text"] for entry in rest.get(f"alarms/{alarm['id']}/history")["array"] if "Text" in entry] == [
        "a fox"
    ]
    assert [entry["id"] for entry in rest.get("alarms?page=0&size=10")["array"]] == [alarm["id"]]


def test_alarms_are_filtered_sorted_and_paged(rest: Rest) -> None:
    now = rest.sim.site.now()
    for number in range(3):
        rest.sim.alarms.add(f"A{number}", timestamp=now - timedelta(hours=number))
    assert rest.names("alarms") == ["A0", "A1", "A2"]
    assert rest.names("alarms?orderBy=asc:'time'") == ["A2", "A1", "A0"]
    assert rest.names("alarms?orderBy=desc:'localId'&page=1&size=2") == ["A0"]
    since = (now - timedelta(minutes=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert rest.names(f"alarms?time=gt:'{since}'") == ["A0", "A1"]
    assert rest.names(f"alarms?state={level(rest, 'alarmStates', 11)}") == []


def test_bad_alarms_are_refused_and_store_nothing(rest: Rest) -> None:
    assert rest.refusal("POST", "alarms", {"message": "no name"})[1]["property"] == "name"
    assert rest.refusal("POST", "alarms", {"name": "x", "source": NOTHING})[1]["property"] == "source"
    assert rest.refusal("POST", "alarms", {"name": "x", "state": NOTHING})[1]["property"] == "state"
    assert rest.refusal("POST", "alarms", ["x"])[0] == 400
    assert rest.refusal("GET", f"alarms/{NOTHING}")[0] == 404
    assert rest.refusal("GET", "alarms/x")[0] == 404
    assert rest.refusal("DELETE", "alarms")[0] == 405
    assert rest.sim.alarms.stored() == []


# Events


def test_an_event_as_in_the_sample_raises_its_alarms(rest: Rest) -> None:
    event = next(entry for entry in rest.get("userDefinedEvents")["array"] if entry["name"] == "Open gate")
    answer = rest.ask("POST", "events", {"type": event["id"]})
    assert answer.status_code == 202
    made = answer.json()["data"]
    assert (made["type"], made["source"]) == (event["id"], f"userDefinedEvents/{event['id']}")
    [alarm] = rest.sim.alarms.stored()
    assert alarm.name == "Gate opened"
    listed = rest.get("events?page=0&size=10&include=data")["array"]
    assert [entry["id"] for entry in listed] == [made["id"]]
    assert "data" in listed[0]
    assert rest.get(f"events/{made['id']}")["data"]["type"] == event["id"]
    rest.sim.alarms.store.retention.events = timedelta(0)
    assert rest.refusal("GET", f"events/{made['id']}")[0] == 404


def test_an_event_from_a_camera_keeps_its_type(rest: Rest) -> None:
    event = next(entry for entry in rest.get("userDefinedEvents")["array"] if entry["name"] == "Open gate")
    camera = rest.sim.site.camera("C1").id
    made = rest.ask("POST", "events", {"type": event["id"], "source": f"cameras/{camera}"}).json()["data"]
    assert (made["type"], made["source"]) == (event["id"], f"cameras/{camera}")
    rest.sim.trigger("Motion Detected", source="C2")
    assert len(rest.get("events")["array"]) == 2
    assert len(rest.get(f"events?source.id=oneOf:'{camera}'")["array"]) == 1
    motion = rest.sim.site.event_type("Motion Detected")
    assert motion is not None
    assert [UUID(entry["type"]) for entry in rest.get(f"events?type={motion.id}")["array"]] == [motion.id]


def test_bad_events_are_refused(rest: Rest) -> None:
    motion = rest.sim.site.event_type("Motion Detected")
    gate = rest.sim.site.event_type("Open gate")
    assert motion is not None
    assert gate is not None
    assert rest.refusal("POST", "events", {})[0] == 400
    assert rest.refusal("POST", "events", {"type": NOTHING})[0] == 400
    assert rest.refusal("POST", "events", {"type": str(motion.id)})[1]["errorTextId"] == "VMO61008"
    assert rest.refusal("POST", "events", {"type": str(gate.id), "source": f"cameras/{NOTHING}"})[0] == 400
    assert rest.get("events")["array"] == []


def test_without_an_event_server_its_resources_are_not_available(start: Callable[..., Rest]) -> None:
    rest = start(services=("management",))
    assert rest.refusal("GET", "alarms")[0] == 503
    assert rest.names("cameras")
