"""The demonstration: the example of the README with a simulated site, over TLS."""

import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from .. import AlarmLine, BasicUser, Client, Frame, ReadTimeout, SqliteCheckpointStore, Trust
from .._files import check_regular
from ..patriot import ClientRecord, Zone, map_alarm
from ..simulator import Simulator
from .screen import say, show_folders, timestamp
from .sheet import choose, write_sheet
from .simulate import ANALYTICS_ALARM, demo_site, motion, perimeter
from .timelimit import ended_after

__all__ = ["run_demo"]

_LONGEST = timedelta(seconds=25)
"""Seconds after which the demonstration fails."""


def run_demo(output: Path) -> None:
    """Follow the alarms of a simulated site and write the contact sheet.

    Raises `ReadTimeout` without alarms, `OSError` for an output that cannot be written.
    """
    check_regular(output)
    with Simulator(demo_site()) as sim, tempfile.TemporaryDirectory(prefix="milestone-sdk-") as folder:
        say(f"A simulated XProtect site answers at {sim.url}; its certificate is checked against {sim.ca_file}")
        hallway = motion(sim)  # stored before the client connects, and delivered all the same
        to_come: list[Callable[[], object]] = [lambda: perimeter(sim), lambda: sim.alarms.acknowledge(*hallway)]
        receiver = _Receiver(output, to_come)
        trust = Trust.ca_file(sim.ca_file)
        _follow(sim.url, sim.password, trust, Path(folder, "arc.db"), receiver)
        if receiver.sheet is None:
            seconds = _LONGEST.total_seconds()
            raise ReadTimeout(f"the demonstration received no alarm within {seconds:g} s", server=sim.url)
    say("")
    say(f"Contact sheet of the footage, from 10 s before the alarm: {receiver.sheet}")


def _follow(url: str, password: str, trust: Trust, checkpoints: Path, receiver: "_Receiver") -> None:
    """The example of the README, with output and an end."""
    with (
        SqliteCheckpointStore(checkpoints) as store,
        Client(url, BasicUser("arc", password), trust=trust) as site,
    ):
        receiver.meet(site, url)
        with site.alarms.subscribe(checkpoints=store) as alarms, ended_after(_LONGEST, alarms.close):
            for alarm in alarms:
                around = alarm.around(before=timedelta(seconds=10), after=timedelta(seconds=30))
                site.recordings.retrieve(alarm.camera_id, around).wait(timeout=120)
                with site.recordings.play(alarm.camera_id, around, codec="jpeg", missing_ok=True) as frames:
                    receiver.save_clip(alarm, frames)
                alarms.checkpoint(alarm)
                if not receiver.expects_more():
                    break


class _Receiver:
    """A small alarm receiving centre: prints alarms, makes their signals, saves the footage of one."""

    def __init__(self, output: Path, to_come: list[Callable[[], object]]) -> None:
        self._output = output
        self._to_come = to_come
        self._signalled: set[UUID] = set()
        self._client = ClientRecord(client_no="1234")
        self.sheet: Path | None = None

    def meet(self, site: Client, url: str) -> None:
        """Print the site, and make a Patriot client with a zone for each camera."""
        cameras = site.cameras()
        product = site.info.product
        name = product.name if product is not None and product.name else "XProtect"
        say(f"Logged in as arc: {name}, version {site.info.version}")
        say("")
        show_folders("Cameras", site.camera_groups(), cameras)
        zones = [Zone(number=number, name=camera.name) for number, camera in enumerate(cameras, 1)]
        self._client = ClientRecord(client_no="1234", name="Example", location=url, zones=zones)

    def save_clip(self, alarm: AlarmLine, frames: Iterable[Frame]) -> None:
        """Print one alarm and its signal, and save its footage."""
        say("")
        what = f"{alarm.message}, from {alarm.source_name}, {alarm.priority_name}, {alarm.state_name}"
        say(f"Alarm {alarm.local_id} of {timestamp(alarm.timestamp)}: {what}")
        if alarm.id in self._signalled:
            say("  changed since it was signalled: no second signal")
            return
        signal = map_alarm(self._client, alarm)
        say(f"  Patriot signal, client {signal.client_no}, zone {signal.zone}, event type {signal.event_type}:")
        say(f"  {signal.line}")
        self._signalled.add(alarm.id)
        footage = list(frames)
        if not footage:
            say("  no footage")
            return
        say(f"  footage: {len(footage)} pictures, {timestamp(footage[0].time)} to {timestamp(footage[-1].time)}")
        if alarm.message == ANALYTICS_ALARM:
            self.sheet = self._output.absolute()
            write_sheet(
                self.sheet, choose(footage), time=alarm.timestamp, title=f"{alarm.source_name}: {alarm.message}"
            )

    def expects_more(self) -> bool:
        """Trigger the next event at the site; return whether there was one."""
        if not self._to_come:
            return False
        self._to_come.pop(0)()
        return True
