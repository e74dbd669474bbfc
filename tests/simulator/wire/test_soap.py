"""The simulator's readers and writers of SOAP text, by themselves."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from milestone_sdk.simulator.wire.contract import ARRAYS, Contract, Contracts, Operation, members_of, operations_of
from milestone_sdk.simulator.wire.reader import Reader, Unreadable
from milestone_sdk.simulator.wire.soap import SoapFault, fault_reply, open_envelope, reply
from milestone_sdk.simulator.wire.values import (
    date_time_text,
    double_text,
    escape,
    parse_date_time,
    ticks_of,
    ticks_text,
)
from milestone_sdk.simulator.wire.writer import NullForm, Writer

NS = "http://example.test/ns"
NIL = ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'


def read(
    inner: str, table: str = "a:string b:int c:guid", dropped: list[str] | None = None, *, xml_serializer: bool = False
) -> dict[str, Any]:
    contracts = Contracts(
        [Contract("Pair", NS, members_of("Key:string Value:string!"))],
        namespace=NS,
        enumerations={"Colour": ("Red", "Green")},
        xml_serializer=xml_serializer,
    )
    element = etree.fromstring(f'<Op xmlns="{NS}">{inner}</Op>')
    return Reader(contracts, dropped).parameters(element, NS, members_of(table))


@given(st.permutations(["a", "b", "c"]), st.lists(st.sampled_from(["x", "y"]), max_size=3))
def test_a_member_is_read_exactly_when_it_keeps_the_order(order: list[str], unknown: list[str]) -> None:
    texts = {"a": "text", "b": "7", "c": str(UUID(int=5))}
    inner = "".join(f"<{name}/>" for name in unknown) + "".join(f"<{name}>{texts[name]}</{name}>" for name in order)
    dropped: list[str] = []
    values = read(inner, dropped=dropped)
    defaults = {"a": None, "b": 0, "c": UUID(int=0)}
    highest = ""
    for name in order:
        assert (values[name] != defaults[name]) is (name > highest)
        assert (f"Op.{name}" in dropped) is (name < highest)
        highest = max(highest, name)


def test_any_order_is_taken_where_order_does_not_count() -> None:
    values = read("<b>1</b><a>x</a>", xml_serializer=True)
    assert (values["a"], values["b"]) == ("x", 1)


def test_nil_and_empty_and_absent_differ() -> None:
    assert read(f"<a{NIL}/>")["a"] is None
    assert read("<a/>")["a"] == ""
    with pytest.raises(Unreadable, match="cannot be nil") as raised:
        read(f"<b{NIL}/>")
    assert raised.value.parameter == "b"


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
        ("dateTime", "9999-12-31T23:59:59-01:00"),
        ("dateTime", "yesterday"),
        ("double", "much"),
        ("base64Binary", "a"),
        ("Colour", "Blue"),
        ("Pair", "<Key>a</Key>"),
        ("int", "<a/>"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_unreadable(kind: str, text: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(f"<v>{text}</v>", f"v:{kind}")
    assert raised.value.parameter == "v"


def test_arrays_are_read_in_their_own_namespace() -> None:
    inner = f'<list xmlns:a="{ARRAYS}"><a:guid>{UUID(int=1)}</a:guid><guid>{UUID(int=2)}</guid></list>'
    dropped: list[str] = []
    assert read(inner, "list:[guid]", dropped)["list"] == [UUID(int=1)]
    assert dropped == ["list.guid"]
    assert read("", "list:[guid]")["list"] is None
    assert read("<list/>", "list:[guid]")["list"] == []


def write(table: str, value: Any, forms: tuple[NullForm, ...] = ("nil",), *, xml_serializer: bool = False) -> str:
    """What is inside the result of an operation that gives a T with these members."""
    contracts = Contracts([Contract("T", NS, members_of(table))], namespace=NS, xml_serializer=xml_serializer)
    text = Writer(contracts, NS, forms=forms, blank_is_null=True).result(Operation("Op", (), "T"), value).decode()
    return text.partition(">")[2].removesuffix("</OpResult>")


@pytest.mark.parametrize("form", ["nil", "empty", "absent"])
def test_null_takes_the_form_that_is_chosen_where_the_table_allows_it(form: NullForm) -> None:
    null = {"nil": '<A i:nil="true"/>', "empty": "<A/>", "absent": ""}
    assert write("A:string? B:string", {}, (form,)) == null[form] + '<B i:nil="true"/>'
    assert write("A:string? B:string", {"A": "", "B": ""}, (form,)) == null[form] + "<B/>"
    lists = {"nil": f'<A i:nil="true" xmlns:a="{ARRAYS}"/>', "empty": f'<A xmlns:a="{ARRAYS}"/>', "absent": ""}
    assert write("A:[guid]?", {"A": []}, (form,)) == lists[form]


def test_what_is_left_out_is_at_its_default() -> None:
    table = "A:int B:boolean C:guid D:dateTime E:double F:int-"
    zero = f"<A>0</A><B>false</B><C>{UUID(int=0)}</C><D>0001-01-01T00:00:00</D><E>0</E>"
    assert write(table, {}) == zero


def test_xml_serializer_leaves_null_out_and_writes_documents_inline() -> None:
    assert write("A:string? B:xml", {"B": "<c/>"}, xml_serializer=True) == "<B><c/></B>"
    assert write("A:string? B:xml", {"A": ""}, xml_serializer=True) == "<A/>"


def test_a_table_is_read_with_its_flags() -> None:
    operations = operations_of("A(x:int! UIToFollow=follow:[X]?) -> [X]\n B()", first="token:string")
    [_, number, listed] = operations["A"].parameters
    assert (number.attribute, number.required, number.nullable) == ("x", True, False)
    assert (listed.attribute, listed.type, listed.nullable) == ("follow", "ArrayOfX", True)
    assert (operations["A"].result, operations["B"].result) == ("ArrayOfX", None)
    assert members_of("UIHint:string")[0].attribute == "ui_hint"
    with pytest.raises(ValueError, match="'A-int'"):
        members_of("A-int")
    with pytest.raises(ValueError, match="'B'"):
        operations_of("A() B")


MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@given(MOMENTS, st.integers(0, 2**32))
def test_a_time_survives_with_any_number_of_digits(moment: datetime, seed: int) -> None:
    assert parse_date_time(date_time_text(moment, random.Random(seed))) == moment
    assert parse_date_time(date_time_text(moment)) == moment
    assert len(ticks_text(ticks_of(moment), 7)) == len("2024-03-05T12:34:56.7891234Z")


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
    with pytest.raises(TypeError, match="not in the contract"):
        Writer(Contracts([]), NS).result(Operation("Op", (), "ArrayOfNonsense"), [{"a": 1}])
