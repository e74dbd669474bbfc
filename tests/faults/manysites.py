"""Thousands of sites out of one simulator: each user has alarms of their own, and is a site to the client.

In a process of its own, so that the client's memory and time can be measured: `SiteServer` starts it and talks to it.
What is stored carries the time of storing in its description, `time.time_ns()`.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast
from uuid import UUID

from attrs import frozen

from milestone_sdk import BasicUser, Trust
from milestone_sdk.monitor import SiteSettings
from milestone_sdk.simulator import Simulator, User, example_site
from milestone_sdk.simulator.eventserver.codec import Codec
from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.eventserver.service import AlarmService
from milestone_sdk.simulator.wire.soap import SoapFault

__all__ = ["SiteServer"]

PROJECT: Final = Path(__file__).parents[2]
_PASSWORD: Final = "pass word"
_TOKEN: Final = re.compile(rb"<token>([^<]*)</token>")
_FORGET_SECONDS: Final = 5.0


class _AlarmsByUser:
    """Stands in the place of the simulator's alarm service and keeps one for each user."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._codec = Codec()
        self.facades = {
            user.name: AlarmFacade(simulator.site, seed=number) for number, user in enumerate(simulator.site.users)
        }
        self._services = {
            name: AlarmService(facade, simulator.tokens.check_corporate, self._codec)
            for name, facade in self.facades.items()
        }

    def serve(self, action: str, body: bytes) -> bytes:
        token = _TOKEN.search(body)
        user = self._simulator.tokens.check_corporate(token[1].decode()) if token is not None else None
        if user is None:
            fault = self._codec.write_fault("InvalidAuthentication", "The token is not valid.")
            raise SoapFault("s:Client", "The token is not valid.", fault)
        return self._services[user.name].serve(action, body)


def _name(number: int) -> str:
    return f"site-{number}"


@contextmanager
def _serving(sites: int) -> "Iterator[tuple[Simulator, _AlarmsByUser]]":
    site = example_site()
    site.users = [User(name=_name(number), password=_PASSWORD, sid=f"S-1-5-21-{number}") for number in range(sites)]
    with Simulator(site, services=("management", "event_server")) as simulator:
        alarms = _AlarmsByUser(simulator)
        simulator.run(_replace(simulator, alarms))
        yield simulator, alarms


async def _replace(simulator: Simulator, alarms: _AlarmsByUser) -> None:
    simulator.event_server.service = cast(Any, alarms)


class _Feeder:
    """Raises alarms at sites in turn at random, at a steady rate."""

    def __init__(self, alarms: _AlarmsByUser, simulator: Simulator) -> None:
        self._facades = list(alarms.facades.values())
        self._simulator = simulator
        self._random = random.Random(0)
        self._rate = 0.0
        self._changed = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._feed)
        self.stored: list[str] = []

    def set_rate(self, per_second: float) -> None:
        with self._changed:
            self._rate = per_second
            self._changed.notify()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join()

    def _feed(self) -> None:
        forgotten = time.monotonic()
        with self._changed:
            while not self._over:
                self._changed.wait(self._random.expovariate(self._rate) if self._rate else _FORGET_SECONDS)
                if self._rate and not self._over:
                    facade = self._random.choice(self._facades)
                    self.stored.append(str(facade.add("Fed", "C1", description=str(time.time_ns()))))
                if time.monotonic() - forgotten > _FORGET_SECONDS:
                    self._simulator.forget()
                    forgotten = time.monotonic()


def main() -> None:
    """Say where the sites are, then obey lines: `rate 20`, `stored`; ends with its input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, required=True)
    options = parser.parse_args()
    with _serving(options.sites) as (simulator, alarms), _Feeder(alarms, simulator) as feeder:
        where = {"url": simulator.url, "event_server": simulator.event_server_url, "ca_file": str(simulator.ca_file)}
        print(json.dumps(where), flush=True)
        for line in sys.stdin:
            command, *arguments = line.split()
            if command == "rate":
                feeder.set_rate(float(arguments[0]))
                print("null", flush=True)
            else:
                print(json.dumps(feeder.stored), flush=True)


@frozen
class _Where:
    url: str
    event_server: str
    ca_file: str


class SiteServer:
    """That process, from `__enter__` to `__exit__`."""

    def __init__(self, sites: int) -> None:
        self.sites = sites
        self._process: subprocess.Popen[str] | None = None
        self._where: _Where | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __name__, "--sites", str(self.sites)]
        self._process = subprocess.Popen(command, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._where = _Where(**json.loads(self._read()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process is not None
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def _read(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process with the sites has ended")
        return line

    def _ask(self, command: str) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return json.loads(self._read())

    @property
    def event_server_url(self) -> str:
        """The base address of the event server that all sites share."""
        assert self._where is not None
        return self._where.event_server

    def feed(self, alarms_per_second: float) -> None:
        """Raise alarms at random sites from now on; 0 ends it."""
        self._ask(f"rate {alarms_per_second}")

    def stored(self) -> set[UUID]:
        """The ids of all alarms that were raised."""
        return {UUID(text) for text in self._ask("stored")}

    def settings(self, *, interval: float) -> list[SiteSettings]:
        """What an `AlarmMonitor` needs to follow all sites."""
        assert self._where is not None
        trust = Trust.ca_file(self._where.ca_file)
        return [
            SiteSettings(
                name=_name(number),
                location=self._where.url,
                credentials=BasicUser(_name(number), _PASSWORD),
                trust=trust,
                subscription=_name(number),
                interval=interval,
                link_timeout=max(60.0, 2 * interval),
                trust_env=False,
            )
            for number in range(self.sites)
        ]


if __name__ == "__main__":
    main()
