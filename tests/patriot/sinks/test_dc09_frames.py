"""Frames of DC-09: published examples, any signal, any split."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.errors import RemoteProtocolError, SignalRefused
from milestone_sdk.patriot.sinks.dc09.content import Accounts, Codes, SignalContent, Texts
from milestone_sdk.patriot.sinks.dc09.frames import Answer, AnswerReader, Message, crc16, encode, timestamp

from .receiver import Received, answer, cipher, framed, parse
from .signals import signal

KEY = b"0123456789abcdef"
ANY_TEXT = st.text(st.characters(codec=None), max_size=400)


def test_the_check_value_of_the_crc() -> None:
    assert crc16(b"123456789") == 0xBB3D  # the catalogue of CRC algorithms, CRC-16/ARC


PUBLISHED = [
    # Examples of the standard, annex on message examples.
    (Message("SIA-DCS", "12345A", "#12345A|NFA129"), 9876, "579BDF", "789ABC", None, b"CE110032"),
    (
        Message("SIA-DCS", "12345A", "#12345A|NFA129"),
        9876,
        "579BDF",
        "789ABC",
        datetime(2006, 2, 15, 13, 14, 15, tzinfo=UTC),
        b"DC530046",
    ),
    (Message("ADM-CID", "12345A", "#12345A|1110 00 129"), 9876, "579BDF", "789ABC", None, b"87CD0037"),
    # Frames of panels in the field, published in logs and test suites of receivers.
    (Message("ADM-CID", "1002", "#1002|1602 00 001"), 1, "", "0", None, b"9EC40027"),
    (
        Message("ADM-CID", "9757", "#9757|1602 00 000"),
        28,
        "",
        "0",
        datetime(2024, 2, 20, 20, 59, 45, tzinfo=UTC),
        b"F68B003B",
    ),
    (
        Message("SIA-DCS", "10303117", "#10303117|Nri0001/BH005"),
        38,
        "0",
        "0",
        datetime(2022, 8, 17, 13, 44, 48, tzinfo=UTC),
        b"37070047",
    ),
    (Message("NULL", "0809"), 0, "", "000", datetime(2024, 2, 20, 21, 0, 1, tzinfo=UTC), b"B0970029"),
]


@pytest.mark.parametrize(("message", "sequence", "receiver", "line", "time", "head"), PUBLISHED)
def test_published_frames(message, sequence, receiver, line, time, head) -> None:
    assert encode(message, sequence, receiver=receiver, line=line, time=time)[1:9] == head


def test_the_cipher_of_these_tests_reads_a_published_frame() -> None:
    digits = "C07DA1EB73C617857476EE5D79436CEE5E0084485E79EC56B0D5D1F3F6E648B278050BBCCBC8FE5DCA7E3C80DBDD4945"
    assert crc16(f'"*SIA-DCS"7654L0#1111[{digits}'.encode()) == 0x05BB
    assert cipher(b"A" * 16).decrypt(bytes.fromhex(digits)).endswith(b"|Nri1/WA000]_16:04:02,07-09-2020")


def content_of(
    token="SIA-DCS", *, text=None, most=200, encoding="ascii", codes=None, default=None, area=None, time=True
):
    texts = Texts(token, text, most, encoding)
    codes = Codes(token, codes or {}, default)
    accounts = Accounts({"C1": "00c1"})
    return SignalContent(token, accounts, codes, texts, area=area, occurrence_time=time)


@given(
    token=st.sampled_from(["SIA-DCS", "ADM-CID"]),
    line=ANY_TEXT,
    source=ANY_TEXT,
    client_no=st.one_of(st.text(max_size=20), st.from_regex(r"[0-9A-Fa-f]{3,16}", fullmatch=True), st.just("C1")),
    zone=st.integers(),
    event_type=st.integers(),
    kind=st.sampled_from(["alarm", "link_lost", "link_restored", "alarm_gap", "undeliverable"]),
    time=st.datetimes(timezones=st.just(UTC)),
    most=st.integers(40, 1000),
    encoding=st.sampled_from(["ascii", "cp1252", "utf-8"]),
    key=st.sampled_from([None, KEY, KEY + KEY[:8], KEY + KEY]),
    sequence=st.integers(0, 9999),
)
def test_any_signal_gives_a_frame_that_a_strict_parser_reads(
    token, line, source, client_no, zone, event_type, kind, time, most, encoding, key, sequence
) -> None:
    one = signal(
        client_no=client_no, zone=zone, event_type=event_type, line=line, kind=kind, source_name=source, fallback=True,
        time=time,
    )  # fmt: skip
    content = content_of(token, most=most, encoding=encoding)
    if client_no != "C1" and not re.fullmatch(r"[0-9A-Fa-f]{3,16}", client_no):
        with pytest.raises(SignalRefused):
            content.message(one)
        return
    message = content.message(one)
    frame = encode(message, sequence, receiver="0", time=time, key=key, encoding=encoding)
    read = parse(frame, key, encoding)
    assert (read.token, read.sequence) == (token, sequence)
    assert read.account == ("00C1" if client_no == "C1" else client_no.upper())
    assert read.zone == (zone if 0 <= zone <= (9999 if token == "SIA-DCS" else 999) else 0)
    assert read.time == time.replace(microsecond=0)
    assert f"H{timestamp(time)}" in read.extended
    text = read.text or next((each[1:] for each in read.extended if each.startswith("I")), "")
    assert len(text.encode(encoding)) <= most
    assert bool(text) == bool(message.extended[0].startswith("I") or "^" in message.data)


@given(
    description=st.text(max_size=300),
    source=ANY_TEXT,
    message=ANY_TEXT,
    most=st.integers(40, 1000),
    encoding=st.sampled_from(["ascii", "cp1252", "utf-8"]),
)
def test_the_form_of_an_unknown_zone_survives(description, source, message, most, encoding) -> None:
    line = f"{description} Zone 0 (unknown zone: {source}) {message}"
    text = Texts("SIA-DCS", None, most, encoding).of(signal(line=line, source_name=source, fallback=True, zone=0))
    assert len(text.encode(encoding)) <= most
    start = text.index("Zone 0 (unknown zone: ")
    assert ")" in text[start:]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "High Zone 0 (unknown zone: C1 alarm) AXIS Perimeter_Defender alarm START on camera C1",
            "High Zone 0 (unknown zone: C1 alarm) AXIS Perimeter_Defender alarm START on camera C1",
        ),
        ("High Zufahrt Süd\r\nTor [3] | a^b\x00", "High Zufahrt Sud Tor (3) / a~b"),
        ("High 玄関", "High ??"),
    ],
)
def test_what_becomes_of_a_line(line: str, shown: str) -> None:
    assert parse(encode(content_of().message(signal(line=line)), 1)).text == shown


def test_a_letter_that_the_encoding_has_stays() -> None:
    message = content_of(encoding="cp1252").message(signal(line="Zufahrt Süd"))
    assert parse(encode(message, 1, encoding="cp1252"), encoding="cp1252").text == "Zufahrt Süd"


@pytest.mark.parametrize(
    ("token", "values", "code"),
    [
        ("SIA-DCS", {}, "UA"),
        ("SIA-DCS", {"event_type": 2}, "BA"),
        ("SIA-DCS", {"kind": "link_lost"}, "YC"),
        ("SIA-DCS", {"kind": "link_restored"}, "YK"),
        ("SIA-DCS", {"kind": "alarm_gap"}, "YX"),
        ("ADM-CID", {}, "1001"),
        ("ADM-CID", {"event_type": 1401}, "3401"),
        ("ADM-CID", {"event_type": 40000}, "1140"),
        ("ADM-CID", {"kind": "link_lost"}, "1350"),
        ("ADM-CID", {"kind": "link_restored"}, "3350"),
        ("ADM-CID", {"kind": "undeliverable", "event_type": 7}, "6123"),
    ],
)
def test_codes(token, values, code) -> None:
    codes = {2: "BA"} if token == "SIA-DCS" else {"7": "S123"}
    read = parse(encode(content_of(token, codes=codes, area=3).message(signal(**values)), 1))
    assert (read.code, read.area) == (code, 3)


def test_a_zone_without_room_is_sent_on_zone_0_and_logged_once(caplog) -> None:
    content = content_of("ADM-CID")
    for _ in range(2):
        assert parse(encode(content.message(signal(zone=1000)), 1)).zone == 0
    assert [record.message for record in caplog.records] == [
        "ADM-CID has no room for zone 1000: the highest is 999; sent on zone 0"
    ]


def test_a_client_without_an_account_number_is_refused() -> None:
    with pytest.raises(SignalRefused, match=r"client number 'G7' is not an account number of DC-09\. Hint: name one"):
        content_of().message(signal(client_no="G7"))


def test_the_padding_of_encrypted_messages_differs() -> None:
    frames = {encode(Message("NULL", "1234"), 0, key=KEY) for _ in range(20)}
    assert len(frames) > 1


# Answers

ONE = Received("SIA-DCS", 17, "1234", False, None)
AT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
GARBLED = [
    b"\n\r",
    b'"NAK"\r',
    answer("ACK", ONE)[:10] + b"\r",
    answer("ACK", ONE).replace(b"0017", b"0018"),
    framed('"OK"0017R0L0#1234[]'),
    framed('"ACK"17R0L0#1234[]'),
    framed('"ACK"0017R0L0#1234[]_12:00'),
]


def outcomes(data: bytes, splits: list[int], key: bytes | None = None) -> list[Answer | str]:
    reader, found, start = AnswerReader(key), [], 0
    for end in [*sorted(splits), len(data)]:
        reader.feed(data[start:end])
        start = max(start, end)
        while True:
            try:
                one = reader.next_answer()
            except RemoteProtocolError as error:
                found.append(error.message)
                if "more than" in error.message:
                    return found
                continue
            if one is None:
                break
            found.append(one)
    return found


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("kind", ["ACK", "NAK", "DUH", "RSP"])
def test_answers_are_read(kind: str, key: bytes | None) -> None:
    sequence = 0 if kind == "NAK" else 17
    assert outcomes(answer(kind, ONE, key=key, time=AT), [], key) == [Answer(kind, sequence, AT)]


@given(
    pieces=st.lists(
        st.one_of(
            st.sampled_from([answer(kind, ONE, time=AT) for kind in ("ACK", "NAK", "DUH", "RSP")]),
            st.sampled_from(GARBLED),
            st.binary(max_size=40),
            st.just(b"x" * 3000),
        ),
        max_size=6,
    ),
    data=st.data(),
)
def test_any_split_of_the_answers_gives_the_same(pieces: list[bytes], data) -> None:
    stream = b"".join(pieces)
    splits = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    assert outcomes(stream, splits) == outcomes(stream, []) == outcomes(stream, list(range(len(stream))))


@pytest.mark.parametrize("garbled", GARBLED)
def test_what_is_garbled_is_an_error_and_the_next_answer_counts(garbled: bytes) -> None:
    first, second = outcomes(garbled + answer("ACK", ONE), [])
    assert isinstance(first, str)
    assert second == Answer("ACK", 17)


def test_an_answer_has_a_bound() -> None:
    reader = AnswerReader()
    reader.feed(b"\n" + b"x" * 5000)
    for _ in range(2):
        with pytest.raises(RemoteProtocolError, match="more than 2048 bytes"):
            reader.next_answer()


@pytest.mark.parametrize(
    "forged", [answer("ACK", ONE), answer("RSP", ONE), answer("ACK", ONE, key=b"another key 1234")]
)
def test_with_a_key_only_an_encrypted_acknowledgement_counts(forged: bytes) -> None:
    (outcome,) = outcomes(forged, [], KEY)
    assert isinstance(outcome, str)


def test_a_time_that_cannot_be_read_loses_only_the_time() -> None:
    assert outcomes(framed('"NAK"0000R0L0A0[]_25:00:00,13-41-2026'), []) == [Answer("NAK", 0)]
