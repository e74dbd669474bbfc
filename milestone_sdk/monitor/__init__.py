"""The alarms of thousands of sites in one process; async only.

`AlarmMonitor` owns the sites. Each has its `SiteSettings`, a run that connects and polls (`siterun`), a watch of its
link (`linkwatch`), and deliveries that call the program's handlers (`dispatch`). `pacing` spreads the tries of many
sites over time, `snapshot` shows the state of all of them.
"""

from .handlers import LinkEvent
from .monitor import AlarmMonitor
from .settings import SiteKind, SiteSettings
from .site import MonitoredSite
from .snapshot import MonitorSnapshot, SiteSnapshot

__all__ = ["AlarmMonitor", "LinkEvent", "MonitorSnapshot", "MonitoredSite", "SiteKind", "SiteSettings", "SiteSnapshot"]
