"""What decoding costs on top of parsing: full models against `lxml.etree.fromstring` on the same octets.

Both are timed in turn in one process, the best of several rounds each, in processor time so that a busy machine does
not tell, with the garbage collector as it is by default.
"""

import time
from collections.abc import Callable

from lxml import etree

from milestone_sdk._protocol.alarms import service as alarmservice
from milestone_sdk._protocol.management import servercommand
from tests.support.many_rows import alarm_lines_body, configuration_body

ROUNDS = 7


def ratio(body: bytes, decode: Callable[[bytes], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return how many times the parser's time decoding takes, and the parser's time in milliseconds."""
    parsing = decoding = float("inf")
    for _ in range(rounds):
        parsing = min(parsing, _seconds(etree.fromstring, body))
        decoding = min(decoding, _seconds(decode, body))
    return decoding / parsing, parsing * 1000


def _seconds(work: Callable[[bytes], object], body: bytes) -> float:
    """Return the processor's time until the result is there; giving it back afterwards is not counted.

    What a call finds in the heap changes the parser's time by half, so each starts from what one tree leaves behind.
    """
    etree.fromstring(body)
    start = time.thread_time()
    result = work(body)
    seconds = time.thread_time() - start
    del result
    return seconds


def report(what: str, body: bytes, decode: Callable[[bytes], object], limit: float) -> None:
    times, parsing = ratio(body, decode)
    print(f"{what}, {len(body) / 1e6:.1f} MB: {times:.2f} x parsing ({parsing:.0f} ms); at most {limit}")


def run() -> None:
    """Print the ratios and what they must not exceed."""
    configuration = servercommand.get_configuration("t")
    lines = alarmservice.get_alarm_lines("t", start=0, max_count=5000, filter=None)
    for count in (1000, 10_000):
        report(f"GetConfiguration, {count} cameras", configuration_body(count), configuration.decode, 3.0)
    report("GetAlarmLines, 5000 rows", alarm_lines_body(5000), lines.decode, 2.5)
