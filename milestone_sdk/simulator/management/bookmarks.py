"""Bookmarks: their store, and the operations of ServerCommandService on it (protocol/auth.md 6.2)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define

from milestone_sdk.simulator.management.datacontract import Value
from milestone_sdk.simulator.management.servercall import (
    TOKEN,
    ZERO,
    Answer,
    Call,
    Operation,
    bad_request,
    not_enough_permissions,
)
from milestone_sdk.simulator.site import Camera, User
from milestone_sdk.simulator.wire.soap import Field

__all__ = ["Bookmark", "Bookmarks", "matches"]

_MINIMUM = datetime(1, 1, 1, tzinfo=UTC)
_CONTENT = (
    Field("deviceId", "guid"),
    Field("timeBegin", "dateTime"),
    Field("timeTrigged", "dateTime"),
    Field("timeEnd", "dateTime"),
    Field("reference"),
    Field("header"),
    Field("description"),
)
_SEARCH = (
    Field("timeLimit", "element"),
    Field("countLimit", "int"),
    Field("deviceTypes", "element"),
    Field("optDeviceIds", "element"),
    Field("optUsers", "element"),
    Field("optSearchStr"),
)
SWITCHES = (
    Field("searchHeader", "boolean"),
    Field("searchDescription", "boolean"),
    Field("searchReference", "boolean"),
    Field("searchUser", "boolean"),
    Field("headerFilter"),
    Field("descriptionFilter"),
)
"""What the operations whose names end in `2` take besides."""


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

    def value(self) -> Value:
        """As the contract names its members."""
        return {
            "Id": self.id,
            "DeviceId": self.device_id,
            "Reference": self.reference,
            "Header": self.header,
            "Description": self.description,
            "User": self.user,
            "TimeBegin": self.begin,
            "TimeTrigged": self.trigged,
            "TimeEnd": self.end,
        }


def matches(texts: Mapping[str, str], search: str | None, switches: Mapping[str, Any]) -> bool:
    """Whether a search text is in one of the texts that the switches name; letter case does not count.

    `texts` has the keys Header, Description, Reference and User. Without switches all four are searched. HeaderFilter
    and DescriptionFilter must each be in their own text. How real servers combine these is not known.
    """
    for name in ("Header", "Description"):
        wanted = switches.get(f"{name.lower()}Filter")
        if wanted and wanted.casefold() not in texts[name].casefold():
            return False
    named = [name for name in texts if not switches or switches.get(f"search{name}")]
    return not search or any(search.casefold() in texts[name].casefold() for name in named)


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
            "BookmarkSearchTime": lambda call: self._search_time(call, ()),
            "BookmarkSearchTime2": lambda call: self._search_time(call, SWITCHES),
            "BookmarkSearchFromBookmark": lambda call: self._search_from(call, ()),
            "BookmarkSearchFromBookmark2": lambda call: self._search_from(call, SWITCHES),
        }

    def add(
        self, device_id: UUID, trigged: datetime, *, header: str = "", description: str = "", user: str = "XProtect"
    ) -> Bookmark:
        """Store one as a user of the Smart Client does: from 3 s before to 30 s after the time."""
        begin, end = trigged - timedelta(seconds=3), trigged + timedelta(seconds=30)
        return self._store(device_id, begin, trigged, end, self._reference(), header, description, user)

    def _store(self, device_id: UUID, *values: Any) -> Bookmark:
        begin, trigged, end, reference, header, description, user = values
        bookmark = Bookmark(
            id=self._new_id(),
            device_id=device_id,
            begin=begin,
            trigged=trigged,
            end=end,
            reference=reference,
            header=header,
            description=description,
            user=user,
        )
        self.stored[bookmark.id] = bookmark
        return bookmark

    def _reference(self) -> str:
        self._references += 1
        return f"no.{self._references:06d}"

    # One bookmark

    def _get_new_reference(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("deviceId", "guid"), Field("live", "boolean"))
        user = call.identify(values["token"])
        _demand(call, user, "BookmarkAdd", values["deviceId"])
        return "BookmarkReference", {"Reference": self._reference(), "Time": self._now()}

    def _create(self, call: Call) -> Answer:
        values = call.read(TOKEN, *_CONTENT)
        user = call.identify(values["token"])
        _demand(call, user, "BookmarkAdd", values["deviceId"])
        begin, trigged, end = _times(values)
        reference = values["reference"] or self._reference()
        texts = values["header"] or "", values["description"] or ""
        return "Bookmark", self._store(values["deviceId"], begin, trigged, end, reference, *texts, user.name).value()

    def _update(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("bookmarkId", "guid"), *_CONTENT)
        user = call.identify(values["token"])
        bookmark = self._found(values["bookmarkId"])
        for device in (bookmark.device_id, values["deviceId"]):
            _demand(call, user, "BookmarkEdit", device)
        begin, trigged, end = _times(values)
        bookmark.device_id, bookmark.begin, bookmark.trigged, bookmark.end = values["deviceId"], begin, trigged, end
        bookmark.reference = values["reference"] or ""
        bookmark.header, bookmark.description = values["header"] or "", values["description"] or ""
        return "Bookmark", bookmark.value()

    def _delete(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("bookmarkId", "guid"))
        user = call.identify(values["token"])
        bookmark = self._found(values["bookmarkId"])
        _demand(call, user, "BookmarkDelete", bookmark.device_id)
        del self.stored[bookmark.id]
        return None

    def _get(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("bookmarkId", "guid"))
        user = call.identify(values["token"])
        bookmark = self.stored.get(values["bookmarkId"])
        is_seen = bookmark is not None and call.may(user, "BookmarkView", call.device(bookmark.device_id, user))
        return "Bookmark", bookmark.value() if bookmark is not None and is_seen else None

    def _found(self, key: UUID | None) -> Bookmark:
        bookmark = self.stored.get(key or ZERO)
        if bookmark is None:
            raise bad_request(f"There is no bookmark {key or ZERO}.")
        return bookmark

    # Searches

    def _search_time(self, call: Call, switches: tuple[Field, ...]) -> Answer:
        values = call.read(TOKEN, Field("time", "dateTime"), *_SEARCH, *switches)
        return self._search(call, values, values["time"] or _MINIMUM, None, switches)

    def _search_from(self, call: Call, switches: tuple[Field, ...]) -> Answer:
        values = call.read(TOKEN, Field("fromBookmarkId", "guid"), *_SEARCH, *switches)
        call.identify(values["token"])
        start = self._found(values["fromBookmarkId"])
        return self._search(call, values, start.begin, start, switches)

    def _search(
        self, call: Call, values: dict[str, Any], time: datetime, after: Bookmark | None, switches: tuple[Field, ...]
    ) -> Answer:
        """Forward from a time by TimeBegin, or back where the limit is negative; behind `after` in that order."""
        user = call.identify(values["token"])
        limit = call.duration(values["timeLimit"])
        backward = limit is not None and limit < timedelta(0)
        ordered = sorted(self.stored.values(), key=lambda bookmark: bookmark.begin, reverse=backward)
        if after is not None:
            ordered = ordered[ordered.index(after) + 1 :]
        chosen = {field.name: values[field.name] for field in switches}
        found = [
            bookmark
            for bookmark in self._selected(call, user, ordered, values)
            if (bookmark.begin <= time if backward else bookmark.begin >= time)
            and (limit is None or abs(bookmark.begin - time) <= abs(limit))
            and matches(_texts(bookmark), values["optSearchStr"], chosen)
        ]
        return "[Bookmark]", [bookmark.value() for bookmark in found[: max(0, values["countLimit"] or 0)]]

    def _selected(
        self, call: Call, user: User, ordered: Iterable[Bookmark], values: dict[str, Any]
    ) -> Iterable[Bookmark]:
        kinds = set(call.media_types(values["deviceTypes"]))
        devices = set(call.guids(values["optDeviceIds"]))
        users = {name.casefold() for name in call.strings(values["optUsers"])}
        for bookmark in ordered:
            device = call.device(bookmark.device_id, user)
            if device is None or not call.may(user, "BookmarkView", device):
                continue
            kind = "Camera" if isinstance(device, Camera) else device.kind
            if kinds and kind not in kinds:
                continue
            if devices and bookmark.device_id not in devices:
                continue
            if not users or bookmark.user.casefold() in users:
                yield bookmark


def _texts(bookmark: Bookmark) -> dict[str, str]:
    return {
        "Header": bookmark.header,
        "Description": bookmark.description,
        "Reference": bookmark.reference,
        "User": bookmark.user,
    }


def _demand(call: Call, user: User, right: str, device_id: UUID | None) -> None:
    device = call.device(device_id, user)
    if device is None:
        raise bad_request(f"There is no device {device_id or ZERO}.")
    if not call.may(user, right, device):
        raise not_enough_permissions(right)


def _times(values: Mapping[str, Any]) -> tuple[datetime, datetime, datetime]:
    """Begin, trigged and end, which must be given in that order."""
    begin, trigged, end = (values[name] or _MINIMUM for name in ("timeBegin", "timeTrigged", "timeEnd"))
    if not _MINIMUM < begin <= trigged <= end:
        raise bad_request("timeBegin, timeTrigged and timeEnd must be set and in this order.")
    return begin, trigged, end
