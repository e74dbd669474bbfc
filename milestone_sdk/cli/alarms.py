"""The commands for alarms and events."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from .. import MemoryCheckpointStore, SqliteCheckpointStore
from ..models import AlarmLine, Condition, UserDefinedEvent
from .groups import command
from .listing import Column, Listing
from .login import Login
from .period import read_duration
from .screen import say

__all__ = ["COLUMNS", "alarms_app", "events", "trigger"]

_CLOSED: Final = 11

alarms_app: typer.Typer = typer.Typer(help="List and change alarms, or follow new ones.", no_args_is_help=True)

COLUMNS: Final[tuple[Column[AlarmLine], ...]] = (
    Column("time", lambda alarm: alarm.timestamp),
    Column("priority", lambda alarm: alarm.priority_name or alarm.priority),
    Column("state", lambda alarm: alarm.state_name or alarm.state),
    Column("source", lambda alarm: alarm.source_name),
    Column("message", lambda alarm: alarm.message or alarm.name),
    Column("number", lambda alarm: alarm.local_id, table=False),
    Column("definition", lambda alarm: alarm.name, table=False),
    Column("category", lambda alarm: alarm.category_name or alarm.category, table=False),
    Column("assigned_to", lambda alarm: alarm.assigned_to, table=False),
    Column("modified", lambda alarm: alarm.modified, table=False),
    Column("priority_number", lambda alarm: alarm.priority, table=False),
    Column("state_number", lambda alarm: alarm.state, table=False),
    Column("camera_id", lambda alarm: alarm.camera_id, table=False),
    Column("id", lambda alarm: alarm.id),
)

_EVENTS: Final[tuple[Column[UserDefinedEvent], ...]] = (
    Column("name", lambda event: event.name),
    Column("id", lambda event: event.id),
)

Ids = Annotated[list[UUID], typer.Argument(metavar="ALARM...", help="Ids of alarms.")]
Comment = Annotated[str | None, typer.Option(metavar="TEXT", help="A comment to add.")]


@command(alarms_app, "list")
def list_alarms(
    listing: Listing,
    login: Login,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="The most alarms to list.")] = 100,
    open_only: Annotated[bool, typer.Option("--open", help="Leave out closed alarms.")] = False,
) -> None:
    """List the alarms, newest first. The newest is the most recently raised or changed one."""
    conditions = (Condition("State", "NotEquals", _CLOSED),) if open_only else ()
    with login.client() as site:
        found = site.alarms.list(*conditions, limit=limit)
    listing.show(COLUMNS, found)


@command(alarms_app, "follow")
def follow_alarms(
    listing: Listing,
    login: Login,
    checkpoints: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="SQLite file of checkpoints; a later run continues after the alarms shown."),
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the subscription in that file, if several share it.")
    ] = "default",
    everything: Annotated[bool, typer.Option("--all", help="Begin with the alarms already on the server.")] = False,
    interval: Annotated[
        timedelta | None,
        typer.Option(parser=read_duration, metavar="DURATION", help="Between two requests to the server; default: 3s."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, metavar="N", help="End after so many alarms.")] = None,
) -> None:
    """Show each alarm as it comes, until Ctrl-C. With --json, each is one line."""
    store = MemoryCheckpointStore() if checkpoints is None else SqliteCheckpointStore(checkpoints)
    seconds = 3.0 if interval is None else interval.total_seconds()
    shown = 0
    try:
        with (
            login.client() as site,
            site.alarms.subscribe(
                checkpoints=store,
                name=name,
                since=None if everything else "now",
                interval=seconds,
                link_timeout=max(30.0, 2 * seconds),
            ) as alarms,
        ):
            show = listing.opened(COLUMNS)
            for alarm in alarms:
                show(alarm)
                alarms.checkpoint(alarm)
                shown += 1
                if shown == count:
                    break
    except KeyboardInterrupt:
        say("ended", error=True)
    finally:
        if isinstance(store, SqliteCheckpointStore):
            store.close()


@command(alarms_app, "ack")
def acknowledge(alarms: Ids, login: Login, comment: Comment = None) -> None:
    """Acknowledge alarms. This sets them in progress, with this user as the owner."""
    with login.client() as site:
        for alarm in alarms:
            site.alarms.get(alarm)
        site.alarms.acknowledge(alarms, comment=comment)
    say(f"{_count(len(alarms))} acknowledged")


@command(alarms_app, "close")
def close(
    alarms: Ids,
    login: Login,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="The reason, which the site may demand.")] = None,
    comment: Comment = None,
) -> None:
    """Close alarms."""
    with login.client() as site:
        for alarm in alarms:
            site.alarms.get(alarm)
        site.alarms.close(alarms, reason=reason, comment=comment)
    say(f"{_count(len(alarms))} closed")


def _count(number: int) -> str:
    return "1 alarm" if number == 1 else f"{number} alarms"


def events(listing: Listing, login: Login) -> None:
    """List the user-defined events."""
    with login.client() as site:
        found = site.user_defined_events()
    listing.show(_EVENTS, found)


def trigger(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Exact name or id of a user-defined event.")],
    login: Login,
) -> None:
    """Raise a user-defined event."""
    with login.client() as site:
        site.events.trigger(event)
    say(f"event {event!r} raised")
