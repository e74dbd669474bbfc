"""The site that the simulator pretends to be, under one name: the model, and the sites that are ready made."""

from milestone_sdk.simulator.sitedevices import (
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
from milestone_sdk.simulator.sitegenerator import generated_site
from milestone_sdk.simulator.sitemodel import (
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
from milestone_sdk.simulator.sites import example_site, federated_site, interconnect_site, large_site

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
