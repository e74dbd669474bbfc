"""An XProtect site on loopback, for tests, demonstrations and development without a licence and without Windows.

::

    with Simulator() as sim:
        print(sim.url, sim.ca_file, sim.username)
        sim.trigger("Motion Detected", source="Front Hallway")

It needs the extra `simulator` of the package. Names are loaded when they are first used, because the pytest plugin lies
in this package and is imported by every pytest run, also where the extra is not installed.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from milestone_sdk.simulator.eventserver.generic import DataSource
    from milestone_sdk.simulator.releases import RELEASES, Release
    from milestone_sdk.simulator.simulator import Simulator
    from milestone_sdk.simulator.site import (
        AlarmDefinition,
        Camera,
        Category,
        ChildSite,
        Device,
        Driver,
        Entry,
        EventType,
        Group,
        Hardware,
        Preset,
        Recorder,
        Site,
        Storage,
        User,
        example_site,
        federated_site,
        generated_site,
        interconnect_site,
        large_site,
    )
    from milestone_sdk.simulator.wire.faults import Fault, Faults
    from milestone_sdk.simulator.wire.http import Received

__all__ = [
    "RELEASES",
    "AlarmDefinition",
    "Camera",
    "Category",
    "ChildSite",
    "DataSource",
    "Device",
    "Driver",
    "Entry",
    "EventType",
    "Fault",
    "Faults",
    "Group",
    "Hardware",
    "Preset",
    "Received",
    "Recorder",
    "Release",
    "Simulator",
    "Site",
    "Storage",
    "User",
    "example_site",
    "federated_site",
    "generated_site",
    "interconnect_site",
    "large_site",
]

_HOMES = {
    "RELEASES": "releases",
    "Release": "releases",
    "DataSource": "eventserver.generic",
    "Fault": "wire.faults",
    "Faults": "wire.faults",
    "Received": "wire.http",
    "Simulator": "simulator",
}
"""Where a name lives; all others live in `site`."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'site')}")
    return getattr(home, name)
