"""The site that the simulator serves: the model, and ready-made sites."""

from milestone_sdk.simulator.site.devices import (
    Camera,
    Device,
    Driver,
    Group,
    Hardware,
    PatrollingProfile,
    Preset,
    Recorder,
    Storage,
    stable_id,
)
from milestone_sdk.simulator.site.examples import example_site, federated_site, interconnect_site, large_site
from milestone_sdk.simulator.site.generator import generated_site
from milestone_sdk.simulator.site.model import (
    AlarmDefinition,
    Category,
    ChildSite,
    Entry,
    EventType,
    Site,
    User,
)

__all__ = [
    "AlarmDefinition",
    "Camera",
    "Category",
    "ChildSite",
    "Device",
    "Driver",
    "Entry",
    "EventType",
    "Group",
    "Hardware",
    "PatrollingProfile",
    "Preset",
    "Recorder",
    "Site",
    "Storage",
    "User",
    "example_site",
    "federated_site",
    "generated_site",
    "interconnect_site",
    "large_site",
    "stable_id",
]
