"""The simulator's contract against what others say it is: the collected types, published schemas, and zeep."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
import zeep
from lxml import etree
from zeep.exceptions import Fault as ZeepFault

from milestone_sdk.simulator.eventserver.contract import CONTRACTS, ENUMERATIONS, OPERATIONS, alarm_contracts
from milestone_sdk.simulator.simulator import Simulator
from tests.support.eventserver_wire import ARR, MS, PA, SVC, Wire, alarm_filter, event_server
from tests.support.soap_bodies import GOLDEN

PROTOCOL = Path(__file__).resolve().parents[4] / "shared" / "protocol"
needs_protocol = pytest.mark.skipif(
    not (PROTOCOL / "alarmservice-types.json").exists(),
    reason="the folder of protocol facts lies beside the repository and is not here",
)


@pytest.fixture(scope="module")
def collected() -> Any:
    return json.loads((PROTOCOL / "alarmservice-types.json").read_text())


@needs_protocol
def test_types_are_those_that_were_collected(collected: Any) -> None:
    wanted = {
        name: (
            known["namespace"],
            known["base"],
            [(f["name"], f["type"]["name"], f["minOccurs"] == 1, f["omittedWhenDefault"]) for f in known["fields"]],
        )
        for name, known in collected["types"].items()
    }
    ours = {
        name: (
            contract.namespace,
            contract.base,
            [(m.name, m.type, m.required, m.omitted_when_default) for m in contract.members],
        )
        for name, contract in CONTRACTS.items()
    }
    assert ours == wanted


@needs_protocol
def test_collections_enumerations_and_operations_are_those_that_were_collected(collected: Any) -> None:
    lists = {name: alarm_contracts().collection(name) for name in collected["collections"]}
    assert {name: (c.namespace, c.item, c.type) for name, c in lists.items() if c is not None} == {
        name: (c["itemNamespace"], c["item"], c["itemType"]["name"]) for name, c in collected["collections"].items()
    }
    assert {name: list(values) for name, values in ENUMERATIONS.items()} == {
        name: [value["wire"] for value in known["values"]] for name, known in collected["enums"].items()
    }
    assert {
        name: ([(m.name, m.type) for m in operation.parameters], operation.result)
        for name, operation in OPERATIONS.items()
    } == {
        name: (
            [(parameter["name"], parameter["type"]["name"]) for parameter in known["params"]],
            known["result"]["type"]["name"] if known["result"] else None,
        )
        for name, known in collected["operations"].items()
    }


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The schemas that a real server published."""
    folder = PROTOCOL / "captures" / "AlarmServiceToken"
    spaces = {path: etree.parse(path).getroot().get("targetNamespace") for path in sorted(folder.glob("*.xsd"))}
    wanted = "".join(f'<xs:import namespace="{ns}" schemaLocation="{path.as_uri()}"/>' for path, ns in spaces.items())
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{wanted}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text))


@pytest.fixture
def busy() -> Iterator[tuple[Simulator, Wire]]:
    """A site where something of everything is stored."""
    with event_server() as (sim, wire):
        sim.trigger("Motion Detected", "C1", snapshots=[b"\xff\xd8"], vendor="ACME", description="text")
        sim.trigger("AXIS Perimeter_Defender alarm START on camera C1", "C1 alarm", object_value="person")
        sim.trigger("Open gate")
        head = f"<m:EventHeader><m:ID>{uuid4()}</m:ID><m:Timestamp>2025-03-04T09:20:00Z</m:Timestamp></m:EventHeader>"
        color = "<m:A>255</m:A><m:R>1</m:R><m:G>2</m:G><m:B>3</m:B>"
        points = "<m:PointList><m:Point><m:X>0</m:X><m:Y>0.5</m:Y></m:Point></m:PointList>"
        polygon = f"<m:Closed>true</m:Closed><m:Color>{color}</m:Color>{points}"
        rules = (
            f"<m:RuleList><m:Rule><m:PolygonList><m:Polygon>{polygon}</m:Polygon></m:PolygonList></m:Rule></m:RuleList>"
        )
        wire.call("Add", f"<alarm>{head}<m:StartTime>2025-03-04T09:20:00Z</m:StartTime>{rules}</alarm>")
        wire.call(
            "AddEvent",
            f'<baseEvent i:type="m:AccessControlEvent">{head.replace("09:20", "09:21")}'
            "<m:EventCategories><r:guid>00000001-1111-2222-0102-030405060708</r:guid></m:EventCategories>"
            "<m:Properties><m:Property><m:Key>Door</m:Key><m:Value>3</m:Value></m:Property></m:Properties></baseEvent>",
        )
        for alarm in sim.alarms.stored():
            sim.alarms.acknowledge(alarm.id)
        yield sim, wire


def calls(sim: Simulator, wire: Wire) -> Iterator[tuple[str, str]]:
    """One call of every operation that answers with something."""
    everything = f"<from>0</from><maxCount>99</maxCount>{alarm_filter()}"
    for row in sim.alarms.stored():
        for operation in ("Get", "GetHeader", "GetSnapshots", "GetAlarmHistory", "GetAlarmUpdateHistory"):
            yield operation, f"<id>{row.id}</id>"
    ids = [str(event_id) for event_id in sim.alarms.store.events]
    for event_id in ids:
        yield "GetEvent", f"<id>{event_id}</id>"
    yield "GetAlarmLines", everything
    yield "GetEventLines", everything
    yield "GetAlarmsWithRelatedHardware", "<maxCount>9</maxCount>"
    yield "GetStatistics", ""
    yield "GetAlarmMessages", ""
    for kind in ("Alarm", "Event"):
        yield f"Start{kind}LineSession", ""
        session = wire.result(f"Start{kind}LineSession").text
        for _ in range(2):
            yield f"GetSession{kind}Lines", f"<maxCount>99</maxCount><sessionId>{session}</sessionId>"
        yield f"Stop{kind}LineSession", f"<sessionId>{session}</sessionId>"
    yield "GetEventLines2", "<parameters><a:PageSize>9</a:PageSize></parameters>"
    yield "GetEventCount", "<parameters/>"
    wanted = "".join(f"<r:guid>{event_id}</r:guid>" for event_id in ids)
    yield "GetEvents", f"<parameters><a:EventIds>{wanted}</a:EventIds></parameters>"
    yield "Get", f"<id>{uuid4()}</id>"


@needs_protocol
def test_every_answer_is_valid_by_the_published_schemas(busy: tuple[Simulator, Wire], schema: etree.XMLSchema) -> None:
    sim, wire = busy
    seen: set[str] = set()
    for operation, inner in calls(sim, wire):
        answer = etree.fromstring(wire.post(operation, wire.envelope(operation, inner)).content)[0][0]
        alone = etree.fromstring(etree.tostring(answer))
        assert alone.tag == f"{{{SVC}}}{operation}Response"
        schema.assertValid(alone)
        seen.add(operation)
    assert seen >= {name for name, operation in OPERATIONS.items() if operation.result is not None}


def test_golden_requests_are_answered(busy: tuple[Simulator, Wire]) -> None:
    sim, wire = busy
    requests = sorted(GOLDEN.glob("alarm.*.request.xml"))
    assert len(requests) >= 6
    session = wire.result("StartAlarmLineSession").text or ""
    for path in requests:
        body = path.read_text(encoding="utf-8").replace(">TOK<", f">{wire.token}<")
        body = body.replace("11111111-2222-3333-4444-555555555555", session)
        answer = wire.post(path.name.split(".")[2], body)
        assert answer.status_code == 200, (path.name, answer.text)
    assert sim.dropped == []


def test_zeep_reads_the_description_and_talks_by_it(busy: tuple[Simulator, Wire]) -> None:
    sim, wire = busy
    answer = wire.http.get("Central/AlarmServiceToken?singleWsdl")
    description = answer.content.replace(sim.site.host_name.encode(), b"127.0.0.1")
    client: Any = cast(Any, zeep).Client(io.BytesIO(description))
    service = client.service
    lines = service.GetAlarmLines(token=wire.token, maxCount=99, **{"from": 0})
    assert {(line.Name, line.Message) for line in lines} >= {("Motion outdoors", "Motion Detected")}
    alarm = service.Get(token=wire.token, id=lines[0].Id)
    assert lines[0].Id == alarm.EventHeader.ID
    event_ids = client.get_type(f"{{{ARR}}}ArrayOfguid")([str(event_id) for event_id in sim.alarms.store.events])
    parameters = client.get_type(f"{{{PA}}}GetEventsParams")(EventIds=event_ids)
    events = service.GetEvents(token=wire.token, parameters=parameters).BaseEvent  # zeep unwraps the one member
    kinds = {type(event).__name__ for event in events}
    assert kinds == {"AnalyticsEvent", "BaseEvent", "AccessControlEvent"}
    header = client.get_type(f"{{{MS}}}EventHeader")(ID=str(uuid4()), Timestamp="2025-03-04T09:20:00Z", Message="Zeep")
    service.Add(token=wire.token, alarm=client.get_type(f"{{{MS}}}Alarm")(EventHeader=header))
    assert "Zeep" in service.GetAlarmMessages(token=wire.token)
    with pytest.raises(ZeepFault, match="token is not valid"):
        service.GetStatistics(token="no token")
    assert sim.dropped == []
