"""The simulator's readers and writers of SOAP text, by themselves."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from milestone_sdk.simulator.management.datacontract import Writer
from milestone_sdk.simulator.releases import RELEASES
from milestone_sdk.simulator.wire.soap import (
    ARRAYS,
    Field,
    SoapFault,
    date_time_text,
    double_text,
    escape,
    fault_reply,
    open_envelope,
    parse_date_time,
    read,
    read_array,
    reply,
    tag,
)

NS = "http://example.test/ns"
FIELDS = (Field("a"), Field("b", "int"), Field("c", "guid"))


def element(inner: str) -> etree._Element:
    return etree.fromstring(f'<Op xmlns="{NS}">{inner}</Op>')


@given(st.permutations(["a", "b", "c"]), st.lists(st.sampled_from(["x", "y"]), max_size=3))
def test_a_member_is_read_exactly_when_it_keeps_the_order(order: list[str], unknown: list[str]) -> None:
    texts = {"a": "text", "b": "7", "c": str(UUID(int=5))}
    inner = "".join(f"<{name}/>" for name in unknown) + "".join(f"<{name}>{texts[name]}</{name}>" for name in order)
    dropped: list[str] = []
    values = read(element(inner), NS, *FIELDS, dropped=dropped)
    highest = ""
    for name in order:
        assert (values[name] is not None) is (name > highest)
        assert (f"Op.{name}" in dropped) is (name < highest)
        highest = max(highest, name)


def test_any_order_is_taken_where_order_does_not_count() -> None:
    values = read(element("<b>1</b><a>x</a>"), NS, *FIELDS, ordered=False)
    assert (values["a"], values["b"]) == ("x", 1)


def test_nil_and_empty_and_absent_differ() -> None:
    nil = ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'
    assert read(element(f"<a{nil}/>"), NS, *FIELDS)["a"] is None
    assert read(element("<a/>"), NS, *FIELDS)["a"] == ""
    with pytest.raises(SoapFault, match="cannot be nil"):
        read(element(f"<b{nil}/>"), NS, *FIELDS)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", ""),
        ("int", "2147483648"),
        ("int", "1.5"),
        ("int", "9" * 5000),
        ("long", "9223372036854775808"),
        ("guid", "{71d2c5a4-0f5e-4a5b-8a54-6f3f0a9e1001}"),
        ("guid", "71d2c5a40f5e4a5b8a546f3f0a9e1001"),
        ("boolean", "yes"),
        ("dateTime", "2024-13-01T00:00:00Z"),
        ("dateTime", "yesterday"),
        ("double", "much"),
        ("base64", "a"),
    ],
)
def test_a_value_that_is_not_of_its_kind_is_a_fault(kind: str, text: str) -> None:
    with pytest.raises(SoapFault) as raised:
        read(element(f"<v>{text}</v>"), NS, Field("v", kind))
    assert raised.value.code == "a:DeserializationFailed"
    assert f"{NS}:v" in raised.value.reason


def test_arrays_are_read_in_their_own_namespace() -> None:
    inner = f'<list xmlns:a="{ARRAYS}"><a:guid>{UUID(int=1)}</a:guid><guid>{UUID(int=2)}</guid></list>'
    found = read(element(inner), NS, Field("list", "element"))["list"]
    dropped: list[str] = []
    assert read_array(found, ARRAYS, Field("guid", "guid"), dropped=dropped) == [UUID(int=1)]
    assert dropped == ["list.guid"]
    assert read_array(None, ARRAYS, Field("guid", "guid")) is None


MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@given(MOMENTS, st.integers(0, 2**32))
def test_a_time_survives_with_any_number_of_digits(moment: datetime, seed: int) -> None:
    assert parse_date_time(date_time_text(moment, random.Random(seed))) == moment
    assert parse_date_time(date_time_text(moment)) == moment
    assert len(date_time_text(moment, digits=7)) == len("2024-03-05T12:34:56.7891234Z")


def test_times_of_other_zones_and_none() -> None:
    noon = datetime(2024, 3, 5, 12, tzinfo=UTC)
    assert parse_date_time("2024-03-05T13:30:00+01:30") == noon
    assert parse_date_time("2024-03-05T12:00:00") == noon
    assert parse_date_time("2024-03-05T12:00:00.1234567Z") == noon + timedelta(microseconds=123456)
    assert date_time_text(None) == "0001-01-01T00:00:00"
    assert date_time_text(noon) == "2024-03-05T12:00:00Z"


@given(st.text())
def test_escaped_text_is_read_back_by_an_xml_parser(text: str) -> None:
    root = etree.fromstring(f"<a>{escape(text)}</a>")
    kept = "".join(
        c for c in text if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
    assert (root.text or "") == kept


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_are_read_back(value: float) -> None:
    assert float(double_text(value)) == value


def test_tags() -> None:
    assert tag("X", None) == '<X i:nil="true"/>'
    assert tag("X", "") == "<X/>"
    assert tag("a:X", "1", ' b="c"') == '<a:X b="c">1</a:X>'


def test_an_answer_of_the_recorder_s_form() -> None:
    scope = [("xsi", "urn:i"), ("xsd", "urn:d")]
    text = reply("Op", NS, b"<r/>", prefix="soap", declarations=scope, xml_declaration=True)
    assert text.startswith(
        b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:xsi="urn:i" xmlns:xsd="urn:d" xmlns:soap='
    )
    assert open_envelope(text).tag == f"{{{NS}}}OpResponse"


def test_faults_of_both_forms() -> None:
    wcf = fault_reply(SoapFault("s:51000", "VMO61008: no"))
    assert b'<s:Fault><faultcode>s:51000</faultcode><faultstring xml:lang="en-US">VMO61008: no</faultstring>' in wcf
    detail = b"<ErrorNumber>20001</ErrorNumber><SubErrorNumber>2</SubErrorNumber>"
    recorder = fault_reply(SoapFault("soap:Client", "Token invalid", detail, prefix="soap"))
    assert b"<faultstring>Token invalid</faultstring><detail><ErrorNumber>20001</ErrorNumber>" in recorder
    assert b"xmlns:a=" in fault_reply(SoapFault.action_not_supported("x"))


def test_a_type_outside_the_contract_is_a_mistake_that_shows() -> None:
    writer = Writer(RELEASES["2025R2"], random.Random(0))
    with pytest.raises(TypeError, match="not in the contract"):
        writer.result("Op", "[Nonsense]", [{"a": 1}])
