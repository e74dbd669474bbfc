"""Bookmarks: their store, and the operations of ServerCommandService on it."""
# docs/protocol: servercommand-operations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from attrs import define

from milestone_sdk.simulator.management.servercall import Call, Operation, bad_request, not_enough_permissions
from milestone_sdk.simulator.site import Camera
from milestone_sdk.simulator.wire.contract import Object
from milestone_sdk.simulator.wire.values import YEAR_ONE

__all__ = ["Bookmark", "Bookmarks", "matches"]


@define(kw_only=True)
class Bookmark:
    """One bookmark; times are aware UTC."""

    id: UUID
    device_id: UUID
    begin: datetime
    trigged: datetime
    end: datetime
    reference: str
    header: str
    description: str
    user: str


class Noted(Protocol):
    """What a user wrote to a bookmark or evidence lock, and who did."""

    header: str
    description: str
    reference: str
    user: str


def matches(noted: Noted, search: str | None, values: Mapping[str, Any]) -> bool:
    """Whether a search text is in one of the members that are to be searched; letter case does not count.

    `values` are the parameters of the operation: those whose names end in `2` have switches such as `searchHeader`,
    the older ones search all four. `headerFilter` and `descriptionFilter` must each be in their own member. How real
    servers combine these is not known.
    """
    texts = {name: getattr(noted, name.lower()).casefold() for name in ("Header", "Description", "Reference", "User")}
    for name in ("Header", "Description"):
        if (values.get(f"{name.lower()}Filter") or "").casefold() not in texts[name]:
            return False
    searched = [text for name, text in texts.items() if values.get(f"search{name}", True)]
    return not search or any(search.casefold() in text for text in searched)


class Bookmarks:
    """The bookmarks of a site, by id in the order in which they were made."""

    def __init__(self, new_id: Callable[[], UUID], now: Callable[[], datetime]) -> None:
        self.stored: dict[UUID, Bookmark] = {}
        self._new_id = new_id
        self._now = now
        self._references = 0
        self.operations: Mapping[str, Operation] = {
            "BookmarkGetNewReference": self._get_new_reference,
            "BookmarkCreate": self._create,
            "BookmarkUpdate": self._update,
            "BookmarkDelete": self._delete,
            "BookmarkGet": self._get,
            "BookmarkSearchTime": self._search_time,
            "BookmarkSearchTime2": self._search_time,
            "BookmarkSearchFromBookmark": self._search_from,
            "BookmarkSearchFromBookmark2": self._search_from,
        }

    def add(
        self, device_id: UUID, trigged: datetime, *, header: str = "", description: str = "", user: str = "XProtect"
    ) -> Bookmark:
        """Store one as a user of the Smart Client does: from 3 s before to 30 s after the time."""
        return self._store(
            device_id=device_id,
            begin=trigged - timedelta(seconds=3),
            trigged=trigged,
            end=trigged + timedelta(seconds=30),
            reference=self._reference(),
            header=header,
            description=description,
            user=user,
        )

    def _store(self, **members: Any) -> Bookmark:
        bookmark = Bookmark(id=self._new_id(), **members)
        self.stored[bookmark.id] = bookmark
        return bookmark

    def _reference(self) -> str:
        self._references += 1
        return f"no.{self._references:06d}"

    # One bookmark

    def _get_new_reference(self, call: Call) -> Object:
        _demand(call, "BookmarkAdd", call["deviceId"])
        return {"Reference": self._reference(), "Time": self._now()}

    def _create(self, call: Call) -> Bookmark:
        _demand(call, "BookmarkAdd", call["deviceId"])
        return self._store(**_content(call, call["reference"] or self._reference()), user=call.user.name)

    def _update(self, call: Call) -> Bookmark:
        bookmark = self._found(call["bookmarkId"])
        for device in (bookmark.device_id, call["deviceId"]):
            _demand(call, "BookmarkEdit", device)
        for name, value in _content(call, call["reference"] or "").items():
            setattr(bookmark, name, value)
        return bookmark

    def _delete(self, call: Call) -> None:
        bookmark = self._found(call["bookmarkId"])
        _demand(call, "BookmarkDelete", bookmark.device_id)
        del self.stored[bookmark.id]

    def _get(self, call: Call) -> Bookmark | None:
        bookmark = self.stored.get(call["bookmarkId"])
        is_seen = bookmark is not None and call.may("BookmarkView", call.device(bookmark.device_id))
        return bookmark if bookmark is not None and is_seen else None

    def _found(self, key: UUID) -> Bookmark:
        bookmark = self.stored.get(key)
        if bookmark is None:
            raise bad_request(f"There is no bookmark {key}.")
        return bookmark

    # Searches

    def _search_time(self, call: Call) -> list[Bookmark]:
        return self._search(call, call["time"], None)

    def _search_from(self, call: Call) -> list[Bookmark]:
        start = self._found(call["fromBookmarkId"])
        return self._search(call, start.begin, start)

    def _search(self, call: Call, time: datetime, after: Bookmark | None) -> list[Bookmark]:
        """Forward from a time by TimeBegin, or back where the limit is negative; behind `after` in that order."""
        given = call["timeLimit"]
        limit = None if given is None else timedelta(microseconds=given["MicroSeconds"])
        backward = limit is not None and limit < timedelta(0)
        ordered = sorted(self.stored.values(), key=lambda bookmark: bookmark.begin, reverse=backward)
        if after is not None:
            ordered = ordered[ordered.index(after) + 1 :]
        found = [
            bookmark
            for bookmark in _selected(call, ordered)
            if (bookmark.begin <= time if backward else bookmark.begin >= time)
            and (limit is None or abs(bookmark.begin - time) <= abs(limit))
            and matches(bookmark, call["optSearchStr"], call.values)
        ]
        return found[: max(0, call["countLimit"])]


def _selected(call: Call, ordered: Iterable[Bookmark]) -> Iterator[Bookmark]:
    """The bookmarks that the user may see, of the kinds of devices, the devices and the users that are asked for."""
    kinds, devices = set(call["deviceTypes"] or ()), set(call["optDeviceIds"] or ())
    users = {(name or "").casefold() for name in call["optUsers"] or ()}
    for bookmark in ordered:
        device = call.device(bookmark.device_id)
        if device is None or not call.may("BookmarkView", device):
            continue
        kind = "Camera" if isinstance(device, Camera) else device.kind
        asked = ((kind, kinds), (bookmark.device_id, devices), (bookmark.user.casefold(), users))
        if all(not wanted or value in wanted for value, wanted in asked):
            yield bookmark


def _demand(call: Call, right: str, device_id: UUID) -> None:
    device = call.device(device_id)
    if device is None:
        raise bad_request(f"There is no device {device_id}.")
    if not call.may(right, device):
        raise not_enough_permissions(right)


def _content(call: Call, reference: str) -> dict[str, Any]:
    """What a bookmark is to hold; its times must be given in their order."""
    begin, trigged, end = call["timeBegin"], call["timeTrigged"], call["timeEnd"]
    if not YEAR_ONE < begin <= trigged <= end:
        raise bad_request("timeBegin, timeTrigged and timeEnd must be set and in this order.")
    return {
        "device_id": call["deviceId"],
        "begin": begin,
        "trigged": trigged,
        "end": end,
        "reference": reference,
        "header": call["header"] or "",
        "description": call["description"] or "",
    }
