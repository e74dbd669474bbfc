"""The simulated site of `demo` and `simulate`: its events, and how to connect to it."""

import os
import shlex
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle
from uuid import UUID, uuid4

from ..errors import ConfigurationError
from ..simulator import Simulator, Site, example_site
from ..simulator.site import stable_id
from .screen import say

__all__ = ["ANALYTICS_ALARM", "demo_site", "motion", "perimeter", "run_site"]

ANALYTICS_ALARM = "AXIS Perimeter_Defender alarm START on camera C1"
_LATE = timedelta(seconds=45)
"""How old the events are, as those of a device that reports late: their footage is complete."""


def demo_site() -> Site:
    """Return the example site; its analytics alarms name a related camera, so that they have footage."""
    site = example_site()
    for definition in site.alarm_definitions:
        if definition.event == ANALYTICS_ALARM:
            definition.related_cameras = [site.camera("C1").id]
    return site


def motion(sim: Simulator) -> list[UUID]:
    """Trigger motion in the front hallway."""
    return sim.trigger("Motion Detected", source="Front Hallway", timestamp=sim.site.now() - _LATE)


def perimeter(sim: Simulator) -> list[UUID]:
    """Trigger an event of third-party analytics, which names a source of its own."""
    return sim.trigger(ANALYTICS_ALARM, source="C1 alarm", timestamp=sim.site.now() - _LATE)


def run_site(*, release: str, tls: bool, port: int | None, every: float) -> None:
    """Run the site until Ctrl-C or SIGTERM, with an event every `every` seconds."""
    try:
        ports = {} if port is None else {"management" if tls else "management_http": port}
        site = demo_site()
        site.id = stable_id("site", f"{site.name} on port {port}") if port else uuid4()
        sim = Simulator(site, release=release, tls=tls, ports=ports)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    events: list[Callable[[Simulator], object]] = [motion, perimeter]
    try:
        with sim:
            _introduce(sim, every)
            for happen in cycle(events):
                time.sleep(every or 60)
                if every:
                    happen(sim)
    except KeyboardInterrupt:
        say("ended", error=True)


def _introduce(sim: Simulator, every: float) -> None:
    """Print how to connect to the site, also as commands of a shell, and which events it has."""
    reach = {"LOCATION": sim.url, "USER": sim.username, "PASSWORD": sim.password}
    say(f"An XProtect site ({sim.release.title}, simulated) runs until Ctrl-C.")
    say(f"  URL       {sim.url}")
    if sim.host.tls:
        reach["CA_FILE"] = str(sim.ca_file)
        say(f"  CA file   {sim.ca_file}")
    say(f"  user      {sim.username}")
    say(f"  password  {sim.password}")
    say("To try it, paste this into another shell:")
    for name, value in reach.items():
        say(f"  {_assignment(f'MILESTONE_{name}', value)}")
    say("  milestone-sdk cameras")
    say("  milestone-sdk alarms follow")
    if every:
        say(
            f"An alarm comes every {every:g} s. Its time is {_LATE.total_seconds():g} s ago, as of a device that "
            "reports late, so that its footage is complete."
        )


def _assignment(name: str, value: str) -> str:
    if os.name == "nt":
        quoted = value.replace("'", "''")
        return f"$env:{name} = '{quoted}'"
    return f"export {name}={shlex.quote(value)}"
