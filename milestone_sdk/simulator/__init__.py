"""An XProtect site on loopback, for tests, demonstrations and development without a licence or Windows.

::

    with Simulator() as sim:
        print(sim.url, sim.ca_file, sim.username)
        sim.trigger("Motion Detected", source="Front Hallway")

It needs the extra `simulator` of the package. Names are loaded when they are first used: the pytest plugin is in this
package, and every pytest run imports it, also where the extra is not installed.
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
        PatrollingProfile,
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
    "PatrollingProfile",
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

_HOMES = ("site", "simulator", "releases", "wire.faults", "wire.http", "eventserver.generic")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(f"{__name__}.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
