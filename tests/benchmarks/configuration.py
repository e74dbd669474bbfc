"""A whole site of 1,000 to 50,000 cameras, by `GetConfiguration` and by the Configuration API.

The site runs in a process of its own, over TLS; each measurement in another, so that memory one gave back is not seen
by the next. Decoding stands beside plain `lxml.etree.fromstring` on the octets of the very same replies, in processor
time. `python -m tests.benchmarks.configuration --cameras 50000` measures one size alone.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from attrs import asdict, frozen
from lxml import etree

from milestone_sdk import AsyncClient, BasicUser, Trust
from milestone_sdk._protocol.configuration import service as configurationapi
from milestone_sdk._protocol.management import servercommand
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.site.generator import generated_site

PROJECT = Path(__file__).parents[2]
SIZES = (1000, 10_000, 50_000)
SOURCES = ("GetConfiguration", "Configuration API")
BELOW_A_RECORDER = ("HardwareFolder", "Hardware", "CameraFolder", "Camera")
TIMEOUT = 300.0


@frozen
class Figures:
    """What reading a site took: seconds by the clock and of the processor, octets, octets of memory at the peak."""

    cameras: int
    requests: int
    octets: int
    whole: float
    decoding: float
    parsing: float
    peak: int


def run() -> None:
    """Print a table, and how the figures grow with the size."""
    _print_table(SIZES)


def _print_table(sizes: Sequence[int]) -> None:
    print("cameras  source             requests     MB  seconds  decoding  x lxml  peak KB/camera")
    found: dict[str, list[Figures]] = {source: [] for source in SOURCES}
    for size in sizes:
        with _site(size) as address:
            for source in SOURCES:
                command = [sys.executable, "-m", f"{__package__}.configuration", "--measure", source, *address]
                figures = Figures(**json.loads(subprocess.check_output(command, cwd=PROJECT, text=True)))
                found[source].append(figures)
                print(
                    f"{figures.cameras:7}  {source:18} {figures.requests:7} {figures.octets / 1e6:7.1f}"
                    f" {figures.whole:7.1f} s {figures.decoding:7.2f} s {figures.decoding / figures.parsing:6.2f}"
                    f" {figures.peak / figures.cameras / 1024:12.1f}",
                    flush=True,
                )
    for source, rows in found.items():
        if len(rows) > 1:
            first, last = rows[0], rows[-1]
            growth = (last.decoding / first.decoding) / (last.cameras / first.cameras)
            print(f"{source}: decoding {growth:.2f} x as long for a camera at {last.cameras} as at {first.cameras}")


# The site


@contextmanager
def _site(cameras: int) -> Iterator[list[str]]:
    command = [sys.executable, "-m", f"{__package__}.configuration", "--serve", str(cameras)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())


def _serve(cameras: int) -> None:
    """Run until standard input ends."""
    # Real servers write null in one way; by default the simulator draws lots for each.
    with Simulator(generated_site(cameras), services=("management",), null_form="nil") as simulator:
        print(json.dumps([simulator.url, simulator.username, simulator.password, str(simulator.ca_file)]), flush=True)
        sys.stdin.read()


# The measurements


async def _measure(source: str, url: str, name: str, password: str, ca_file: str) -> Figures:
    trust = Trust.ca_file(ca_file)
    client = AsyncClient(url, BasicUser(name, password), trust=trust, timeout=TIMEOUT, trust_env=False)
    process = psutil.Process()
    async with client as site:
        before, began = process.memory_info().rss, time.perf_counter()
        cameras = await (site.cameras() if source == SOURCES[0] else site.configuration.devices.cameras())
        whole, peak = time.perf_counter() - began, _peak(process) - before
        bodies, decode = await _replies(site, source, trust, url)
        decoding, parsing = _seconds(decode, bodies), _seconds(etree.fromstring, bodies)
        return Figures(
            cameras=len(cameras),
            requests=len(bodies),
            octets=sum(map(len, bodies)),
            whole=whole,
            decoding=decoding,
            parsing=parsing,
            peak=peak,
        )


def _peak(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return process.memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


async def _replies(
    site: AsyncClient, source: str, trust: Trust, url: str
) -> tuple[list[bytes], Callable[[bytes], object]]:
    """Return what the server answers to the large questions of this source, and what decodes one of them."""
    async with httpx.AsyncClient(verify=trust.context, timeout=TIMEOUT, trust_env=False) as bare:

        async def ask(service: str, call: Any) -> bytes:
            headers = {
                "Authorization": f"Bearer {await site.token.access()}",
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"{call.action}"',
            }
            answer = await bare.post(f"{url}/ManagementServer/{service}", content=call.body, headers=headers)
            return answer.raise_for_status().content

        if source == SOURCES[0]:
            whole = servercommand.get_configuration(await site.token.corporate())
            return [await ask("ServerCommandServiceOAuth.svc", whole)], whole.decode
        paths = [item.path async for item in site.configuration.children("/RecordingServerFolder")]
        calls = [configurationapi.get_child_items_hierarchy(path, BELOW_A_RECORDER, ()) for path in paths]
        return [await ask("ConfigurationApiServiceOAuth.svc", call) for call in calls], calls[0].decode


def _seconds(work: Callable[[bytes], object], bodies: list[bytes]) -> float:
    """Return the processor's time for all replies, one after the other; the best of two rounds."""
    rounds: list[float] = []
    for _ in range(2):
        began = time.process_time()
        for body in bodies:
            work(body)
        rounds.append(time.process_time() - began)
    return min(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=SIZES)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        _serve(options.serve)
    elif options.measure is not None:
        print(json.dumps(asdict(asyncio.run(_measure(*options.measure)))))
    else:
        _print_table(options.cameras)


if __name__ == "__main__":
    main()
