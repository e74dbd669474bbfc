"""Whatever bytes come back, `decode` returns a model or raises an error of the library, in bounded time and memory."""

import resource
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from milestone_sdk._protocol.alarms import service as alarmservice
from milestone_sdk._protocol.configuration import service as configurationapi
from milestone_sdk._protocol.management import registration, servercommand
from milestone_sdk._protocol.soap.envelope import Call
from milestone_sdk._protocol.video import recordercommand
from milestone_sdk.errors import MilestoneError, RemoteProtocolError
from milestone_sdk.models import ConfigurationItem
from tests.support.alarm_bodies import WHOLE, whole
from tests.support.budget import examples
from tests.support.item_replies import in_a_list, item_content, item_reply
from tests.support.many_rows import alarm_line, alarm_lines_body, configuration_body
from tests.support.soap_bodies import ALARM, LINES, RECORDER, SC, SOAP11, fault, reply

ID = UUID("5f0c2b0e-6d0b-4b53-8d6e-0a4b3c1f9d11")
AT = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
SERVICE = (
    "<a:ServiceInfo><a:enabled>true</a:enabled><a:instance>3e2d1c0b-aaaa-4bbb-8ccc-0d0e0f107001</a:instance>"
    "<a:name>Event server</a:name><a:type>08ab8f23-9aef-4298-9caa-f39259fe7cda</a:type><a:uri><a:string>u</a:string>"
    "</a:uri></a:ServiceInfo>"
)
ENTRY = (
    "<SequenceEntry><TimeBegin>2026-03-14T09:25:10.123Z</TimeBegin><TimeTrigged>2026-03-14T09:25:10.123Z</TimeTrigged>"
    "<TimeEnd>2026-03-14T09:27:40Z</TimeEnd></SequenceEntry>"
)
LIFE = "<TimeToLive><MicroSeconds>14400000000</MicroSeconds></TimeToLive>"
REGISTRATION = "http://videoos.net/2/XProtectCSServiceRegistration"
PAIRS: list[tuple[Call[object], bytes]] = [
    (
        servercommand.login(ID, None),
        reply(SC, "Login", f"<RegistrationTime>2025-06-03T08:15:30Z</RegistrationTime>{LIFE}<Token>t</Token>"),
    ),
    (
        servercommand.get_product_info(),
        reply(SC, "GetProductInfo", "<BuildDate>2023-06-02T16:55:24</BuildDate><MajorVersion>23</MajorVersion>"),
    ),
    (servercommand.get_user_info("t"), reply(SC, "GetUserInfo", "<name>arc</name><sid>S-1-5-20</sid>")),
    (servercommand.logout(ID, "t"), reply(SC, "Logout", None)),
    (servercommand.get_configuration("t"), configuration_body(12)),
    (
        registration.get_services(),
        reply(registration.NAMESPACE, "GetServices", SERVICE, attributes=f'xmlns:a="{REGISTRATION}"'),
    ),
    (alarmservice.get_alarm_lines("t", start=0, max_count=9, filter=None), alarm_lines_body(12)),
    (alarmservice.get_alarm("t", ID), whole(WHOLE)),
    (
        recordercommand.sequences_get_types("t", ID),
        reply(RECORDER, "SequencesGetTypes", f"<SequenceType><Id>{ID}</Id><Name>n</Name></SequenceType>" * 3),
    ),
    (
        recordercommand.sequences_get_around("t", ID, ID, center_time=AT, max_count_before=1, max_count_after=1),
        reply(RECORDER, "SequencesGetAround", ENTRY * 12),
    ),
    (
        recordercommand.jpeg_get_at_or_before("t", ID, AT),
        reply(RECORDER, "JPEGGetAtOrBefore", "<Time>2026-03-14T09:26:53.5Z</Time><Data>/9j/4AAQ</Data>"),
    ),
]
ITEMS: list[tuple[Call[object], bytes]] = [
    (configurationapi.get_item("/"), item_reply("GetItem", item_content())),
    (configurationapi.invoke_method(ConfigurationItem(path="/"), "M"), item_reply("InvokeMethod", item_content())),
    (configurationapi.get_child_items("/"), item_reply("GetChildItems", 12 * in_a_list(item_content()))),
    (
        configurationapi.validate_item(ConfigurationItem(path="/")),
        item_reply(
            "ValidateItem",
            "<a:ErrorResults><a:ErrorResult><a:ErrorProperty>p</a:ErrorProperty></a:ErrorResult></a:ErrorResults>"
            f"<a:ResultItem>{item_content()}</a:ResultItem><a:ValidatedOk>false</a:ValidatedOk>",
        ),
    ),
]
"""Replies with items of the configuration: what is not known of these is kept."""
CASES = {call.operation: (call, body) for call, body in (*PAIRS, *ITEMS)}
OPERATIONS = st.sampled_from(sorted(CASES))
FORGETFUL = st.sampled_from(sorted(call.operation for call, _ in PAIRS))
NAMES = ["Name", "Description", "Id", "CameraInfo", "StreamInfo", "guid", "Modified", "Fault", "Body", "X"]
NAMESPACES = [None, "urn:unknown", SC, LINES, RECORDER, "urn:milestone-systems", SOAP11]
TEXTS = [None, "true", "0", "text", str(ID), "2026-03-14T09:26:53Z", " "]


def outcome(operation: str, body: bytes) -> object:
    """The model, or `None` for an error of the library; anything else is a failure of the test that asks."""
    call, _ = CASES[operation]
    try:
        return call.decode(body)
    except MilestoneError:
        return None


def with_unknown_elements(data: st.DataObject, operation: str) -> bytes:
    """Put elements where the contract has none: anywhere but inside of a text, and under names it does not know."""
    root = etree.fromstring(CASES[operation][1])
    places = [element for element in root.iter() if len(element) or not (element.text or "").strip()]
    known = {element.tag for element in root.iter()}
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.sampled_from(places))
        parent = place.getparent()
        holder = place if len(place) or parent is None else parent
        outer = etree.Element(
            f"{{{data.draw(st.sampled_from(['urn:unknown', etree.QName(holder).namespace]))}}}Unheard"
        )
        assert outer.tag not in known
        outer.text = data.draw(st.sampled_from(TEXTS))
        for _ in range(data.draw(st.integers(0, 4))):
            namespace, name = data.draw(st.sampled_from(NAMESPACES)), data.draw(st.sampled_from(NAMES))
            etree.SubElement(outer, name if namespace is None else f"{{{namespace}}}{name}").text = data.draw(
                st.sampled_from(TEXTS)
            )
        holder.insert(data.draw(st.integers(0, len(holder))), outer)
    return etree.tostring(root)


@given(st.data())
@examples(4)
def test_elements_nobody_has_heard_of_change_nothing(data: st.DataObject) -> None:
    operation = data.draw(FORGETFUL)
    body = with_unknown_elements(data, operation)
    call, unspoilt = CASES[operation]
    assert call.decode(body) == call.decode(unspoilt)


@given(st.data())
@examples(4)
def test_a_reply_that_is_cut_is_refused(data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS)
    call, body = CASES[operation]
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(RemoteProtocolError) as caught:
        call.decode(cut)
    assert caught.value.operation == operation
    assert caught.value.offset is not None


@given(st.data())
@examples(6)
def test_octets_that_flipped(data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS)
    body = bytearray(CASES[operation][1])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = min(start + data.draw(st.integers(0, 12)), len(body))
        body[start:end] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"<", b"</", b"&#0;", b"\0", b"i:nil='true'"])
        )
    outcome(operation, bytes(body))


@given(st.data())
@examples(8)
def test_texts_of_any_kind(data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS)
    root = etree.fromstring(CASES[operation][1])
    leaves = [element for element in root.iter() if not len(element)]
    alphabet = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
    texts = st.text(alphabet, max_size=40) | st.sampled_from(
        [
            "9" * 30,
            "-1",
            "1e999",
            "NaN",
            "-INF",
            "9" * 5000,
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59-14:00",
            "{}",
            "-",
            "2024-W10-2T00:00:00",
            "0x10",
            "1_0",
            "true ",
            "TRUE",
            "00000000-0000-0000-0000-000000000000",
            "=" * 8,
            "Zg==",
        ]
    )
    for _ in range(data.draw(st.integers(1, 3))):
        data.draw(st.sampled_from(leaves)).text = data.draw(texts)
    outcome(operation, etree.tostring(root))


@given(st.data())
@examples(3)
def test_elements_removed_moved_and_doubled(data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS)
    root = etree.fromstring(CASES[operation][1])
    for _ in range(data.draw(st.integers(1, 3))):
        element = data.draw(st.sampled_from(list(root.iter())))
        parent = element.getparent()
        if parent is None:
            continue
        match data.draw(st.sampled_from(["remove", "move", "double", "elsewhere"])):
            case "remove":
                parent.remove(element)
            case "move":
                parent.insert(0, element)
            case "double":
                parent.append(etree.fromstring(etree.tostring(element)))
            case _:
                holder = data.draw(st.sampled_from(list(root.iter())))
                holder.append(etree.fromstring(etree.tostring(element)))
    outcome(operation, etree.tostring(root))


@given(OPERATIONS, st.binary(max_size=200))
@examples(3)
def test_bytes_at_random(operation: str, body: bytes) -> None:
    assert outcome(operation, body) is None


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
HOSTILE = {
    "empty": b"",
    "blank": b" \n\t ",
    "nul": b"\0",
    "html": b"<!DOCTYPE html><html><body>nginx</body></html>",
    "json": b'{"error":{"httpCode":500}}',
    "text": b"Service Unavailable",
    "utf-16": "<a>\u00e6</a>".encode("utf-16"),
    "utf-32": "<a/>".encode("utf-32"),
    "utf-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a [+ADwAIQ-ENTITY b "c">]><a>&b;</a>',
    "latin-1": '<?xml version="1.0" encoding="iso-8859-1"?><a>\u00e6</a>'.encode("latin-1"),
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "laughs": f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{LAUGHS}]><l>&l11;</l>'.encode(),
    "quadratic": f'<!DOCTYPE l [<!ENTITY a "{"a" * 100_000}">]><l>{"&a;" * 10_000}</l>'.encode(),
    "external": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>',
    "external subset": b'<!DOCTYPE l SYSTEM "http://127.0.0.1:9/x.dtd"><l/>',
    "parameter entity": b'<!DOCTYPE l [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><l/>',
    "undeclared entity": b"<l>&nope;</l>",
    "deep": b"<a>" * 1_000_000,
    "deep and closed": b"<a>" * 1_000_000 + b"</a>" * 1_000_000,
    "wide": b"<a>" + b"<b/>" * 1_000_000 + b"</a>",
    "attributes": b"<a " + b" ".join(b"x%d=''" % n for n in range(100_000)) + b"/>",
    "one attribute twice": b"<a x='1' x='2'/>",
    "namespaces": b"<a " + b" ".join(b"xmlns:x%d='u'" % n for n in range(50_000)) + b"/>",
    "long name": b"<" + b"a" * 1_000_000 + b"/>",
    "long comment": b"<!--" + b"x" * 5_000_000,
    "many comments": b"<!-- -->" * 500_000,
    "many instructions": b"<?a b?>" * 500_000 + b"<!DOCTYPE",
    "white space": b" " * 5_000_000,
    "open comments": b"<!--" * 1_000_000,
    "other envelope": b'<Envelope xmlns="urn:other"><Body/></Envelope>',
    "no body": f'<Envelope xmlns="{SOAP11}"/>'.encode(),
    "empty body": f'<Envelope xmlns="{SOAP11}"><Body/></Envelope>'.encode(),
    "fault without anything": fault(""),
    "fault with a huge text": fault(f"<faultstring>{'x' * 3_000_000}</faultstring>"),
    "fault with a huge detail": fault(f"<detail>{'<a>x</a>' * 300_000}</detail>"),
    "many lines": b"<a>" + b"\n" * 3_000_000 + b"<",
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_replies_end_soon_and_small(kind: str) -> None:
    body = HOSTILE[kind]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    for operation in ("GetConfiguration", "JPEGGetAtOrBefore"):
        with pytest.raises(MilestoneError) as caught:
            CASES[operation][0].decode(body)
        assert len(str(caught.value)) < 10_000
        assert "root:" not in str(caught.value)
    assert time.process_time() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000, "KiB"


@pytest.mark.parametrize("number", [1, 40, 3000])
def test_rows_that_never_look_alike_cost_no_more_than_their_number(number: int) -> None:
    rows = [alarm_line(n).replace("<a:Id>", f"<a:New{n}>{'<a:x/>' * (n % 37)}</a:New{n}><a:Id>") for n in range(number)]
    body = reply(ALARM, "GetAlarmLines", "".join(rows), attributes=f'xmlns:a="{LINES}"')
    start = time.process_time()
    found = CASES["GetAlarmLines"][0].decode(body)
    assert time.process_time() - start < 10
    plain = reply(ALARM, "GetAlarmLines", "".join(map(alarm_line, range(number))), attributes=f'xmlns:a="{LINES}"')
    assert found == CASES["GetAlarmLines"][0].decode(plain)
