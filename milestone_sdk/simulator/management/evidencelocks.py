"""Evidence locks ("marked data"): their store, and the operations of ServerCommandService on it (auth.md 6.2)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import define

from milestone_sdk.simulator.management.bookmarks import SWITCHES, matches
from milestone_sdk.simulator.management.datacontract import Value
from milestone_sdk.simulator.management.servercall import TOKEN, ZERO, Answer, Call, Operation, bad_request, unset
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.soap import Element, Field

__all__ = ["EvidenceLock", "EvidenceLocks"]

_OPTIONS = {"Unused", "Days", "Weeks", "Months", "Years", "UserDefined", "Indefinite"}
_FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_NO_DEVICE = 61001
_NO_RIGHT = 61008
_CONTENT = (
    Field("markedDataId", "guid"),
    Field("deviceIds", "element"),
    Field("timeStart", "dateTime"),
    Field("timeTag", "dateTime"),
    Field("timeEnd", "dateTime"),
    Field("reference"),
    Field("header"),
    Field("description"),
    Field("markedDataType", "int"),
    Field("useRetention", "boolean"),
    Field("retentionExpire", "dateTime"),
    Field("retentionOption", "element"),
)
_PERIODS = (
    Field("createdFromTime", "dateTime"),
    Field("createdToTime", "dateTime"),
    Field("markedDataFromTime", "dateTime"),
    Field("markedDataToTime", "dateTime"),
    Field("tagTimeFromTime", "dateTime"),
    Field("tagTimeToTime", "dateTime"),
    Field("retentionExpireFrom", "dateTime"),
    Field("retentionExpireTo", "dateTime"),
)
_PAGE = (
    Field("pageIndex", "int"),
    Field("pageSize", "int"),
    Field("sortOrder"),
    Field("sortAscending", "boolean"),
)


@define(kw_only=True)
class EvidenceLock:
    """One evidence lock; times are aware UTC, `expires` is the year 9999 for a lock without end."""

    id: UUID
    device_ids: list[UUID]
    start: datetime
    tag: datetime
    end: datetime
    reference: str
    header: str
    description: str
    user: str
    use_retention: bool
    expires: datetime
    option: tuple[str, int]
    created: datetime
    modified: datetime

    @property
    def size(self) -> int:
        """The bytes that it keeps: a made-up rate of 250 kB/s for each device."""
        return int((self.end - self.start).total_seconds() * 250_000) * len(self.device_ids) * self.use_retention

    def value(self) -> Value:
        """As the contract names its members."""
        return {
            "Id": self.id,
            "DeviceIds": [*self.device_ids],
            "Created": self.created,
            "LastModified": self.modified,
            "Reference": self.reference,
            "Header": self.header,
            "Description": self.description,
            "User": self.user,
            "StartTime": self.start,
            "TagTime": self.tag,
            "EndTime": self.end,
            "UseRetention": self.use_retention,
            "RetentionExpire": self.expires,
            "RetentionSize": self.size,
            "RetentionOption": {"RetentionOptionType": self.option[0], "RetentionUnits": self.option[1]},
        }


_ORDERS: Mapping[str, Callable[[EvidenceLock], Any]] = {
    "Header": lambda lock: lock.header.casefold(),
    "Description": lambda lock: lock.description.casefold(),
    "StartTime": lambda lock: lock.start,
    "TagTime": lambda lock: lock.tag,
    "EndTime": lambda lock: lock.end,
    "CreateTime": lambda lock: lock.created,
    "RetentionExpireTime": lambda lock: lock.expires,
    "UserName": lambda lock: lock.user.casefold(),
    "Size": lambda lock: lock.size,
}


class EvidenceLocks:
    """The evidence locks of a site, by id in the order in which they were made."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.stored: dict[UUID, EvidenceLock] = {}
        self.failing_devices: dict[UUID, tuple[int, str]] = {}
        """Devices on which no lock can be set, as with a recorder that is down: error code and message."""
        self._now = now
        self._references = 0
        self.operations: Mapping[str, Operation] = {
            "MarkedDataGetNewReference": self._get_new_reference,
            "MarkedDataCreate": self._create,
            "MarkedDataUpdate": self._update,
            "MarkedDataDelete": self._delete,
            "MarkedDataGet": self._get,
            "MarkedDataSearch": lambda call: self._search(call, ()),
            "MarkedDataSearch2": lambda call: self._search(call, SWITCHES),
        }

    # One lock

    def _get_new_reference(self, call: Call) -> Answer:
        """The array of devices is called `deviceId` on `.svc` and `deviceIds` on `.asmx`."""
        devices = "deviceIds" if call.asmx else "deviceId"
        values = call.read(TOKEN, Field(devices, "element"), Field("live", "boolean"))
        call.identify(values["token"])
        self._references += 1
        return "MarkedDataReference", {"Reference": f"{self._references:06d}", "Time": self._now()}

    def _create(self, call: Call) -> Answer:
        values = call.read(TOKEN, *_CONTENT)
        user = call.identify(values["token"])
        key = values["markedDataId"] or ZERO
        if key == ZERO or key in self.stored:
            return _result("Failed")
        return self._put(call, values, user, None)

    def _update(self, call: Call) -> Answer:
        values = call.read(TOKEN, *_CONTENT)
        user = call.identify(values["token"])
        lock = self.stored.get(values["markedDataId"] or ZERO)
        if lock is None:
            return _result("MarkedDataNotFound")
        if self._faults(call, user, lock.device_ids, "RetentionCreate"):
            return _result("Unauthorized")
        return self._put(call, values, user, lock)

    def _put(self, call: Call, values: dict[str, Any], user: User, old: EvidenceLock | None) -> Answer:
        """Store what can be locked, and report the devices that cannot."""
        start, tag, end = (unset(values[name]) for name in ("timeStart", "timeTag", "timeEnd"))
        if start is None or tag is None or end is None or not start <= tag <= end:
            raise bad_request("timeStart, timeTag and timeEnd must be set and in this order.")
        devices = call.guids(values["deviceIds"])
        faults = self._faults(call, user, devices, "RetentionCreate")
        good = [device for device in dict.fromkeys(devices) if device not in faults]
        if not good:
            denied = bool(faults) and all(code == _NO_RIGHT for code, _ in faults.values())
            return _result("Unauthorized" if denied else "Failed", faults)
        now = self._now()
        lock = EvidenceLock(
            id=values["markedDataId"],
            device_ids=good,
            start=start,
            tag=tag,
            end=end,
            reference=values["reference"] or "",
            header=values["header"] or "",
            description=values["description"] or "",
            user=user.name if old is None else old.user,
            use_retention=bool(values["useRetention"]),
            expires=unset(values["retentionExpire"]) or _FOREVER,
            option=_option(call, values["retentionOption"]),
            created=now if old is None else old.created,
            modified=now,
        )
        self.stored[lock.id] = lock
        return _result("PartlySuccess" if faults else "Success", faults, lock)

    def _faults(self, call: Call, user: User, devices: Iterable[UUID], right: str) -> dict[UUID, tuple[int, str]]:
        faults: dict[UUID, tuple[int, str]] = {}
        for key in devices:
            device = call.device(key, user)
            if device is None:
                faults[key] = _NO_DEVICE, "There is no such device."
            elif not call.may(user, right, device):
                faults[key] = _NO_RIGHT, f"You do not have sufficient permissions. {right}"
            elif key in self.failing_devices:
                faults[key] = self.failing_devices[key]
        return faults

    def _delete(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("markedDataIds", "element"))
        user = call.identify(values["token"])
        return "[MarkedDataResult]", [self._deleted(call, user, key) for key in call.guids(values["markedDataIds"])]

    def _deleted(self, call: Call, user: User, key: UUID) -> Value:
        lock = self.stored.get(key)
        if lock is None:
            return {"Status": "MarkedDataNotFound"}
        if not all(call.may(user, "RetentionRemove", call.device(device, user)) for device in lock.device_ids):
            return {"Status": "Unauthorized", "MarkedData": lock.value()}
        del self.stored[key]
        return {"Status": "Success", "MarkedData": lock.value()}

    def _get(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("markedDataId", "guid"))
        user = call.identify(values["token"])
        lock = self.stored.get(values["markedDataId"] or ZERO)
        return "MarkedData", lock.value() if lock is not None and _is_seen(call, user, lock) else None

    # Search

    def _search(self, call: Call, switches: tuple[Field, ...]) -> Answer:
        names = (Field("deviceIds", "element"), Field("searchText"))
        values = call.read(TOKEN, *names, *switches, Field("users", "element"), *_PERIODS, *_PAGE)
        user = call.identify(values["token"])
        order = call.one_of(values["sortOrder"] or "Header", "sortOrder", {*_ORDERS})
        devices = set(call.guids(values["deviceIds"]))
        users = {name.casefold() for name in call.strings(values["users"])}
        chosen = {field.name: values[field.name] for field in switches}
        found = [
            lock
            for lock in self.stored.values()
            if _is_seen(call, user, lock)
            and (not devices or devices & {*lock.device_ids})
            and (not users or lock.user.casefold() in users)
            and matches(_texts(lock), values["searchText"], chosen)
            and _is_within(lock, values)
        ]
        found.sort(key=_ORDERS[order], reverse=not values["sortAscending"])
        size = max(0, values["pageSize"] or 0)
        first = max(0, values["pageIndex"] or 0) * size
        return "[MarkedData]", [lock.value() for lock in found[first : first + size]]


def _texts(lock: EvidenceLock) -> dict[str, str]:
    return {
        "Header": lock.header,
        "Description": lock.description,
        "Reference": lock.reference,
        "User": lock.user,
    }


def _is_seen(call: Call, user: User, lock: EvidenceLock) -> bool:
    """Whether the user may see evidence locks on one of its devices at least."""
    return any(call.may(user, "RetentionView", call.device(device, user)) for device in lock.device_ids)


def _is_within(lock: EvidenceLock, values: Mapping[str, Any]) -> bool:
    """Whether it lies in all periods of a search; an unset bound is none, a lock counts where it overlaps."""
    periods = (
        ("createdFromTime", "createdToTime", lock.created, lock.created),
        ("markedDataFromTime", "markedDataToTime", lock.start, lock.end),
        ("tagTimeFromTime", "tagTimeToTime", lock.tag, lock.tag),
        ("retentionExpireFrom", "retentionExpireTo", lock.expires, lock.expires),
    )
    for since, until, first, last in periods:
        low, high = unset(values[since]), unset(values[until])
        if (low is not None and last < low) or (high is not None and first > high):
            return False
    return True


def _option(call: Call, element: Element | None) -> tuple[str, int]:
    if element is None:
        return "Indefinite", -1
    values = call.members(element, Field("RetentionOptionType"), Field("RetentionUnits", "int"))
    kind = call.one_of(values["RetentionOptionType"] or "Unused", "RetentionOptionType", _OPTIONS)
    return kind, values["RetentionUnits"] or 0


def _result(
    status: str, faults: Mapping[UUID, tuple[int, str]] | None = None, lock: EvidenceLock | None = None
) -> Answer:
    devices: list[Value] = [
        {"DeviceId": device, "ErrorCode": code, "Message": message}
        for device, (code, message) in (faults or {}).items()
    ]
    value = lock.value() if lock is not None else None
    return "MarkedDataResult", {"Status": status, "MarkedData": value, "FaultDevices": devices, "WarningDevices": []}
