"""Evidence locks ("marked data"): their store, and the operations of ServerCommandService on it."""
# docs/protocol: servercommand-operations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import define

from milestone_sdk.simulator.management.bookmarks import matches
from milestone_sdk.simulator.management.servercall import Call, Operation, bad_request, unset
from milestone_sdk.simulator.wire.contract import Object
from milestone_sdk.simulator.wire.values import ZERO

__all__ = ["EvidenceLock", "EvidenceLocks"]

_FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_WITHOUT_END = {"RetentionOptionType": "Indefinite", "RetentionUnits": -1}
_NO_DEVICE = 61001
_NO_RIGHT = 61008


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
    option: Object
    created: datetime
    modified: datetime

    @property
    def size(self) -> int:
        """The bytes that it keeps: a made-up rate of 250 kB/s for each device."""
        return int((self.end - self.start).total_seconds() * 250_000) * len(self.device_ids) * self.use_retention


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
            "MarkedDataSearch": self._search,
            "MarkedDataSearch2": self._search,
        }

    # One lock

    def _get_new_reference(self, call: Call) -> Object:
        self._references += 1
        return {"Reference": f"{self._references:06d}", "Time": self._now()}

    def _create(self, call: Call) -> Object:
        key = call["markedDataId"]
        if key == ZERO or key in self.stored:
            return _result("Failed")
        return self._put(call, None)

    def _update(self, call: Call) -> Object:
        lock = self.stored.get(call["markedDataId"])
        if lock is None:
            return _result("MarkedDataNotFound")
        if self._faults(call, lock.device_ids, "RetentionCreate"):
            return _result("Unauthorized")
        return self._put(call, lock)

    def _put(self, call: Call, old: EvidenceLock | None) -> Object:
        """Store what can be locked, and report the devices that cannot."""
        start, tag, end = (unset(call[name]) for name in ("timeStart", "timeTag", "timeEnd"))
        if start is None or tag is None or end is None or not start <= tag <= end:
            raise bad_request("timeStart, timeTag and timeEnd must be set and in this order.")
        devices: list[UUID] = call["deviceIds"] or []
        faults = self._faults(call, devices, "RetentionCreate")
        good = [device for device in dict.fromkeys(devices) if device not in faults]
        if not good:
            denied = bool(faults) and all(code == _NO_RIGHT for code, _ in faults.values())
            return _result("Unauthorized" if denied else "Failed", faults)
        now, option = self._now(), call["retentionOption"]
        lock = EvidenceLock(
            id=call["markedDataId"],
            device_ids=good,
            start=start,
            tag=tag,
            end=end,
            reference=call["reference"] or "",
            header=call["header"] or "",
            description=call["description"] or "",
            user=call.user.name if old is None else old.user,
            use_retention=call["useRetention"],
            expires=unset(call["retentionExpire"]) or _FOREVER,
            option=_WITHOUT_END if option is None else option.members,
            created=now if old is None else old.created,
            modified=now,
        )
        self.stored[lock.id] = lock
        return _result("PartlySuccess" if faults else "Success", faults, lock)

    def _faults(self, call: Call, devices: Iterable[UUID], right: str) -> dict[UUID, tuple[int, str]]:
        faults: dict[UUID, tuple[int, str]] = {}
        for key in devices:
            device = call.device(key)
            if device is None:
                faults[key] = _NO_DEVICE, "There is no such device."
            elif not call.may(right, device):
                faults[key] = _NO_RIGHT, f"You do not have sufficient permissions. {right}"
            elif key in self.failing_devices:
                faults[key] = self.failing_devices[key]
        return faults

    def _delete(self, call: Call) -> list[Object]:
        return [self._deleted(call, key) for key in call["markedDataIds"] or ()]

    def _deleted(self, call: Call, key: UUID) -> Object:
        lock = self.stored.get(key)
        if lock is None:
            return {"Status": "MarkedDataNotFound"}
        if not all(call.may("RetentionRemove", call.device(device)) for device in lock.device_ids):
            return {"Status": "Unauthorized", "MarkedData": lock}
        del self.stored[key]
        return {"Status": "Success", "MarkedData": lock}

    def _get(self, call: Call) -> EvidenceLock | None:
        lock = self.stored.get(call["markedDataId"])
        return lock if lock is not None and _is_seen(call, lock) else None

    # Search

    def _search(self, call: Call) -> list[EvidenceLock]:
        devices = set(call["deviceIds"] or ())
        users = {(name or "").casefold() for name in call["users"] or ()}
        found = [
            lock
            for lock in self.stored.values()
            if _is_seen(call, lock)
            and (not devices or devices & {*lock.device_ids})
            and (not users or lock.user.casefold() in users)
            and matches(lock, call["searchText"], call.values)
            and _is_within(lock, call)
        ]
        found.sort(key=_ORDERS[call["sortOrder"]], reverse=not call["sortAscending"])
        size = max(0, call["pageSize"])
        first = max(0, call["pageIndex"]) * size
        return found[first : first + size]


def _is_seen(call: Call, lock: EvidenceLock) -> bool:
    """Whether the user may see evidence locks on one of its devices at least."""
    return any(call.may("RetentionView", call.device(device)) for device in lock.device_ids)


def _is_within(lock: EvidenceLock, call: Call) -> bool:
    """Whether it is in all periods of a search; an unset bound is none, a lock counts where it overlaps."""
    periods = (
        ("createdFromTime", "createdToTime", lock.created, lock.created),
        ("markedDataFromTime", "markedDataToTime", lock.start, lock.end),
        ("tagTimeFromTime", "tagTimeToTime", lock.tag, lock.tag),
        ("retentionExpireFrom", "retentionExpireTo", lock.expires, lock.expires),
    )
    for since, until, first, last in periods:
        low, high = unset(call[since]), unset(call[until])
        if (low is not None and last < low) or (high is not None and first > high):
            return False
    return True


def _result(
    status: str, faults: Mapping[UUID, tuple[int, str]] | None = None, lock: EvidenceLock | None = None
) -> Object:
    devices = [
        {"DeviceId": device, "ErrorCode": code, "Message": message}
        for device, (code, message) in (faults or {}).items()
    ]
    return {"Status": status, "MarkedData": lock, "FaultDevices": devices, "WarningDevices": []}
