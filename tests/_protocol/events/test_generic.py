"""Generic events: what is sent, and what comes back, in whatever pieces."""

import contextlib
import itertools

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.events.generic import EchoReader, encode
from milestone_sdk.errors import (
    ConfigurationError,
    ConnectionLost,
    LocalProtocolError,
    MilestoneError,
    PermissionDenied,
    RemoteProtocolError,
)
from milestone_sdk.models.events import GenericEventReceipt, GenericEventSource, GenericEventStatistics

COMPATIBLE = GenericEventSource.compatible()
INTERNATIONAL = GenericEventSource.international()
UDP = GenericEventSource.compatible(protocol="udp")


def echoed(source: GenericEventSource, sent: bytes, pieces: list[bytes]) -> GenericEventReceipt:
    reader = EchoReader(source, sent)
    for piece in pieces:
        if reader.complete:
            break
        reader.receive(piece)
    return reader.receipt()


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    borders = sorted({0, len(octets), *(place % (len(octets) + 1) for place in places)})
    return [octets[start:end] for start, end in itertools.pairwise(borders)]


def test_a_text_is_written_in_the_encoding_of_the_source() -> None:
    assert encode("Tür auf", COMPATIBLE) == b"T\xfcr auf"
    assert encode("Tür auf", INTERNATIONAL) == "Tür auf".encode()
    assert encode("a\r\nb", COMPATIBLE) == b"a\r\nb"
    assert encode("a\r\nb", evolve(INTERNATIONAL, protocol="udp")) == b"a\r\nb"


@pytest.mark.parametrize(
    ("text", "source", "error", "words"),
    [
        ("", COMPATIBLE, LocalProtocolError, "must not be empty"),
        ("ключ", COMPATIBLE, LocalProtocolError, "cp1252"),
        ("a\r\nb", INTERNATIONAL, LocalProtocolError, "several"),
        ("x" * 65_508, UDP, LocalProtocolError, "65507"),
        ("x", evolve(COMPATIBLE, encoding="cp99999"), ConfigurationError, "cp1252"),
        ("x", evolve(COMPATIBLE, encoding="idna"), ConfigurationError, "cp1252"),
        ("x", evolve(COMPATIBLE, encoding="punycode"), ConfigurationError, "cp1252"),
        ("x", evolve(COMPATIBLE, encoding="utf-8\0"), ConfigurationError, "cp1252"),
        ("x", evolve(COMPATIBLE, encoding="base64"), ConfigurationError, "cp1252"),
        ("x", evolve(COMPATIBLE, encoding="\ud800"), ConfigurationError, "cp1252"),
    ],
)
def test_what_would_arrive_otherwise_is_refused(
    text: str, source: GenericEventSource, error: type[MilestoneError], words: str
) -> None:
    with pytest.raises(error, match=words):
        encode(text, source)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), st.lists(st.integers(0, 999)))
def test_a_full_echo_is_the_same_in_any_pieces(text: str, places: list[int]) -> None:
    source = evolve(INTERNATIONAL, echo="full")
    sent = encode(text, source)
    assert echoed(source, sent, cut(sent, places)).echo == sent


@given(
    st.integers(0, 9999),
    st.integers(0, 9999),
    st.integers(0, 9999),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))),
    st.lists(st.integers(0, 999)),
)
def test_statistics_are_the_same_in_any_pieces(
    request: int, characters: int, matches: int, event: str, places: list[int]
) -> None:
    answer = f"{request},{characters},{matches},{event}\r\n".encode()
    receipt = echoed(INTERNATIONAL, b"x", cut(answer, places))
    assert receipt.statistics == GenericEventStatistics(
        request=request, characters=characters, matches=matches, event=event or None
    )


def test_statistics_without_an_end_may_be_all() -> None:
    reader = EchoReader(INTERNATIONAL, b"RecCam1")
    reader.receive(b"1,39,1,Rec")
    assert not reader.complete
    assert reader.plausible
    reader.receive(b"Cam1")
    assert reader.receipt().statistics == GenericEventStatistics(request=1, characters=39, matches=1, event="RecCam1")
    reader = EchoReader(evolve(INTERNATIONAL, separator=b";"), b"x")
    reader.receive(b"2,1,1,A, B;")
    assert reader.complete
    assert reader.receipt().statistics == GenericEventStatistics(request=2, characters=1, matches=1, event="A, B")


@pytest.mark.parametrize("source", [COMPATIBLE, INTERNATIONAL])
@given(places=st.lists(st.integers(0, 20)))
def test_a_sender_that_is_not_allowed_is_told(source: GenericEventSource, places: list[int]) -> None:
    with pytest.raises(PermissionDenied, match="No access"):
        echoed(source, b"north", cut(b"No access\r\n", places))


def test_a_text_that_reads_no_access_may_be_sent() -> None:
    sent = encode("No access at gate 3", COMPATIBLE)
    assert echoed(COMPATIBLE, sent, [sent]).echo == sent
    for text in (b"No", b"n", b"nothing"):
        assert echoed(COMPATIBLE, text, [text]).echo == text


def test_an_echo_that_is_another_one_tells_of_a_wrong_setting() -> None:
    with pytest.raises(RemoteProtocolError, match="differs from what was sent"):
        echoed(COMPATIBLE, b"gate", [b"1,4,1,gate\r\n"])


@pytest.mark.parametrize(("source", "got"), [(COMPATIBLE, b"ga"), (INTERNATIONAL, b"1,4"), (COMPATIBLE, b"")])
def test_too_little_is_no_receipt(source: GenericEventSource, got: bytes) -> None:
    with pytest.raises(ConnectionLost, match="may have been accepted"):
        echoed(source, b"gate", [got] if got else [])


def test_an_endless_echo_is_refused() -> None:
    reader = EchoReader(INTERNATIONAL, b"gate")
    for _ in range(65):
        reader.receive(b"1" * 1000)
    with pytest.raises(RemoteProtocolError, match="bytes"):
        reader.receive(b"1" * 1000)


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=20), st.sampled_from([COMPATIBLE, INTERNATIONAL]))
def test_any_echo_is_a_receipt_or_an_error_of_this_library(pieces: list[bytes], source: GenericEventSource) -> None:
    with contextlib.suppress(MilestoneError):
        echoed(source, b"gate", pieces)


def test_no_echo_is_waited_for_where_none_can_come() -> None:
    assert EchoReader(evolve(COMPATIBLE, echo="none"), b"x").complete
    assert EchoReader(evolve(COMPATIBLE, echo="statistics"), b"x").complete
