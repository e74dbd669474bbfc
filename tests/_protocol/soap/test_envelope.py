import time
from uuid import UUID

import pytest

from milestone_sdk._protocol.alarms import service as alarmservice
from milestone_sdk._protocol.management import registration, servercommand
from milestone_sdk._protocol.soap.envelope import MAX_BODY, MAX_TAGS, Call, call, parse, required
from milestone_sdk._protocol.video import recordercommand
from milestone_sdk.errors import (
    LocalProtocolError,
    MilestoneError,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
    TokenExpired,
    UnsupportedFeature,
)
from tests.support.soap_bodies import ALARM, DISPATCHER, LINES, SC, SOAP12, fault, reply

ID = UUID("5f0c2b0e-6d0b-4b53-8d6e-0a4b3c1f9d11")
VERSION = call(
    "GetVersion", namespace=SC, action="a", parameters="", read=lambda element: int(required(element).text or "")
)


def recorder_fault(
    number: int, sub: int | None = None, text: str = "Token invalid", code: str = "soap:Client"
) -> bytes:
    subnumber = "" if sub is None else f"<SubErrorNumber>{sub}</SubErrorNumber>"
    return fault(
        f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        f"<detail><ErrorNumber>{number}</ErrorNumber>{subnumber}</detail>"
    )


def alarm_fault(reason: str, description: str = "words of the server") -> bytes:
    return fault(
        '<faultcode>s:Client</faultcode><faultstring xml:lang="en-US">The creator of this fault did not say why.'
        f'</faultstring><detail><AlarmServiceFault xmlns="{LINES}"><ErrorDescription>{description}</ErrorDescription>'
        f"<ErrorReason>{reason}</ErrorReason></AlarmServiceFault></detail>"
    )


def error_of(body: bytes, asked: Call[object] = VERSION) -> MilestoneError:
    with pytest.raises(MilestoneError) as caught:
        asked.decode(body)
    return caught.value


@pytest.mark.parametrize("sub", [1, 2, None])
def test_a_bad_token_at_a_recorder_is_an_expired_one(sub: int | None) -> None:
    error = error_of(recorder_fault(20001, sub))
    assert isinstance(error, TokenExpired)
    assert error.operation == "GetVersion"
    assert "Token invalid" in str(error)


def test_an_unknown_subnumber_of_the_token_fault_is_no_expired_token() -> None:
    error = error_of(recorder_fault(20001, 77))
    assert isinstance(error, ServerFault)
    assert (error.code, error.subcode) == ("20001", "77")


def test_a_method_that_a_recorder_does_not_implement() -> None:
    error = error_of(recorder_fault(40000, text="Method 'StartRecording' not supported", code="soap:Server"))
    assert isinstance(error, UnsupportedFeature)
    assert "StartRecording" in error.actual


def test_an_unknown_number_survives() -> None:
    error = error_of(recorder_fault(40295, 20, text="somebody else steers"))
    assert isinstance(error, ServerFault)
    assert (error.code, error.subcode) == ("40295", "20")
    assert "somebody else steers" in str(error)
    assert "40295/20" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        fault('<faultcode>s:51000</faultcode><faultstring xml:lang="en-US">VMO61008: not allowed</faultstring>'),
        fault(
            "<s:Code><s:Value>UnauthorizedAccessException</s:Value></s:Code><s:Reason><s:Text>VMO61008: not allowed"
            '</s:Text></s:Reason><detail ErrorNumber="51000" BaseExceptionName="X" ExceptionMessage="Y"/>',
            soap=SOAP12,
        ),
        recorder_fault(51000, text="VMO61008: not allowed"),
        fault(
            "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>s:51000</s:Value></s:Subcode></s:Code>"
            "<s:Reason><s:Text>VMO61008: not allowed</s:Text></s:Reason>",
            soap=SOAP12,
        ),
    ],
    ids=["in the fault code", "as an attribute", "as an element", "in the subcode of SOAP 1.2"],
)
def test_a_missing_right_is_recognised_wherever_the_number_stands(body: bytes) -> None:
    error = error_of(body)
    assert isinstance(error, PermissionDenied)
    assert "VMO61008: not allowed" in str(error)


def test_an_unknown_action_is_an_unsupported_feature() -> None:
    body = fault(
        f'<faultcode xmlns:a="{DISPATCHER}">a:ActionNotSupported</faultcode><faultstring>no such</faultstring>'
    )
    error = error_of(body)
    assert isinstance(error, UnsupportedFeature)
    assert "GetVersion" in error.required


@pytest.mark.parametrize("code", ["DeserializationFailed", "InternalServiceFault"])
def test_a_fault_of_the_framework_keeps_its_code(code: str) -> None:
    body = fault(
        f'<faultcode xmlns:a="{DISPATCHER}">a:{code}</faultcode><faultstring>Value cannot be null.</faultstring>'
    )
    error = error_of(body)
    assert isinstance(error, ServerFault)
    assert error.code == code
    assert "Value cannot be null." in str(error)


def test_a_fault_that_says_nothing_is_still_a_fault() -> None:
    assert isinstance(error_of(fault("")), ServerFault)


def test_the_event_server_refuses_the_token() -> None:
    assert isinstance(error_of(alarm_fault("InvalidAuthentication")), TokenExpired)


@pytest.mark.parametrize("reason", ["DbRead", "Read", "DbConnection", "DbWrite", "DbUpdate"])
def test_the_event_server_is_busy_with_its_database(reason: str) -> None:
    error = error_of(alarm_fault(reason))
    assert isinstance(error, ServiceUnavailable)
    assert error.service == "event server"
    assert error.retriable


@pytest.mark.parametrize("reason", ["UnknownSession", "Unknown", "Serialization", "OfALaterRelease"])
def test_other_reasons_of_the_event_server_keep_their_name(reason: str) -> None:
    error = error_of(alarm_fault(reason))
    assert isinstance(error, ServerFault)
    assert error.code == reason
    assert error.detail == "words of the server"


def test_an_unmapped_detail_is_kept_without_secrets() -> None:
    body = fault(
        "<faultcode>s:Server</faultcode><faultstring>no TOKEN#0d2f#vms//ServerConnector# here</faultstring>"
        "<detail><Where>node 7</Where><Token>opaque-secret</Token><T>TOKEN#1#h//S#</T></detail>"
    )
    error = error_of(body)
    assert isinstance(error, ServerFault)
    assert "node 7" in (error.detail or "")
    assert "0d2f" not in str(error)
    assert "TOKEN#1" not in (error.detail or "")


def test_a_web_page_is_called_one() -> None:
    page = b"\n<!DOCTYPE html PUBLIC '-//W3C'><html><head><title>401 - Unauthorized</title></head><body><p>no</html>"
    error = error_of(page)
    assert isinstance(error, RemoteProtocolError)
    assert "web page" in str(error)
    assert "401 - Unauthorized" in str(error)


@pytest.mark.parametrize("page", [b"<html/>", b"<?xml version='1.0'?><!-- x --><HTML></HTML>", b"\xef\xbb\xbf<html>"])
def test_web_pages_of_many_kinds(page: bytes) -> None:
    assert "web page" in str(error_of(page))


def test_where_it_broke_and_what_stood_there_without_the_token() -> None:
    token = "TOKEN#0d2f6c1e-7a55-4c0c-9f27-5a1f3f6b7e21#vms//ServerConnector#"
    body = reply(SC, "Login", f"<Token>{token}</Token><TimeToLive><MicroSeconds>1</TimeToLive>")
    error = error_of(body, servercommand.login(ID, None))
    assert isinstance(error, RemoteProtocolError)
    assert error.offset is not None
    assert abs(error.offset - body.index(b"</TimeToLive>")) <= len("</TimeToLive>")
    assert error.sample is not None
    assert "MicroSeconds" in error.sample
    assert "0d2f6c1e" not in error.sample + str(error)


def test_a_token_cut_off_is_not_shown_either() -> None:
    body = reply(SC, "Login", "<Token>opaque-secret-of-another-form</Token>")
    cut = body[: body.index(b"another")]
    error = error_of(cut, servercommand.login(ID, None))
    assert isinstance(error, RemoteProtocolError)
    assert "opaque" not in f"{error} {error.sample}"


def test_the_reply_to_another_operation_is_refused() -> None:
    error = error_of(reply(SC, "GetServerVersion", "25.1"))
    assert isinstance(error, RemoteProtocolError)
    assert "GetServerVersionResponse" in str(error)


def test_the_right_operation_in_another_namespace_is_refused() -> None:
    assert isinstance(error_of(reply(ALARM, "GetVersion", "20")), RemoteProtocolError)


def test_both_versions_of_soap_are_read() -> None:
    assert VERSION.decode(reply(SC, "GetVersion", "20", soap=SOAP12)) == 20


def test_a_byte_order_mark_is_skipped() -> None:
    assert VERSION.decode(b"\xef\xbb\xbf" + reply(SC, "GetVersion", "20")) == 20


def test_comments_and_instructions_are_dropped_and_split_nothing() -> None:
    assert VERSION.decode(reply(SC, "GetVersion", "<?pi x?>2<!-- <html> -->0<![CDATA[1]]>")) == 201


def test_a_document_type_is_refused_wherever_it_hides() -> None:
    declaration = b'<!DOCTYPE x [<!ENTITY a "b">]>'
    body = reply(SC, "GetVersion", "&a;")
    for start in (b"", b"<?xml version='1.0'?>", b"<!-- <a> -->", b"<?p <a ?>\n"):
        error = error_of(start + declaration + body)
        assert "document type" in str(error)


def test_the_words_of_a_document_type_in_a_text_are_just_words() -> None:
    user = servercommand.get_user_info("t")
    assert user.decode(reply(SC, "GetUserInfo", "<name><![CDATA[<!DOCTYPE html>]]></name>")).name == "<!DOCTYPE html>"


@pytest.mark.parametrize("reference", ["&#x1;", "&#1;", "&#x1F;", "&#xFFFE;", "&#xD800;", "&#0;", "&#x110000;"])
def test_a_character_that_xml_cannot_hold_costs_that_character_alone(reference: str) -> None:
    """.NET writes them as references, which is not well-formed XML."""
    words = reply(SC, "GetProductInfo", f"<ProductName>one {reference} two &#xE6;&#10;&amp;#1;</ProductName>")
    product = servercommand.get_product_info().decode(words)
    assert product.name == "one \N{REPLACEMENT CHARACTER} two \u00e6\n&#1;"


def test_depth_is_bounded() -> None:
    wrapped = "<x>" * 246 + "</x>" * 246  # libxml2's own bound is 256
    assert servercommand.get_user_info("t").decode(reply(SC, "GetUserInfo", f"{wrapped}<name>n</name>")).name == "n"
    start = time.perf_counter()
    assert isinstance(error_of(reply(SC, "GetVersion", "<x>" * 1_000_000)), RemoteProtocolError)
    assert time.perf_counter() - start < 5


def test_size_is_bounded() -> None:
    with pytest.raises(RemoteProtocolError, match=r"at most|more than"):
        parse(b"<a>" + bytes(MAX_BODY), operation="x")


def test_the_number_of_elements_is_bounded() -> None:
    with pytest.raises(RemoteProtocolError, match="tags"):
        parse(b"<a>" + b"<b/>" * MAX_TAGS, operation="x")


def test_a_picture_larger_than_the_bound_for_texts_is_read() -> None:
    data = "QUJD" * 3_000_000
    call = recordercommand.jpeg_get_live("t", ID, max_width=1, max_height=1)
    body = reply(
        "http://videoos.net/2/XProtectCSRecorderCommand",
        "JPEGGetLive",
        f"<Time>2026-03-14T09:26:53.5Z</Time><Data>{data}</Data>",
    )
    picture = call.decode(body)
    assert picture is not None
    assert len(picture.data) == 9_000_000
    assert isinstance(error_of(reply(SC, "GetVersion", data)), RemoteProtocolError)


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "\ud800", "\ufffe"])
def test_what_xml_cannot_carry_is_refused_before_it_is_sent(text: str) -> None:
    with pytest.raises(LocalProtocolError, match="token"):
        servercommand.get_configuration(text)


def test_markup_in_a_text_is_escaped() -> None:
    body = servercommand.get_configuration("<a>&\r\n]]>").body
    assert b"<token>&lt;a&gt;&amp;&#xD;\n]]&gt;</token>" in body
    token = parse(body, operation="x").find(f".//{{{SC}}}token")
    assert token is not None
    assert token.text == "<a>&\r\n]]>"


def test_a_call_shows_neither_its_token_nor_its_body() -> None:
    assert "secret" not in repr(servercommand.get_configuration("secret"))


def test_actions_of_both_forms_of_the_services() -> None:
    assert servercommand.get_product_info().action == f"{SC}/IServerCommandService/GetProductInfo"
    assert servercommand.get_product_info(asmx=True).action == f"{SC}/GetProductInfo"
    modern = "http://schemas.videoos/ServiceRegistrationService/2008/06/Vmo/01"
    assert registration.get_services().action == f"{modern}/IServiceRegistrationService/GetServices"
    old = "http://videoos.net/2/XProtectCSServiceRegistration"
    assert registration.get_services(asmx=True).action == f"{old}/GetServices"
    assert alarmservice.acknowledge("t", ID).action == f"{ALARM}/IAlarmCommandToken/Acknowledge"
