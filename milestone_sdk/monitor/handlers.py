"""The functions of the program that a monitor calls."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

from attrs import frozen

from ..errors import AlarmGap, AlarmUndeliverable, ConfigurationError
from ..models import AlarmLine
from ..models.alarms.subscription import LinkLost, LinkRestored
from .site import MonitoredSite

__all__ = ["Handlers", "LinkEvent", "OnAlarm", "OnLink", "OnUndeliverable", "check_async"]

LinkEvent = LinkLost | LinkRestored | AlarmGap | AlarmUndeliverable
"""What `on_link` is called with."""

OnAlarm = Callable[[MonitoredSite, AlarmLine], Awaitable[None]]
OnLink = Callable[[MonitoredSite, LinkEvent], Awaitable[None]]
OnUndeliverable = Callable[[MonitoredSite, AlarmLine, AlarmUndeliverable], Awaitable[None]]


@frozen(kw_only=True)
class Handlers:
    """The handlers for alarms, for the link, and for alarms that the first one fails on; all `async def`."""

    on_alarm: OnAlarm
    on_link: OnLink
    on_undeliverable: OnUndeliverable | None = None
    attempts: int = 8
    """How often an alarm is offered before it is given up."""
    changes: bool = True
    """Whether an alarm that was handled is offered again when it changes."""

    def __attrs_post_init__(self) -> None:
        check_async("on_alarm", self.on_alarm)
        check_async("on_link", self.on_link)
        if self.on_undeliverable is not None:
            check_async("on_undeliverable", self.on_undeliverable)


def check_async(name: str, handler: object) -> None:
    """Raise `ConfigurationError` unless the handler is an async function."""
    if not (iscoroutinefunction(handler) or iscoroutinefunction(getattr(handler, "__call__", None))):  # noqa: B004
        raise ConfigurationError(
            f"{name} must be an async function: a blocking one would stop every site while it runs",
            hint=f"write `async def {name}(...)`, and `await asyncio.to_thread(...)` in it for what blocks",
        )
