"""The site that the simulator pretends to be, under one name: the model, and the sites that are ready made."""

from milestone_sdk.simulator.site.devices import (
    INTERCONNECT_DRIVER,
    Camera,
    Device,
    Driver,
    Group,
    Hardware,
    Preset,
    Recorder,
    Recording,
    Storage,
    Stream,
    stable_id,
)
from milestone_sdk.simulator.site.examples import example_site, federated_site, interconnect_site, large_site
from milestone_sdk.simulator.site.generator import generated_site
from milestone_sdk.simulator.site.model import (
    EVENT_SERVER_ID,
    AlarmDefinition,
    Category,
    Change,
    ChildSite,
    Entry,
    EventType,
    Site,
    User,
)

__all__ = [
    "EVENT_SERVER_ID",
    "INTERCONNECT_DRIVER",
    "AlarmDefinition",
    "Camera",
    "Category",
    "Change",
    "ChildSite",
    "Device",
    "Driver",
    "Entry",
    "EventType",
    "Group",
    "Hardware",
    "Preset",
    "Recorder",
    "Recording",
    "Site",
    "Storage",
    "Stream",
    "User",
    "example_site",
    "federated_site",
    "generated_site",
    "interconnect_site",
    "large_site",
    "stable_id",
]
