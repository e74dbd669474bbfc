"""What happens to a checked site: toxics, failing services, and alarms of every awkward kind, as a seed decides."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Final, Protocol, get_args
from uuid import UUID

from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.faultproxy.toxics import Stream

from .checked_site import PAGE, CheckedSite

__all__ = ["NETWORK", "SERVERS", "SITE", "Fault", "Simulated", "odd_text", "play"]


class Simulated(Protocol):
    """What most faults need of a site."""

    @property
    def simulator(self) -> Simulator: ...

    @property
    def moved_clock(self) -> bool: ...


Fault = Callable[[CheckedSite, random.Random], AbstractContextManager[None]]
"""Entered when it begins, left when it is over; something that happens at once has nothing to leave."""

_SETTLED: Final = 20.0


def play(site: CheckedSite, faults: dict[str, Fault], seed: str, over: threading.Event, *, pause: float) -> list[str]:
    """Let one fault follow the other until `over`; what was played, in order."""
    source, played = random.Random(f"{seed}/{site.name}"), list[str]()
    while not over.is_set():
        name = source.choice(list(faults))
        hold, rest = source.uniform(0.05, 1.2), source.expovariate(1 / pause)
        played.append(name)
        with faults[name](site, source):
            over.wait(hold)
        over.wait(rest)
    return played


# The network, in front of either server


def _toxic(kind: str, *, both: bool = False, **largest: float) -> Fault:
    """A toxic with attributes up to those."""

    @contextmanager
    def fault(site: CheckedSite, source: random.Random) -> Iterator[None]:
        proxy = source.choice((site.events, site.events, site.management))
        attributes = {name: round(source.uniform(0, most), 4) for name, most in largest.items()}
        if "rate" in attributes:
            attributes["rate"] += 1000
        if "size" in attributes:
            attributes["size"] += 1
        stream: Stream = "both" if both else source.choice(get_args(Stream))
        toxicity = source.choice((1.0, 1.0, 0.5))
        toxic = proxy.add(kind, stream=stream, toxicity=toxicity, **attributes)
        try:
            yield
        finally:
            toxic.remove()

    return fault


NETWORK: Final[dict[str, Fault]] = {
    "latency": _toxic("latency", seconds=0.4, jitter=0.2),
    "bandwidth": _toxic("bandwidth", rate=50_000),
    "slow_close": _toxic("slow_close", seconds=1.0),
    "black hole": _toxic("timeout", both=True),
    "half-open": _toxic("timeout"),
    "timeout": _toxic("timeout", seconds=0.5),
    "reset_peer": _toxic("reset_peer", seconds=0.3),
    "slicer": _toxic("slicer", size=300, delay=0.01),
    "limit_data": _toxic("limit_data", bytes=30_000),
    "down": _toxic("down"),
}


# The servers


@contextmanager
def _restart_event_server(site: Simulated, source: random.Random) -> Iterator[None]:
    site.simulator.stop_service("event_server")
    try:
        yield
    finally:
        site.simulator.start_service("event_server")


@contextmanager
def _restart_management_server(site: Simulated, source: random.Random) -> Iterator[None]:
    site.simulator.stop_service("management")
    site.simulator.tokens.revoke_all()
    try:
        yield
    finally:
        site.simulator.start_service("management")


@contextmanager
def _revoke_tokens(site: Simulated, source: random.Random) -> Iterator[None]:
    site.simulator.tokens.revoke_all()
    yield


@contextmanager
def _wipe_sessions(site: Simulated, source: random.Random) -> Iterator[None]:
    site.simulator.alarms.restart()
    yield


@contextmanager
def _database_away(site: Simulated, source: random.Random) -> Iterator[None]:
    reason = source.choice(("DbConnection", "DbRead", "InvalidAuthentication", "Unknown"))
    site.simulator.alarms.fail("GetAlarmLines", reason, times=source.randint(1, 4))
    try:
        yield
    finally:
        while site.simulator.alarms.take_failure("GetAlarmLines") is not None:
            pass  # what has not been met by now will not be


@contextmanager
def _bad_answers(site: Simulated, source: random.Random) -> Iterator[None]:
    kind = source.choice(("html", "status", "truncate", "cut_xml", "garbage", "reset", "deaf"))
    fault = site.simulator.faults.add("event_server", kind, times=source.randint(1, 5))
    try:
        yield
    finally:
        fault.remove()


@contextmanager
def _crash_of_the_program(site: CheckedSite, source: random.Random) -> Iterator[None]:
    site.crash()
    yield


# Alarms


def _raise(site: Simulated, count: int) -> list[UUID]:
    return [alarm for _ in range(count) for alarm in site.simulator.trigger("Motion Detected", "Front Hallway")]


def _any_ids(site: Simulated) -> list[UUID]:
    return [alarm.id for alarm in site.simulator.alarms.stored()]


@contextmanager
def _some_alarms(site: Simulated, source: random.Random) -> Iterator[None]:
    _raise(site, source.randint(1, 5))
    yield


@contextmanager
def _storm(site: CheckedSite, source: random.Random) -> Iterator[None]:
    _raise(site, source.randint(100, 400))
    yield


@contextmanager
def _late_commit(site: Simulated, source: random.Random) -> Iterator[None]:
    held = [site.simulator.alarms.add("Late", "C1", commit=False) for _ in range(source.randint(1, 5))]
    _raise(site, 2)
    try:
        yield
    finally:
        site.simulator.alarms.commit(*held)


@contextmanager
def _equal_modified(site: CheckedSite, source: random.Random) -> Iterator[None]:
    now = site.simulator.site.now()
    for _ in range(source.randint(PAGE + 1, 3 * PAGE)):
        site.simulator.alarms.add("At once", "C1", modified=now)
    yield


@contextmanager
def _mass_acknowledge(site: CheckedSite, source: random.Random) -> Iterator[None]:
    """While a long list is read, rows that were read already jump to its end, and those behind them move up."""
    ids = _raise(site, 5 * PAGE)
    for _ in range(10):
        site.simulator.alarms.acknowledge(*source.sample(ids, PAGE // 2))
        threading.Event().wait(0.01)
    yield


@contextmanager
def _changes(site: Simulated, source: random.Random) -> Iterator[None]:
    ids = _any_ids(site)
    for alarm_id in source.sample(ids, min(len(ids), 10)):
        change = source.choice(("close", "acknowledge", "update"))
        if change == "update":
            site.simulator.alarms.update(alarm_id, priority=source.randint(1, 3), text="Looked at")
        else:
            getattr(site.simulator.alarms, change)(alarm_id)
    yield


@contextmanager
def _delete_known(site: CheckedSite, source: random.Random) -> Iterator[None]:
    """Not the one made last: it is the witness that nothing was removed unseen."""
    stored = site.simulator.alarms.stored()
    last = max((alarm.local_id for alarm in stored), default=0)
    known = sorted(site.delivered() & {alarm.id for alarm in stored if alarm.local_id != last})
    site.simulator.alarms.delete(*source.sample(known, min(len(known) // 2, 20)))
    yield


def odd_text(source: random.Random) -> str:
    """Every plane of Unicode, markup, and control characters."""
    planes = [chr(plane << 16 | source.randrange(0x1000, 0xD000)) for plane in range(0x11)]
    controls = [chr(source.randrange(0x20)) for _ in range(3)]
    parts = [*planes, *controls, "<&>\"'", "]]>", "\u202e", "\ufffe"]
    source.shuffle(parts)
    return "".join(parts)


@contextmanager
def _odd_texts(site: Simulated, source: random.Random) -> Iterator[None]:
    for _ in range(3):
        site.simulator.alarms.add(odd_text(source), odd_text(source), description=odd_text(source))
    yield


@contextmanager
def _retention_sweep(site: CheckedSite, source: random.Random) -> Iterator[None]:
    """The program has lost contact; alarms are raised, and retention removes them with all others."""
    down = site.events.add("down") if site.wait_until_witnessed(_SETTLED) else None
    yield
    if down is not None:
        _raise(site, source.randint(1, 5))
        if site.wait_until_lost(_SETTLED):
            unseen = set(_any_ids(site)) - site.delivered()
            site.simulator.alarms.delete(*_any_ids(site))
            site.swept(unseen, _raise(site, 1)[0])
        down.remove()


@contextmanager
def _move_clock(site: Simulated, source: random.Random) -> Iterator[None]:
    """By seconds, minutes or hours, in either direction; alarms are raised and changed as long as it stands wrong."""
    if not site.moved_clock:
        yield
        return
    by = timedelta(seconds=source.choice((-1, 1)) * source.choice((5, 40, 300, 7200)))
    site.simulator.edit(lambda model: setattr(model, "clock_offset", by))
    _raise(site, source.randint(1, 3))
    yield
    _raise(site, source.randint(1, 3))
    site.simulator.edit(lambda model: setattr(model, "clock_offset", timedelta()))
    _raise(site, source.randint(1, 3))


SERVERS: Final[dict[str, Callable[[Simulated, random.Random], AbstractContextManager[None]]]] = {
    "event server restarted": _restart_event_server,
    "management server restarted": _restart_management_server,
    "tokens revoked": _revoke_tokens,
    "database away": _database_away,
    "bad answers": _bad_answers,
    "some alarms": _some_alarms,
    "changes": _changes,
    "odd texts": _odd_texts,
    "late commit": _late_commit,
    "clock moved": _move_clock,
}
"""Those that need no network and no program of the site's own."""

SITE: Final[dict[str, Fault]] = {
    **SERVERS,
    "sessions wiped": _wipe_sessions,
    "program crashed": _crash_of_the_program,
    "storm": _storm,
    "equal Modified": _equal_modified,
    "mass acknowledge": _mass_acknowledge,
    "known alarms deleted": _delete_known,
    "retention sweep": _retention_sweep,
}
