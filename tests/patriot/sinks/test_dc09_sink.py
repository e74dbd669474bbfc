"""The DC-09 sink against a strict receiver: repeats, refusals, clocks, supervision, and what a receiver does wrong."""

import asyncio
import logging
import random
import traceback
from datetime import timedelta

import pytest

from milestone_sdk.errors import ConfigurationError, SignalRefused, SinkError, SinkUnavailable
from milestone_sdk.patriot.sinks import Dc09Sink
from milestone_sdk.patriot.sinks.dc09.sink import SequenceNumbers
from milestone_sdk.testing import AsyncManualClock
from tests.support.loopback import refusing_port

from .receiver import Received, Receiver, answer, framed, receiving
from .signals import NOON, signal

pytestmark = pytest.mark.anyio

KEY = b"0123456789abcdef"


def sink_for(receiver: Receiver, **settings) -> Dc09Sink:
    key = receiver.key.hex() if receiver.key else None
    return Dc09Sink(
        **{"host": "127.0.0.1", "port": receiver.port, "key": key, "clock": AsyncManualClock(NOON)} | settings
    )


@pytest.mark.parametrize("key", [None, KEY, KEY + KEY[:8], KEY + KEY])
@pytest.mark.parametrize("token", ["SIA-DCS", "ADM-CID"])
async def test_a_signal_arrives_and_is_acknowledged(token, key) -> None:
    async with receiving(key) as receiver, sink_for(receiver, token=token, accounts={"C1": "00C1"}) as sink:
        await sink.send(signal())
        await sink.send(signal(client_no="C1", key="C1:b", zone=17, line="High Zone 0 (unknown zone: C1 alarm) START"))
        assert sink.connected
    first, second = receiver.received
    assert (first.account, first.zone, first.sequence, first.time) == ("1234", 2, 1, NOON)
    assert (second.account, second.zone, second.sequence) == ("00C1", 17, 2)
    text = "High Zone 0 (unknown zone: C1 alarm) START"
    assert second.text == text if token == "SIA-DCS" else f"I{text}" in second.extended
    assert "H12:00:00,03-01-2026" in first.extended
    assert receiver.connections == 1


async def test_messages_go_one_at_a_time_in_the_order_of_the_calls() -> None:
    async with receiving() as receiver, sink_for(receiver) as sink:
        await asyncio.gather(*(sink.send(signal(key=f"1234:{number}", zone=number)) for number in range(50)))
    assert [one.zone for one in receiver.received] == list(range(50))
    assert [one.sequence for one in receiver.received] == list(range(1, 51))


def test_sequence_numbers_begin_again_after_9999_and_leave_out_those_in_use() -> None:
    numbers = SequenceNumbers()
    assert numbers.of("not acknowledged") == 1
    given = []
    for key in map(str, range(10_000)):
        given.append(numbers.of(key))
        numbers.release(key)
    assert given[:2] == [2, 3]
    assert given[-3:] == [9999, 2, 3]
    assert numbers.of("not acknowledged") == 1


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(
    "wrong",
    [
        "close",
        "NAK",
        b"\n\r",
        framed('"OK"0001R0L0#1234[]'),
        lambda message: answer("ACK", message).replace(b'"ACK"', b'"AKC"'),
        lambda message: answer("ACK", message)[:-1] + b"x\r",
        b"x" * 5000,
    ],
)
async def test_a_wrong_answer_is_followed_by_a_repeat_with_the_same_number(wrong, key) -> None:
    async with receiving(key) as receiver, sink_for(receiver) as sink:
        receiver.script = [wrong]
        await sink.send(signal())
        await sink.send(signal(key="1234:b"))
    assert [one.sequence for one in receiver.received] == [1, 1, 2]


async def test_silence_is_followed_by_a_repeat_on_a_new_connection() -> None:
    async with receiving() as receiver, sink_for(receiver, answer_timeout=0.2) as sink:
        receiver.script = [None]
        await sink.send(signal())
        assert receiver.connections >= 2
    assert {one.sequence for one in receiver.received} == {1}


async def test_a_late_answer_to_an_earlier_message_does_not_count() -> None:
    async with receiving() as receiver, sink_for(receiver) as sink:
        await sink.send(signal())
        receiver.script = [lambda message: answer("ACK", message._replace(sequence=1)) + answer("DUH", message)]
        with pytest.raises(SignalRefused):
            await sink.send(signal(key="1234:b"))
        assert receiver.connections == 1


async def test_an_answer_that_is_cut_at_any_byte_is_no_acknowledgement() -> None:
    async with receiving() as receiver, sink_for(receiver) as sink:
        length = len(framed('"ACK"0001R0L0#1234[]'))
        for cut in range(length):
            receiver.script, receiver.cut = [lambda message: answer("ACK", message)], cut
            before = len(receiver.received)
            await sink.send(signal(key=str(cut)))
            first, again = receiver.received[before:]
            assert first.sequence == again.sequence


@pytest.mark.parametrize("seed", range(3))
async def test_no_signal_is_lost_or_out_of_order_whatever_the_receiver_does(seed: int) -> None:
    chance = random.Random(seed)
    wrong = ["close", "NAK", b"\n\r", lambda message: answer("ACK", message)[: chance.randrange(30)] + b"\r"]
    async with receiving(KEY) as receiver, sink_for(receiver) as sink:
        receiver.script = [chance.choice([*wrong, "ACK"]) for _ in range(300)]
        for number in range(100):
            while True:  # as the task does
                try:
                    await sink.send(signal(key=str(number), zone=number))
                    break
                except SinkUnavailable:
                    continue
    zones = [one.zone for one in receiver.received]
    assert list(dict.fromkeys(zones)) == list(range(100)) == sorted(set(zones))
    assert zones == sorted(zones)
    assert {(one.zone, one.sequence) for one in receiver.received} == {(zone, zone + 1) for zone in range(100)}


async def test_duh_refuses_the_signal_and_the_next_one_passes() -> None:
    async with receiving(KEY) as receiver, sink_for(receiver) as sink:
        receiver.script = ["DUH"]
        with pytest.raises(SignalRefused, match=r"does not accept this message \(DUH\)") as caught:
            await sink.send(signal())
        assert caught.value.key == "1234:a"
        assert caught.value.server == f"127.0.0.1:{receiver.port}"
        await sink.send(signal(key="1234:b"))
        assert sink.connected


async def test_rsp_is_an_acknowledgement() -> None:
    async with receiving(KEY) as receiver, sink_for(receiver) as sink:
        receiver.script = ["RSP"]
        await sink.send(signal())
    assert len(receiver.received) == 1


async def test_the_time_of_a_nak_corrects_the_timestamps(caplog) -> None:
    ahead = NOON + timedelta(minutes=7)
    async with receiving(KEY) as receiver, sink_for(receiver) as sink:
        receiver.script = [lambda message: answer("NAK", message, time=ahead)]
        await sink.send(signal())
        await sink.send(signal(key="1234:b"))
    assert [one.time for one in receiver.received] == [NOON, ahead, ahead]
    assert [record.message for record in caplog.records] == [
        f"the clock of the receiver at 127.0.0.1:{receiver.port} is +420 seconds from that of this computer; "
        "timestamps follow it"
    ]


async def test_a_receiver_that_answers_nak_to_everything_is_unavailable() -> None:
    async with receiving(KEY) as receiver, sink_for(receiver) as sink:
        receiver.script = ["NAK"] * 3
        with pytest.raises(SinkUnavailable, match=r"NAK to 3 tries of account 1234\. Hint: check that the receiver"):
            await sink.send(signal())
        assert sink.connected, "it answers"
        await sink.send(signal())
    assert [one.sequence for one in receiver.received] == [1] * 4


async def test_a_signal_keeps_its_number_until_it_is_acknowledged_and_no_other_gets_it() -> None:
    async with receiving() as receiver, sink_for(receiver) as sink:
        receiver.script = ["NAK"] * 3
        with pytest.raises(SinkUnavailable):
            await sink.send(signal())
        await sink.send(signal(key="5678:b", client_no="5678"))
        await sink.send(signal())
    assert [(one.account, one.sequence) for one in receiver.received] == [("1234", 1)] * 3 + [("5678", 2), ("1234", 1)]


async def test_a_plain_acknowledgement_of_an_encrypted_message_does_not_count() -> None:
    async with receiving(KEY) as receiver, sink_for(receiver) as sink:
        receiver.script = [lambda message: answer("ACK", message)]
        await sink.send(signal())
    assert len(receiver.received) == 2


async def test_a_connection_that_the_receiver_closed_in_between_is_made_again() -> None:
    async with receiving() as receiver, sink_for(receiver) as sink:
        receiver.script = [lambda message: answer("ACK", message), "close"]
        await sink.send(signal())
        await sink.send(signal(key="1234:b"))
        assert receiver.connections == 2


async def test_no_receiver_is_an_error_in_bounded_time_that_says_why(caplog) -> None:
    with refusing_port() as port:
        async with Dc09Sink(host="127.0.0.1", port=port, timeout=1.0) as sink:
            with pytest.raises(
                SinkUnavailable, match=r"no acknowledgement within 1 seconds: could not connect: connection refused"
            ) as caught:
                await sink.send(signal())
    assert caught.value.server == f"127.0.0.1:{port}"
    assert caught.value.operation == "Dc09Sink.send"
    assert len(caplog.records) == 1


async def test_signals_that_wait_behind_a_dead_receiver_fail_together() -> None:
    async with receiving() as receiver, sink_for(receiver, timeout=0.3) as sink:
        receiver.script = [None] * 10
        results = await asyncio.gather(
            *(sink.send(signal(key=str(number))) for number in range(20)), return_exceptions=True
        )
    assert {type(result) for result in results} == {SinkUnavailable}
    # One after another, each of them would have been sent; on a busy machine a few are called later than the first.
    assert len({one.sequence for one in receiver.received}) < 20


async def test_a_send_that_is_cancelled_leaves_a_usable_sink() -> None:
    async with receiving() as receiver, sink_for(receiver) as sink:
        receiver.script = [None]
        sending = asyncio.create_task(sink.send(signal()))
        await receiver.wait_for(1)
        sending.cancel()
        await asyncio.wait([sending])
        assert sending.cancelled()
        await sink.send(signal(key="1234:b"))
        await sink.send(signal())
    assert [one.sequence for one in receiver.received] == [1, 2, 1]


@pytest.mark.parametrize("key", [None, KEY])
async def test_supervision_keeps_the_connection_and_reports_its_loss_and_return(caplog, key) -> None:
    settings = {"supervision_interval": 0.02, "supervision_account": "00fe", "clock": None}
    async with receiving(key) as receiver, sink_for(receiver, **settings) as sink:
        await receiver.wait_for(3)
        assert {(one.token, one.sequence, one.account) for one in receiver.received} == {("NULL", 0, "00FE")}
        assert receiver.connections == 1
        receiver.script = ["NAK"] * 3
        await receiver.wait_for(len(receiver.received) + 4)
        await sink.send(signal())
        assert sink.connected
    messages = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(messages) == 2
    assert "answered NAK to 3 tries of account 00FE" in messages[0]
    assert "accepts account 00FE again" in messages[1]


async def test_accounts_that_the_receiver_does_not_know_delay_no_other_and_are_logged_once(caplog) -> None:
    """Forty of them, whose tries follow each other without end, while one client has alarms."""

    def judge(message: Received) -> bytes:
        return answer("ACK" if message.account == "1234" else "NAK", message)

    async def keep_trying(sink: Dc09Sink, client_no: str) -> None:
        while True:
            with pytest.raises(SinkUnavailable, match=f"account {client_no}"):
                await sink.send(signal(key=client_no, client_no=client_no))

    async with receiving() as receiver, sink_for(receiver, timeout=20.0, clock=None) as sink:
        receiver.script = [judge] * 100_000
        unknown = [asyncio.create_task(keep_trying(sink, f"{number:04}")) for number in range(40)]
        for number in range(5):
            await sink.send(signal(key=f"1234:{number}"))
        for task in unknown:
            task.cancel()
        await asyncio.wait(unknown)
    assert [one.zone for one in receiver.received if one.account == "1234"] == [2] * 5
    assert len(caplog.records) == len({record.message for record in caplog.records}) <= 40


async def test_supervision_counts_duh_as_an_answer(caplog) -> None:
    settings = {"supervision_interval": 0.02, "supervision_account": "00FE", "clock": None}
    async with receiving() as receiver, sink_for(receiver, **settings) as sink:
        receiver.script = ["DUH"] * 100
        await receiver.wait_for(3)
        assert sink.connected
    assert not caplog.records


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"host": "http://arc.example"}, "host must be a name or an IP address"),
        ({"port": 0}, "port must be from 1 to 65535, got 0"),
        ({"token": "SIA"}, "token must be one of SIA-DCS, ADM-CID, got 'SIA'"),
        ({"accounts": {"C1": "XY"}}, "accounts['C1'] must be 3 to 16 hexadecimal digits, got 'XY'"),
        ({"receiver": "G"}, "receiver must be 1 to 6 hexadecimal digits, got 'G'"),
        ({"line": ""}, "line must be 1 to 6 hexadecimal digits, got ''"),
        ({"area": 10_000}, "area must be from 0 to 9999 with SIA-DCS, got 10000"),
        ({"codes": {"1": "130"}}, "codes['1'] must be a code of SIA-DCS, got '130'"),
        ({"codes": {"fire": "FA"}}, "codes has the key 'fire', which is neither an event type nor a kind of signal"),
        ({"default_code": "b"}, "default_code must be a code of SIA-DCS, got 'b'"),
        ({"token": "ADM-CID", "text": "block"}, "text cannot be 'block' with ADM-CID"),
        ({"text": "memo"}, "text must be one of block, extension, none, got 'memo'"),
        ({"max_text": 10}, "max_text must be from 40 to 1000, got 10"),
        ({"encoding": "utf-16"}, "encoding must be one of ascii, cp1252, utf-8, got 'utf-16'"),
        ({"key": "5ec3e7"}, "key must be 32, 48 or 64 hexadecimal digits, got 6 characters"),
        ({"key": "00" * 16, "timestamps": False}, "timestamps cannot be off with a key"),
        ({"supervision_interval": 60}, "supervision_account must be 3 to 16 hexadecimal digits, got None"),
        ({"supervision_interval": 0, "supervision_account": "123"}, "supervision_interval must be > 0"),
        ({"timeout": -1}, "timeout must be > 0 and finite, got -1"),
        ({"occurrence_time": 1}, "occurrence_time must be bool, got int"),
    ],
)
async def test_wrong_settings_are_refused(settings, problem) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Dc09Sink(**{"host": "arc.example", "port": 9999} | settings)
    assert problem in str(caught.value)
    assert "5ec3e7" not in str(caught.value)


@pytest.mark.parametrize("wrong", ["NAK", "DUH", "close", b"\n\r"])
async def test_no_error_shows_the_key(wrong) -> None:
    async with receiving(KEY) as receiver, sink_for(receiver, timeout=0.5) as sink:
        receiver.script = [wrong] * 100_000
        with pytest.raises(SinkError) as caught:
            await sink.send(signal())
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert not any(form in shown for form in (KEY.decode(), KEY.hex(), KEY.hex().upper()))


async def test_no_view_of_the_sink_shows_the_key() -> None:
    sink = Dc09Sink(host="arc.example", port=9999, key=KEY.hex())
    assert repr(sink) == "<Dc09Sink arc.example:9999 SIA-DCS>"
    assert KEY.hex() not in repr([vars(sink), vars(sink._connection)])
