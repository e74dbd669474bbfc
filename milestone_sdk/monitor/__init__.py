"""The alarms of thousands of sites in one process; async only.

`AlarmMonitor` owns the sites. Each has its `SiteSettings`, a run that connects and polls (`siterun`), and a delivery
that calls the program's handlers (`dispatch`); `pacing` keeps many sites from trying at the same moment, `metrics`
shows how all of them stand.
"""

from .dispatch import LinkEvent
from .metrics import MonitorSnapshot, SiteSnapshot
from .monitor import AlarmMonitor
from .settings import SiteKind, SiteSettings
from .site import MonitoredSite

__all__ = ["AlarmMonitor", "LinkEvent", "MonitorSnapshot", "MonitoredSite", "SiteKind", "SiteSettings", "SiteSnapshot"]
