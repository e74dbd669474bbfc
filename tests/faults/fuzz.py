"""Replies of the event server, broken in a hundred ways, through the decoders and the machines behind them.

By hand: `python -m tests.faults.fuzz --replies 1000000 --seed 7`. Each reply depends on the seed and its number alone;
`--only 4711` repeats one. Runs in a process of its own, so that a hang can be ended and memory be measured.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psutil
from attrs import define, field, frozen

from milestone_sdk._protocol.alarms import service as alarmservice
from milestone_sdk._protocol.alarms.feed import AlarmFeed
from milestone_sdk._protocol.alarms.lines import AlarmLines
from milestone_sdk._protocol.soap.envelope import Call
from milestone_sdk.checkpoints import Checkpoint
from milestone_sdk.errors import MilestoneError
from milestone_sdk.models import Alarm
from milestone_sdk.simulator import example_site
from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.eventserver.service import AlarmService
from milestone_sdk.simulator.wire.http import error_page
from milestone_sdk.simulator.wire.soap import SoapFault, fault_reply

MACHINE_LIFE = 300
"""Replies that one follower is fed before it is made again, as a restart does."""
NASTY = [
    b"<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'>]>",
    b"<!ENTITY % y SYSTEM 'file:///etc/hostname'>%y;",
    b"&x;&x;&x;",
    b"&#0;&#x1F;&#xFFFE;&#x110000;&#99999999999999999999;",
    b"<![CDATA[<a:Id>]]>",
    b"]]>",
    b"<?xml version='1.0' encoding='utf-16'?>",
    b"<?pi?>",
    b"<!-- -- -->",
    b"\x00",
    b"\xff\xfe",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b" i:nil='true'",
    b" xmlns:a='urn:other'",
    b"<a>" * 300,
    b"<a:AlarmLine/>",
    b"<a:AlarmLine i:nil='true'/>",
    b"</s:Body>",
    b"</a:AlarmLine><a:AlarmLine>",
    b"<html><title>Sign in</title></html>",
    b"A" * 5000,
]
VALUES = [
    b"",
    b" ",
    b"0",
    b"-1",
    b"1e9",
    b"NaN",
    b"2147483648",
    b"-9223372036854775809",
    b"9" * 5000,
    b"true",
    b"maybe",
    b"0001-01-01T00:00:00",
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59.9999999Z",
    b"9999-12-31T23:59:59.9999999-14:00",
    b"2025-02-30T25:61:61Z",
    b"2025-03-04T09:00:00.12345678901234567890Z",
    b"00000000-0000-0000-0000-000000000000",
    b"{5135ba21-f1dc-4321-806a-6ce2017343c0}",
    b"not-a-guid",
    "\u0661\u0662".encode(),
    "\U0001f600\u202e\u0000".encode(),
]
_TEXT = re.compile(rb">([^<>]*)<")
_ELEMENT = re.compile(rb"<(a:\w+)(?:/>|>[^<]*</\1>)")


@frozen
class Seed:
    """A good reply, what reads it, and where its texts and leaf elements lie."""

    body: bytes
    decode: Callable[[bytes], Any]
    texts: list[tuple[int, int]]
    elements: list[tuple[int, int]]

    @classmethod
    def of(cls, body: bytes, decode: Callable[[bytes], Any]) -> "Seed":
        texts = [match.span(1) for match in _TEXT.finditer(body)]
        return cls(body, decode, texts or [(0, 0)], [match.span() for match in _ELEMENT.finditer(body)] or [(0, 0)])


def good_replies() -> list[Seed]:
    """What the simulator's own codec writes, faults and a web page included."""
    site = example_site()
    facade = AlarmFacade(site, seed=1)
    service = AlarmService(facade, lambda _: site.users[0], seed=1)
    wanted = alarmservice.get_alarm_lines("t", start=0, max_count=3, filter=None)
    replies: list[Seed] = []

    def serve(call: Call[Any]) -> None:
        replies.append(Seed.of(service.serve(call.action, call.body), call.decode))

    serve(wanted)
    alarms = facade.trigger("Motion Detected", "Front Hallway", object_value="AB 123", description="<&> \x01")
    alarms.append(facade.add("Third party", "\U0001f600 Camera", snapshots=[b"\xff\xd8picture"], vendor="Vendor"))
    facade.acknowledge(alarms[0])
    for _ in range(3):
        serve(wanted)
    for alarm in alarms:
        serve(alarmservice.get_alarm("t", alarm))
    refused = SoapFault("s:Client", "The token is not valid.", service.codec.write_fault("InvalidAuthentication", "no"))
    broken = SoapFault("s:Server", "The database is away.", service.codec.write_fault("DbConnection", "no"))
    others = [fault_reply(refused), fault_reply(broken), error_page(503).body]
    return replies + [Seed.of(body, wanted.decode) for body in others]


def mutated(seeds: Sequence[Seed], source: random.Random) -> tuple[bytes, Callable[[bytes], Any]]:
    """One reply with one to four things wrong with it."""
    seed = source.choice(seeds)
    body = bytearray(seed.body)
    first = source.choice(_FIRST)
    first(body, seed, source)
    for _ in range(source.choice((0, 0, 0, 0, 1, 3))):
        source.choice(_FURTHER)(body, source.choice(seeds), source)
    return bytes(body), seed.decode


def _flip(body: bytearray, _: Seed, source: random.Random) -> None:
    for _count in range(source.choice((1, 1, 2, 8))):
        if body:
            body[source.randrange(len(body))] ^= 1 << source.randrange(8)


def _cut(body: bytearray, _: Seed, source: random.Random) -> None:
    start = source.randrange(len(body) + 1)
    del body[start : start + source.choice((1, 2, 10, 200))]


def _end(body: bytearray, _: Seed, source: random.Random) -> None:
    del body[source.randrange(len(body) + 1) :]


def _repeat(body: bytearray, _: Seed, source: random.Random) -> None:
    start = source.randrange(len(body) + 1)
    end = start + source.choice((1, 20, 500))
    body[start:start] = body[start:end] * source.choice((1, 2, 20))


def _insert(body: bytearray, _: Seed, source: random.Random) -> None:
    at = source.choice((0, source.randrange(len(body) + 1)))
    body[at:at] = source.choice(NASTY)


def _splice(body: bytearray, other: Seed, source: random.Random) -> None:
    at = source.randrange(len(body) + 1)
    body[at:] = other.body[source.randrange(len(other.body)) :]


def _value(body: bytearray, seed: Seed, source: random.Random) -> None:
    start, end = source.choice(seed.texts)
    body[start:end] = source.choice(VALUES)


def _attribute(body: bytearray, seed: Seed, source: random.Random) -> None:
    start, _ = source.choice(seed.texts)
    body[start - 1 : start - 1] = source.choice((b" i:nil='true'", b" x='1'", b"/", b" xmlns='urn:x'"))


def _move(body: bytearray, seed: Seed, source: random.Random) -> None:
    (start, end), (at, _unused) = source.choice(seed.elements), source.choice(seed.elements)
    element = bytes(body[start:end])
    if source.random() < 0.5:
        del body[start:end]
    body[at:at] = element


_Mutation = Callable[[bytearray, Seed, random.Random], None]
_FURTHER: list[_Mutation] = [_flip, _cut, _end, _repeat, _insert, _splice]
_FIRST: list[_Mutation] = [*_FURTHER, *[_value] * 7, _attribute, *[_move] * 3]
"""The later ones of these know where things lie in the good reply, so they come first or not at all."""


@define
class Machine:
    """A subscription's core, which is given whatever a decoder lets pass."""

    feed: AlarmFeed = field(factory=lambda: AlarmFeed(Checkpoint(), now=0.0, page_size=3))

    def take(self, decoded: object, now: float) -> None:
        for lines in _lists(decoded):
            for line in self.feed.receive(lines, now=now).fresh:
                self.feed.update(line)
                self.feed.acknowledge(line)
                str(line)
            wanted, max_count = self.feed.question
            alarmservice.get_alarm_lines("t", start=0, max_count=max_count, filter=wanted)


def _lists(decoded: object) -> Iterator[AlarmLines]:
    if isinstance(decoded, AlarmLines):
        yield decoded
    elif isinstance(decoded, Alarm):
        str(decoded)
        _ = decoded.camera_ids


@define
class Report:
    """What came of a run; memory in bytes, times in seconds."""

    replies: int = 0
    outcomes: Counter[str] = field(factory=Counter[str])
    escaped: list[str] = field(factory=list[str])
    slowest: float = 0.0
    slowest_reply: int = -1
    resident_after_warm_up: int = 0
    resident_at_the_end: int = 0


def run(numbers: range, seed: int) -> Report:
    """Feed the replies of those numbers; what is no `MilestoneError` is kept, with all that is needed to repeat it."""
    seeds, report, machine = good_replies(), Report(), Machine()
    process = psutil.Process()
    for number in numbers:
        body, decode = mutated(seeds, random.Random(seed << 40 | number))
        began = time.perf_counter()
        try:
            decoded = decode(body)
            report.outcomes["read"] += 1
            machine.take(decoded, now=float(number))
        except MilestoneError as error:
            report.outcomes[type(error).__name__] += 1
        except Exception as error:
            report.escaped.append(f"--seed {seed} --only {number}: {error!r}")
            if len(report.escaped) >= 20:
                break
        took = time.perf_counter() - began
        if took > report.slowest:
            report.slowest, report.slowest_reply = took, number
        report.replies += 1
        if report.replies % MACHINE_LIFE == 0:
            machine = Machine()
        if report.replies == max(len(numbers) // 10, 1):
            report.resident_after_warm_up = process.memory_info().rss
    report.resident_at_the_end = process.memory_info().rss
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    if options.only is not None:
        body, decode = mutated(good_replies(), random.Random(options.seed << 40 | options.only))
        print(body)
        Machine().take(decode(body), now=0.0)
        return
    report = run(range(options.replies), options.seed)
    json.dump(
        {name: getattr(report, name) for name in Report.__annotations__} | {"outcomes": dict(report.outcomes)},
        sys.stdout,
    )


if __name__ == "__main__":
    main()
