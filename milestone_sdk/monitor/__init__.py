"""The alarms of thousands of sites in one process; async only.

`AlarmMonitor` owns the sites. Each has its `SiteSettings`, a run that connects and polls (`run`), and a delivery that
calls the program's handlers (`delivery`); `pacing` keeps many sites from trying at the same moment, `metrics` shows how
all of them stand.
"""

from .alarmmonitor import AlarmMonitor
from .delivery import LinkEvent
from .metrics import MonitorSnapshot, SiteSnapshot
from .settings import SiteKind, SiteSettings
from .site import MonitoredSite

__all__ = ["AlarmMonitor", "LinkEvent", "MonitorSnapshot", "MonitoredSite", "SiteKind", "SiteSettings", "SiteSnapshot"]
