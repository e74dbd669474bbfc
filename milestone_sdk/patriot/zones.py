"""Compare the zones of a client with the cameras of its server, before an alarm arrives."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import Final

from attrs import frozen

from ..errors import ConfigurationError
from ..models.model import Model
from .records import ClientRecord

__all__ = ["NameMismatch", "NearMiss", "ZoneComparison", "priorities_without_event_type", "zones_against_cameras"]

_MOST_NEAR_MISSES: Final = 3
_LIKENESS: Final = 0.8
_MOST_PAIRS: Final = 10_000
"""Pairs of names that are compared by spelling, 30 microseconds each; of more, most names have no likeness anyway."""
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


_FOLDS: Final[Mapping[str, Callable[[str], str]]] = {
    "Unicode form": lambda name: unicodedata.normalize("NFKC", name).translate(_INVISIBLE),
    "blanks": lambda name: " ".join(name.split()),
    "case": str.casefold,
}
"""Applied in this order: the Unicode form decides which characters are blanks, and which have a case."""
# Tried in the opposite order, fewest first: a no-break space counts as a blank, not as a Unicode form.
_DIFFERENCES: Final = tuple(kinds[::-1] for size in (1, 2, 3) for kinds in combinations([*_FOLDS][::-1], size))


def _fold(name: str, kinds: Iterable[str]) -> str:
    for kind in kinds:
        name = _FOLDS[kind](name)
    return name


@frozen(kw_only=True, repr=False)
class NearMiss(Model):
    """A name that is almost the wanted one, and in what it differs.

    `difference` is `"case"`, `"blanks"`, `"Unicode form"`, several of them joined by `" and "`, or `"spelling"`.
    """

    name: str
    difference: str


@frozen(kw_only=True, repr=False)
class NameMismatch(Model):
    """A name that only one side has, with up to three names of the other side that resemble it, nearest first.

    `zone` is the number of the zone, `None` for a camera. `disabled` means that the camera of the zone is disabled.
    """

    name: str
    zone: int | None = None
    disabled: bool = False
    near_misses: tuple[NearMiss, ...] = ()

    def __str__(self) -> str:
        lacks = "the camera is disabled" if self.disabled else "no camera"
        what = f"camera {self.name!r} has no zone" if self.zone is None else f"zone {self.zone} {self.name!r}: {lacks}"
        near = ", ".join(f"{miss.name!r} ({miss.difference})" for miss in self.near_misses)
        return f"{what}; near: {near}" if near else what


@frozen(kw_only=True, repr=False)
class ZoneComparison(Model):
    """The result of comparing the zones of a client with the cameras of its server.

    `matched` are the names that both have. `zones_without_camera` cannot show a picture. Alarms of
    `cameras_without_zone` are logged on zone 0. `ambiguous` are zone names that several cameras share: their alarms
    find the zone, but the name does not say which camera to show.
    """

    matched: tuple[str, ...] = ()
    zones_without_camera: tuple[NameMismatch, ...] = ()
    cameras_without_zone: tuple[NameMismatch, ...] = ()
    ambiguous: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether every camera zone has exactly one camera, and every camera a zone."""
        return not (self.zones_without_camera or self.cameras_without_zone or self.ambiguous)


def zones_against_cameras(
    client: ClientRecord, camera_names: Iterable[str], *, disabled: Iterable[str] = ()
) -> ZoneComparison:
    """Compare the zones of a client with the names of the cameras on its server, in both directions.

    `disabled` are the names of disabled cameras, which the server does not list: a zone of such a name has no camera,
    and its mismatch gives the reason.

    Zones without a camera of their own (zone 0, zones for analytics, zones of an alarm panel) need no camera, but match
    one that has their name. The results keep the order of the names. Names that differ in spelling are compared only
    for up to 10,000 pairs of unmatched names::

        zones_against_cameras(client, (camera.name for camera in site.cameras()))
    """
    if isinstance(camera_names, str):
        raise TypeError("camera_names must be an iterable of names, got one string")
    cameras = Counter(camera_names)
    off = frozenset(disabled)
    zones = {zone.name: zone.number for zone in client.zones if zone.number != 0}
    camera_zones = {zone.name: zone.number for zone in client.camera_zones}
    without_camera = [name for name in camera_zones if name not in cameras]
    without_zone = [name for name in cameras if name not in zones]
    few = len(without_camera) * len(without_zone) <= _MOST_PAIRS
    near_cameras = _Resemblance(cameras, without_zone if few else [])
    near_zones = _Resemblance(zones, without_camera if few else [])
    return ZoneComparison(
        matched=tuple(name for name in camera_zones if name in cameras),
        zones_without_camera=tuple(
            NameMismatch(
                name=name,
                zone=camera_zones[name],
                disabled=name in off,
                near_misses=() if name in off else near_cameras.of(name),
            )
            for name in without_camera
        ),
        cameras_without_zone=tuple(NameMismatch(name=name, near_misses=near_zones.of(name)) for name in without_zone),
        ambiguous=tuple(name for name in camera_zones if cameras[name] > 1),
    )


class _Resemblance:
    """Finds names like a given one: among `names` by folding, among `unmatched` also by spelling."""

    def __init__(self, names: Iterable[str], unmatched: Iterable[str]) -> None:
        self._unmatched = {_fold(name, _FOLDS): name for name in unmatched}
        self._folded: dict[tuple[str, ...], defaultdict[str, list[str]]] = {}
        for kinds in _DIFFERENCES:
            index = self._folded[kinds] = defaultdict(list)
            for name in names:
                index[_fold(name, kinds)].append(name)

    def of(self, name: str) -> tuple[NearMiss, ...]:
        found: dict[str, str] = {}
        for kinds, index in self._folded.items():
            for candidate in index.get(_fold(name, kinds), ()):
                found.setdefault(candidate, " and ".join(kinds))
        if len(found) < _MOST_NEAR_MISSES:
            for close in get_close_matches(_fold(name, _FOLDS), self._unmatched, _MOST_NEAR_MISSES, _LIKENESS):
                found.setdefault(self._unmatched[close], "spelling")
        misses = (NearMiss(name=near, difference=difference) for near, difference in found.items())
        return tuple(misses)[:_MOST_NEAR_MISSES]


def priorities_without_event_type(client: ClientRecord, priorities: Iterable[int]) -> tuple[int, ...]:
    """Return those of the server's priorities whose event type the client's template does not have.

    Raises `ConfigurationError` when the event types of the template are not known.
    """
    if client.template is None or not client.template.event_types:
        raise ConfigurationError(
            f"the event types of client {client.client_no} are not known",
            hint='give them: template=EventTypeTemplate(name="Milestone Template", event_types={1: "High"})',
        )
    known = client.template.event_types
    return tuple(priority for priority in priorities if client.event_type(priority) not in known)
