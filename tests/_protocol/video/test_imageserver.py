"""The ImageServer state machine against the examples of docs/protocol: imageserver-connect, and against malice."""

from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias
from uuid import UUID

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.video.imageserver import ImageServerProtocol, refusal
from milestone_sdk._protocol.video.messages import (
    ConnectResponse,
    Event,
    ImageParts,
    ImageResponse,
    LivePackage,
    MethodResponse,
)
from milestone_sdk._protocol.video.reader import NEED_DATA, Limits
from milestone_sdk._protocol.video.requests import ConnectOptions, LiveOptions, Step, Transcode
from milestone_sdk.errors import (
    ConfigurationError,
    LocalProtocolError,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
)
from tests.support.imageserver_wire import (
    CONNECTED,
    EXAMPLE_GROUP,
    GENERIC,
    feed,
    method_response,
    multipart,
    packet,
    single,
)

CAMERA = UUID("11111111-2222-4333-8444-555555555555")
TOKEN = "TOKEN#0f0e0d0c-0b0a-4908-8706-050403020100#rec01//ServerConnector#"
FRESH = "TOKEN#aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee#rec01//ServerConnector#"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'

CONNECT = (
    f"{DECLARATION}<methodcall><requestid>1</requestid><methodname>connect</methodname><username>a</username>"
    f"<password>a</password><cameraid>{CAMERA}</cameraid><alwaysstdjpeg>no</alwaysstdjpeg><clientcapabilities>"
    "<privacymask>no</privacymask><multipartdata>yes</multipartdata></clientcapabilities>"
    f"<connectparam>id={CAMERA}&amp;connectiontoken={TOKEN}</connectparam></methodcall>\r\n\r\n"
).encode()
CONNECT_REPLY = (
    f"{DECLARATION}<methodresponse><requestid>1</requestid><methodname>connect</methodname><connected>yes</connected>"
    "<errorreason>Success</errorreason><alwaysstdjpeg>no</alwaysstdjpeg><servercapabilities><connectupdate>yes"
    "</connectupdate></servercapabilities></methodresponse>\r\n\r\n"
).encode()
STATUS = (
    f'{DECLARATION}<livepackage><status><statustime>1773480473989</statustime><statusitem id="1" value="1" />'
    '<statusitem id="2" value="0" /><statusitem id="3" value="1" /></status></livepackage>\r\n\r\n'
).encode()
KEY = bytes.fromhex(
    "0010 0000003E 000A 0007 0001 0000019CEBAB5FDA 0000019CEBAB5FDA 00000000"
    "000000016742C00AD90DE8 0000000168CE3880 0000000165 88843F0D0AFF"
)
DELTA = bytes.fromhex("0010 00000028 000A 0008 0000 0000019CEBAB5FDA 0000019CEBAB61CE 00000000 00000001419A2410")
TIMES = (1773480401906, 1773480402906, 1773480403906)
GROUP = multipart(2, TIMES, [KEY, DELTA])


def asked(*, connect: bool = False, steps: int = 3) -> ImageServerProtocol:
    """A protocol that has sent `connect` (1), `goto` (2) and `next`, the first answered unless `connect`."""
    protocol = ImageServerProtocol(CAMERA)
    protocol.connect(TOKEN)
    if not connect:
        feed(protocol, CONNECT_REPLY)
        assert protocol.next_event() is not NEED_DATA
    protocol.goto(TIMES[1])
    for _ in range(steps):
        protocol.step(Step.NEXT)
    return protocol


@define
class Unit:
    """The parts of one image as they were given out."""

    image: ImageResponse
    parts: list[bytes] = field(factory=list[bytes])
    complete: bool = False


Found: TypeAlias = ConnectResponse | MethodResponse | LivePackage | Unit


def events(protocol: ImageServerProtocol, *pieces: bytes) -> list[Found]:
    found: list[Found] = []
    for piece in pieces:
        feed(protocol, piece)
        while (event := protocol.next_event()) is not NEED_DATA:
            collect(found, event)
    return found


def collect(found: list[Found], event: Event) -> None:
    """Append an event; parts go to the unit that they belong to."""
    if not isinstance(event, ImageParts):
        found.append(event)
        return
    unit = found[-1] if found else None
    if not isinstance(unit, Unit) or unit.complete:
        unit = Unit(event.image)
        found.append(unit)
    assert unit.image is event.image
    unit.parts += map(bytes, event.parts)
    unit.complete = event.last


def units(found: list[Found]) -> list[Unit]:
    return [event for event in found if isinstance(event, Unit)]


def image(protocol: ImageServerProtocol, data: bytes) -> Unit:
    (event,) = events(protocol, data)
    assert isinstance(event, Unit)
    assert event.complete
    return event


class TestRequests:
    """Octet for octet as in 7.6."""

    def test_the_session_of_7_6(self) -> None:
        protocol = ImageServerProtocol(CAMERA)
        sent = [
            protocol.connect(TOKEN),
            protocol.goto(1773480403589),
            protocol.step(Step.NEXT),
            protocol.live(),
            protocol.connect_update(FRESH),
            protocol.stop(),
        ]
        assert [len(request) for request in sent] == [516, 146, 120, 159, 284, 120]
        assert sent[0] == CONNECT
        assert (
            sent[1]
            == (
                f"{DECLARATION}<methodcall><requestid>2</requestid><methodname>goto</methodname><time>1773480403589</time>"
                "</methodcall>\r\n\r\n"
            ).encode()
        )
        assert b"<methodname>live</methodname><sendinitialimage>no</sendinitialimage></methodcall>" in sent[3]
        assert f"<connectparam>id={CAMERA}&amp;connectiontoken={FRESH}</connectparam>".encode() in sent[4]

    def test_methods_without_arguments(self) -> None:
        protocol = ImageServerProtocol(CAMERA)
        sent = [protocol.step(step) for step in Step]
        names = ("begin", "end", "next", "previous", "nextsequence", "previoussequence")
        for number, (name, request) in enumerate(zip(names, sent, strict=True), start=1):
            assert request.endswith(
                f"<requestid>{number}</requestid><methodname>{name}</methodname></methodcall>\r\n\r\n".encode()
            )

    def test_jpeg_asks_for_every_picture_and_a_size(self) -> None:
        request = ImageServerProtocol(CAMERA, transcode=Transcode(size=(640, 360))).connect(TOKEN).decode()
        assert "<alwaysstdjpeg>yes</alwaysstdjpeg>" in request
        assert "<transcode><allframes>yes</allframes><width>640</width><height>360</height>" in request

    def test_every_element_of_connect(self) -> None:
        options = ConnectOptions(multipart=False, privacy_mask=1, data_restriction=True, restricted_to=(5, 9))
        transcode = Transcode(all_frames=False, size=(640, 360), keep_aspect_ratio=False, allow_upsizing=True)
        request = ImageServerProtocol(CAMERA, transcode=transcode, options=options).connect(TOKEN).decode()
        assert (
            "<transcode><allframes>no</allframes><width>640</width><height>360</height><keepaspectratio>no"
            "</keepaspectratio><allowupsizing>yes</allowupsizing></transcode><clientcapabilities><privacymask>yes"
            "</privacymask><privacymaskversion>1</privacymaskversion><multipartdata>no</multipartdata><datarestriction>"
            "yes</datarestriction></clientcapabilities><timerestriction><starttime>5</starttime><endtime>9</endtime>"
            "</timerestriction><connectparam>" in request
        )

    def test_a_compression_rate_is_said_with_each_goto_and_with_live(self) -> None:
        protocol = ImageServerProtocol(CAMERA, transcode=Transcode(compression_rate=104))
        assert b"<time>5</time><compressionrate>104</compressionrate></methodcall>" in protocol.goto(5)
        assert b"<methodname>live</methodname><compressionrate>104</compressionrate><send" in protocol.live()
        assert b"compressionrate" not in ImageServerProtocol(CAMERA).goto(5)

    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (lambda: Transcode(size=(0, 10)), "size must be width and height in pixels, got"),
            (lambda: Transcode(size=(10, 10.5)), "size must be width and height"),  # type: ignore[arg-type]
            (lambda: Transcode(size=(1, 2, 3)), "size must be width and height"),  # type: ignore[arg-type]
            (lambda: Transcode(compression_rate=0), "compression_rate must be >= 1"),
            (lambda: Transcode(compression_rate=105), "compression_rate must be from 1 to 104"),
            (lambda: ConnectOptions(privacy_mask=2), "privacy_mask must be None, 0 or 1"),
            (lambda: ConnectOptions(restricted_to=(9, 5)), "restricted_to must be from and to"),
            (lambda: LiveOptions(framerate="fast"), "framerate must be"),
            (lambda: LiveOptions(framerate_absolute=0), "framerate_absolute must be >= 1"),
            (lambda: LiveOptions(framerate_relative=101), "framerate_relative must be from 1 to 100"),
            (lambda: LiveOptions(framerate="low", framerate_relative=5), "only one of framerate and framerate_rel"),
            (lambda: LiveOptions(adaptive="most"), "or 'max', got 'most'"),  # type: ignore[arg-type]
        ],
    )
    def test_values_that_cannot_be_are_refused(self, make: Callable[[], object], said: str) -> None:
        with pytest.raises(ConfigurationError, match=said):
            make()

    def test_a_stream_is_named_between_device_and_token(self) -> None:
        request = ImageServerProtocol(CAMERA, stream_id=UUID(int=5)).connect("t").decode()
        assert f"id={CAMERA}&amp;streamid={UUID(int=5)}&amp;connectiontoken=t<" in request

    @given(token=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1))
    def test_any_token_arrives_as_it_is(self, token: str) -> None:
        from lxml import etree

        if any(ord(character) in (0xFFFE, 0xFFFF) for character in token):
            return
        request = ImageServerProtocol(CAMERA).connect(token)
        text = etree.fromstring(request[:-4]).findtext("connectparam")
        assert text == f"id={CAMERA}&connectiontoken={token}"

    @pytest.mark.parametrize("token", ["", "to\x00ken", "to\x1bken"])
    def test_a_token_that_xml_cannot_carry_is_refused_unseen(self, token: str) -> None:
        with pytest.raises(LocalProtocolError) as caught:
            ImageServerProtocol(CAMERA).connect(token)
        assert "ken" not in str(caught.value).replace("token", "")


class TestAnswers:
    def test_the_first_image_of_7_7_octet_for_octet(self) -> None:
        wire = EXAMPLE_GROUP
        assert len(wire) == 525
        assert wire == GROUP, "the composer of these tests writes what 7.7 shows"
        response = image(asked(), wire)
        shown = response.image
        assert (shown.request_id, shown.method) == (2, "goto")
        assert (shown.previous, shown.current, shown.next) == TIMES
        assert response.parts == [KEY, DELTA]
        assert not shown.masked

    def test_connect_reply(self) -> None:
        (answer,) = events(asked(connect=True), CONNECT_REPLY)
        assert answer == ConnectResponse(
            request_id=1, method="connect", connected=True, reason="Success", connect_update=True
        )

    def test_live_with_status_and_renewal_between_frames(self) -> None:
        protocol = ImageServerProtocol(CAMERA)
        protocol.connect(TOKEN)
        protocol.live()
        protocol.connect_update(FRESH)
        frame = single(2, (0, 1773480473589, 0), KEY)
        assert len(frame) == 236
        assert len(STATUS) == 217
        renewal = method_response(3, "connectupdate", connected="yes")
        assert len(renewal) == 163
        found = events(protocol, CONNECT_REPLY + frame + STATUS + single(2, (0, 1773480474089, 0), DELTA) + renewal)
        assert [type(event) for event in found[1:]] == [Unit, LivePackage, Unit, ConnectResponse]
        assert found[2] == LivePackage(time=1773480473989, items={1: 1, 2: 0, 3: 1})
        assert [unit.image.method for unit in units(found)] == ["live", "live"]

    def test_during_live_a_status_message_is_what_is_waited_for(self) -> None:
        """While a camera is gone, a recorder sends nothing else, without end."""
        protocol = ImageServerProtocol(CAMERA)
        protocol.connect(TOKEN)
        feed(protocol, CONNECT_REPLY + STATUS)
        assert isinstance(answer := protocol.next_event(), ConnectResponse)
        assert isinstance(status := protocol.next_event(), LivePackage)
        assert protocol.completes(answer)
        assert not protocol.completes(status)
        protocol.live()
        assert protocol.completes(status)
        assert len(events(protocol, STATUS * 100)) == 100

    def test_a_device_without_recordings(self) -> None:
        response = image(asked(), single(2, (0, 0, 0), b"", kind="image/jpeg"))
        assert (response.image.current, response.parts) == (0, [])

    @pytest.mark.parametrize("quoted", [False, True])
    def test_boundaries_quoted_or_not(self, quoted: bool) -> None:
        assert len(image(asked(), multipart(2, TIMES, [KEY, DELTA], quoted=quoted)).parts) == 2

    def test_header_names_in_any_case_and_order(self) -> None:
        wire = (
            multipart(2, TIMES, [KEY]).replace(b"RequestId", b"REQUESTID").replace(b"Content-length", b"content-LENGTH")
        )
        wire = wire.replace(f"Content-type: {GENERIC}\r\n".encode(), b"").replace(
            b"--gop_4d1f\r\n", b"--gop_4d1f\r\nX: y\r\n"
        )
        assert image(asked(), wire).parts == [KEY]

    def test_line_ends_inside_a_picture_do_not_end_it(self) -> None:
        bodies = [packet(TIMES[1], b"\r\n\r\n--gop_4d1f--\r\n\r\nImageResponse\r\n\r\n") for _ in range(2)]
        response = image(asked(), multipart(2, TIMES, bodies))
        assert response.parts == bodies
        protocol = asked()
        found = events(protocol, single(2, TIMES, b"\r\n\r\n" * 5), single(3, TIMES, b"<x>\r\n\r\n"))
        assert [unit.parts[0] for unit in units(found)] == [
            b"\r\n\r\n" * 5,
            b"<x>\r\n\r\n",
        ]

    def test_blank_lines_before_messages_and_boundaries(self) -> None:
        wire = b"\r\n\r\n" + multipart(2, TIMES, [KEY, DELTA]).replace(b"\r\n--gop", b"\r\n\r\n\r\n--gop")
        assert len(image(asked(), wire).parts) == 2

    def test_xml_instead_of_an_image_is_an_answer(self) -> None:
        protocol = asked(steps=1)
        found = events(protocol, method_response(2, "goto", errorreason="No access"), multipart(3, TIMES, [KEY]))
        assert isinstance(found[0], MethodResponse)
        assert (found[0].method, found[0].reason) == ("goto", "No access")
        assert isinstance(found[1], Unit)

    def test_xml_that_nobody_asked_for_answers_nothing(self) -> None:
        protocol = asked(steps=0)
        notice = method_response(None, "notice", text="maintenance at noon")
        found = events(protocol, notice, b"<other><news>1</news></other>\r\n\r\n", GROUP)
        assert [event.method for event in found[:2] if isinstance(event, MethodResponse)] == ["", ""]
        assert units(found)[0].image.method == "goto"
        assert isinstance(found[0], MethodResponse)
        assert ("text", "maintenance at noon") in found[0].values
        assert isinstance(found[1], MethodResponse)
        assert found[1].root == "other"

    def test_a_second_answer_to_the_same_request_is_dropped(self) -> None:
        found = events(asked(), GROUP + GROUP + multipart(3, TIMES, [DELTA]))
        assert [unit.image.request_id for unit in units(found)] == [2, 3]

    @pytest.mark.parametrize("request_id", [0, 3, 9])
    def test_an_answer_out_of_turn_is_refused(self, request_id: int) -> None:
        with pytest.raises(RemoteProtocolError, match="out of turn"):
            events(asked(), multipart(request_id, TIMES, [KEY]))

    def test_a_renewal_may_stay_unanswered(self) -> None:
        protocol = asked(steps=0)
        protocol.connect_update(FRESH)
        protocol.step(Step.NEXT)
        found = events(protocol, GROUP + multipart(4, TIMES, [KEY]))
        assert [unit.image.method for unit in units(found)] == ["goto", "next"]
        assert protocol.unanswered == 0

    @pytest.mark.parametrize("mask", ["grid;AAAA", "Something"])
    def test_privacy_masks_are_told(self, mask: str) -> None:
        assert image(asked(), multipart(2, TIMES, [KEY], mask=mask)).image.masked

    def test_pictures_are_given_out_before_the_next_one_has_arrived(self) -> None:
        protocol = asked()
        end = GROUP.index(KEY) + len(KEY) + 2
        assert events(protocol, GROUP[: end - 1]) == []
        (begun,) = events(protocol, GROUP[end - 1 : end])
        assert isinstance(begun, Unit)
        assert (begun.parts, begun.complete) == ([KEY], False)
        assert protocol.answering
        assert protocol.incomplete
        assert protocol.unanswered == 4
        (rest,) = events(protocol, GROUP[end:])
        assert isinstance(rest, Unit)
        assert (rest.parts, rest.complete) == ([DELTA], True)
        assert protocol.unanswered == 3

    def test_the_first_picture_of_a_long_group_needs_no_other(self) -> None:
        """A minute of 6 Mbit/s in one group: its first picture was given out after all of its 45 MB."""
        group = multipart(2, TIMES, [packet(TIMES[1] + place, bytes(30_000)) for place in range(1500)])
        protocol = asked()
        (first,) = events(protocol, group[:31_000])
        assert isinstance(first, Unit)
        assert len(first.parts) == 1
        found = events(protocol, group[31_000:])
        assert sum(len(unit.parts) for unit in units(found)) == 1499

    def test_a_group_of_any_number_of_pictures_is_read(self) -> None:
        """More than 4,096 were refused: 140 s at 30 pictures a second."""
        group = multipart(2, TIMES, [KEY] * 5000)
        assert image(asked(), group).parts == [KEY] * 5000


STREAM = (
    CONNECT_REPLY
    + GROUP
    + STATUS
    + single(3, TIMES, b"\xff\xd8jpeg\r\n\r\n\xff\xd9", kind="image/jpeg")
    + method_response(4, "next", errorreason="none &amp; never")
    + multipart(5, TIMES, [packet(TIMES[1], b"\r\n\r\n" * 20), KEY], quoted=True)
)


class TestMalice:
    @given(places=st.lists(st.integers(0, len(STREAM)), max_size=40))
    def test_any_chunking_gives_the_same_events(self, places: list[int]) -> None:
        edges = sorted({0, len(STREAM), *places})
        pieces = [STREAM[start:end] for start, end in pairwise(edges)]
        assert events(asked(connect=True), *pieces) == events(asked(connect=True), STREAM)

    def test_one_octet_at_a_time(self) -> None:
        pieces = [STREAM[place : place + 1] for place in range(len(STREAM))]
        found = events(asked(connect=True), *pieces)
        assert len(found) == 6
        assert found == events(asked(connect=True), STREAM)

    @given(end=st.integers(0, len(STREAM) - 1))
    def test_every_truncation_waits_for_more(self, end: int) -> None:
        protocol = asked(connect=True)
        found = events(protocol, STREAM[:end])
        assert protocol.next_event() is NEED_DATA
        complete = events(asked(connect=True), STREAM)
        assert not found or found[-1] != complete[-1]
        if found and isinstance(cut := found[-1], Unit) and not cut.complete:
            whole = complete[len(found) - 1]
            assert isinstance(whole, Unit)
            assert cut.parts == whole.parts[: len(cut.parts)]
            found.pop()
        assert found == complete[: len(found)]

    @given(
        place=st.integers(0, len(STREAM) - 1),
        junk=st.binary(max_size=12),
        removed=st.integers(0, 12),
        piece=st.integers(1, 400),
    )
    def test_damaged_streams_raise_nothing_else(self, place: int, junk: bytes, removed: int, piece: int) -> None:
        damaged = STREAM[:place] + junk + STREAM[place + removed :]
        check_harmless(damaged, piece)

    @given(
        data=st.binary(max_size=600), start=st.sampled_from([b"", b"<", b"ImageResponse\r\n", GROUP[:200], GROUP[:240]])
    )
    def test_noise_raises_nothing_else(self, data: bytes, start: bytes) -> None:
        check_harmless(start + data, 64)

    @pytest.mark.parametrize(
        "noise",
        [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x01\x02\x00", b"{}", b"\x00", b"Icecast", b"ImageResponseX"],
    )
    def test_what_is_no_image_server_is_told_at_once(self, noise: bytes) -> None:
        protocol = asked()
        before = len(CONNECT_REPLY)
        with pytest.raises(RemoteProtocolError, match="out of sync") as caught:
            events(protocol, noise)
        assert caught.value.offset == before
        assert caught.value.sample is not None
        with pytest.raises(RemoteProtocolError) as again:
            protocol.next_event()
        assert again.value is caught.value

    def test_a_missing_end_of_body_is_out_of_sync(self) -> None:
        wire = single(2, TIMES, KEY)
        for cut in (1, 4):
            with pytest.raises(RemoteProtocolError, match="out of sync"):
                events(asked(), wire[:-cut] + single(3, TIMES, KEY))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"Content-length: 62", b"Content-length: -1"),
            (b"Content-length: 62", b"Content-length: 99999999999999999999999"),
            (b"Content-length: 62", b"Content-length: 0x3E"),
            (b"Content-length: 62", b"Content-length: 62\r\nContent-Length: 63"),
            (b"Content-length: 62\r\n", b""),
            (b"boundary=gop_4d1f; ", b""),
            (b"Current: 1773480402906", b"Current: soon"),
            (b"Prev: 1773480401906", b"Prev 1773480401906"),
            (b"\r\n--gop_4d1f--", b"\r\n--other--"),
        ],
    )
    def test_headers_that_cannot_be_are_refused(self, old: bytes, new: bytes) -> None:
        assert old in GROUP
        with pytest.raises(RemoteProtocolError):
            events(asked(), GROUP.replace(old, new, 1))

    LIMITS = Limits(xml=300, header_lines=10, line=90, part=100, parts=3, response=530, blank=8)
    FITTING = multipart(1, TIMES, [b"x" * 80] * 3).replace(f'; type="{GENERIC}"'.encode(), b"")

    def bounded(self) -> ImageServerProtocol:
        protocol = ImageServerProtocol(CAMERA, limits=self.LIMITS)
        protocol.goto(0)
        return protocol

    def test_what_keeps_to_the_bounds_is_taken(self) -> None:
        assert [len(part) for part in image(self.bounded(), self.FITTING).parts] == [80, 80, 80]

    @pytest.mark.parametrize(
        ("wire", "told"),
        [
            (
                FITTING.replace(b"--gop_4d1f--", b"--gop_4d1f\r\nContent-length: 0\r\n\r\n\r\n--gop_4d1f--"),
                "3 parts",
            ),
            (FITTING.replace(b"Content-length: 80", b"Content-length: 101"), "101 bytes"),
            (FITTING.replace(b": 80", b": 100").replace(b"x" * 80, b"x" * 100), "at most 3 parts with 530 bytes"),
            (FITTING.replace(b"PrivacyMask", b"X: " + b"y" * 90 + b"\r\nPrivacyMask"), "header lines"),
            (FITTING.replace(b"PrivacyMask", b"X: y\r\n" * 10 + b"PrivacyMask"), "header lines"),
            (b"ImageResponse\r\n" + b"y" * 1000, "no terminator"),
            (b"<" + b" " * 300, "no terminator"),
            (b"\r\n" * 5, "blank"),
        ],
    )
    def test_every_bound_holds(self, wire: bytes, told: str) -> None:
        with pytest.raises(RemoteProtocolError, match=told):
            events(self.bounded(), wire)

    @pytest.mark.parametrize(
        "xml",
        [
            b'<!DOCTYPE a [<!ENTITY b "c">]><methodresponse>&b;</methodresponse>',
            b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
            b"<methodresponse>&undeclared;</methodresponse>",
            b"<a>" * 3000,
            b"<a",
            '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16-le"),
        ],
    )
    def test_xml_with_tricks_is_refused(self, xml: bytes) -> None:
        with pytest.raises(RemoteProtocolError):
            events(asked(), xml + b"\r\n\r\n")


class TestSecrets:
    """xprotect-export logged the first characters of the token; nothing here shows any."""

    def test_no_repr_shows_the_token(self) -> None:
        protocol = asked()
        assert "TOKEN" not in repr(protocol)
        assert "0f0e0d0c" not in repr(vars(protocol).get("_requests"))

    @pytest.mark.parametrize("start", [0, 5, 20])
    @pytest.mark.parametrize("secret", [TOKEN, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcmMifQ."])
    def test_an_echoed_token_is_not_in_the_error(self, secret: str, start: int) -> None:
        protocol = ImageServerProtocol(CAMERA)
        protocol.connect(secret)
        with pytest.raises(RemoteProtocolError) as caught:
            events(protocol, b"?" + secret[start:].encode() * 3)
        check_hidden(f"{caught.value} {caught.value.sample}", secret)

    def test_an_echoed_token_is_not_in_the_answer(self) -> None:
        protocol = ImageServerProtocol(CAMERA)
        protocol.connect(TOKEN)
        reason = f"bad connectparam id=1&amp;connectiontoken={TOKEN}"
        reply = method_response(1, "connect", connected="no", errorreason=reason)
        (answer,) = events(protocol, reply)
        assert isinstance(answer, ConnectResponse)
        assert answer.reason.startswith("bad connectparam")
        check_hidden(repr(answer), TOKEN)
        protocol.goto(1)
        (other,) = events(protocol, method_response(2, "goto", connectparam=f"x{TOKEN}"))
        check_hidden(repr(other), TOKEN)

    def test_innocent_text_stays_readable(self) -> None:
        protocol = asked(connect=True)
        (answer,) = events(
            protocol, method_response(1, "connect", connected="no", errorreason="Security token invalid")
        )
        assert isinstance(answer, ConnectResponse)
        assert answer.reason == "Security token invalid"


def check_hidden(text: str, secret: str) -> None:
    pieces = {secret[place : place + 8] for place in range(len(secret) - 7)}
    assert not [piece for piece in pieces if piece in text], text


def check_harmless(data: bytes, piece: int) -> None:
    """Whatever comes: events, a wait, or RemoteProtocolError; and no more events than octets could hold."""
    protocol = asked(connect=True)
    failure: RemoteProtocolError | None = None
    found: list[Found] = []
    try:
        for place in range(0, len(data), piece):
            found += events(protocol, data[place : place + piece])
    except RemoteProtocolError as error:
        failure = error
    assert failure is None or 0 <= (failure.offset or 0) <= len(data)
    assert len(found) <= len(data) // 8 + 1
    assert sum(len(part) for unit in units(found) for part in unit.parts) <= len(data)


def test_connected_replies_are_told_from_refusals() -> None:
    (answer,) = events(asked(connect=True), method_response(1, "connect", **CONNECTED))
    assert isinstance(answer, ConnectResponse)
    assert answer.connected


@pytest.mark.parametrize(
    "reason",
    [
        "Access denied",
        "Forbidden",
        "Insufficient rights",
        "The user does not have the right to view this camera",
        "You have no right to view this camera",
        "User not authorized",
    ],
)
def test_a_refusal_for_good(reason: str) -> None:
    assert isinstance(refusal("the session", reason), PermissionDenied)


@pytest.mark.parametrize(
    "reason",
    ["", "Database access failed", "Insufficient disk space", "More sessions than are allowed", "Try again right now"],
)
def test_a_refusal_that_may_pass(reason: str) -> None:
    error = refusal("the session", reason)
    assert isinstance(error, ServerFault)
    assert not error.permanent
