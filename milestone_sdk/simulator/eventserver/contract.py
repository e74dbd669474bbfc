"""The alarm service's contract as tables: namespaces, enumerations, data contracts, collections, operations.

The tables are data for `codec`; they say what stands on the wire and in which order
(protocol/alarms.md 1.5, 1.7, 1.8, 1.10). They belong to the simulator alone, so that a mistake in them cannot hide the
same mistake in the client.
"""

from typing import Any
from uuid import UUID

from attrs import define, field, frozen

SERVICE = "http://videoos.net/2/CentralServerAlarmCommand"
ACTION_PREFIX = f"{SERVICE}/IAlarmCommandToken/"
PROXY = "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"
MILESTONE = "urn:milestone-systems"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
KEY_VALUES = "http://schemas.datacontract.org/2004/07/System.Collections.Generic"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://www.w3.org/2001/XMLSchema"

ZERO = UUID(int=0)
CAMERA_KIND = UUID("5135ba21-f1dc-4321-806a-6ce2017343c0")
TRIGGER_EVENT_KIND = UUID("c9bdac3f-41dc-4afa-b057-61767a3914b7")
EXTERNAL_EVENT = UUID("0fcb1955-0e80-4fd4-a78a-db47ee89700c")


@define
class Record:
    """One instance of a data contract: its type's name and the members that are not at their default."""

    contract: str
    members: dict[str, Any] = field(factory=dict[str, Any])

    def __getitem__(self, name: str) -> Any:
        """The member, None when it was never set: the caller knows what its default is."""
        return self.members.get(name)

    def items(self, name: str) -> list[Any]:
        """The items of a list member; none when it is null."""
        return list(self.members.get(name) or ())

    def inner(self, *path: str) -> Any:
        """Follow nested records; None as soon as one is missing."""
        found: Any = self
        for name in path:
            if not isinstance(found, Record):
                return None
            found = found[name]
        return found


@frozen
class AnyValue:
    """A value written as ``xs:anyType``: the local name of its ``i:type`` ("" when it had none) and the value read."""

    type: str
    value: Any


@frozen
class Member:
    """A member of a data contract."""

    name: str
    type: str
    required: bool = False
    omitted_when_default: bool = False


@frozen
class Contract:
    """A data contract: where its own members live, and the contract it extends (whose members come first)."""

    name: str
    namespace: str
    members: tuple[Member, ...]
    base: str | None = None


@frozen
class Collection:
    """A list on the wire: the namespace and name of an item, and the item's type."""

    namespace: str
    item: str
    type: str


@frozen
class Operation:
    """One operation: its parameters after ``token``, in order, and the type of its result (None = void)."""

    name: str
    parameters: tuple[Member, ...]
    result: str | None


def _members(text: str) -> tuple[Member, ...]:
    """Read ``Name:type``, with ``!`` for a required member and ``-`` for one that is omitted when default."""
    members: list[Member] = []
    for word in text.split():
        name, _, kind = word.partition(":")
        members.append(Member(name, kind.rstrip("!-"), "!" in kind, "-" in kind))
    return tuple(members)


SIMPLE = {
    "string", "int", "unsignedInt", "unsignedShort", "unsignedByte", "boolean", "double", "dateTime", "guid",
    "base64Binary", "anyType",
}  # fmt: skip

ENUMERATIONS: dict[str, tuple[str, ...]] = {
    "FolderType": ("0", "1", "2"),
    "AlarmFaultType": (
        "UnknownSession", "Unknown", "DbRead", "Read", "DbConnection", "Serialization", "DbWrite", "DbUpdate",
        "InvalidAuthentication",
    ),
    "Operator": ("Equals", "NotEquals", "LessThan", "GreaterThan", "Contains", "BeginsWith"),
    "SearchOperator": ("Equals", "NotEquals", "LessThan", "GreaterThan", "Contains", "BeginsWith"),
    "Target": (
        "LocalId", "Id", "State", "Priority", "Timestamp", "SourceName", "Name", "AssignedTo", "Type", "RuleType",
        "Location", "Message", "CustomTag", "VendorName", "ObjectValue", "Description", "ObjectId", "Modified",
        "PriorityName", "Category", "CategoryName", "StateName", "CameraId",
    ),
    "Order": ("Ascending", "Descending"),
    "Direction": ("Ascending", "Descending"),
    "StatisticType": ("Total", "Priority", "State", "Unknown"),
    "LogicalOperator": ("And", "Or"),
}  # fmt: skip

_EVENT_LINE = (
    "CameraId:guid CustomTag:string Id:guid LocalId:int Message:string Name:string ObjectValue:string RuleType:string "
    "SourceId:guid SourceName:string Timestamp:dateTime Type:string VendorName:string"
)
_ALARM_LINE = (
    "AssignedTo:string CameraId:guid Category:unsignedShort CategoryName:string CustomTag:string Description:string "
    "FilterMatch:boolean Id:guid LocalId:int Location:string Message:string Modified:dateTime Name:string "
    "ObjectValue:string Priority:unsignedShort PriorityName:string RuleType:string SourceId:guid SourceName:string "
    "State:unsignedShort StateName:string Timestamp:dateTime Type:string VendorName:string"
)
_ALARM = (
    "EventHeader:EventHeader!- Description:string- StartTime:dateTime- EndTime:dateTime- Location:string- "
    "State:unsignedShort- StateName:string- Category:unsignedShort- CategoryName:string- AssignedTo:string- "
    "Count:unsignedInt- RuleList:RuleList- ObjectList:AnalyticsObjectList- ReferenceList:ReferenceList- "
    "SnapshotList:SnapshotList- Vendor:Vendor-"
)
_EVENT_HEADER = (
    "ID:guid! Timestamp:dateTime!- Class:string- Type:string- Version:string- Priority:unsignedShort- "
    "PriorityName:string- Name:string- Message:string- CustomTag:string- Source:EventSource- "
    "ExpireTimestamp:dateTime- MessageId:guid-"
)
_ANALYTICS_OBJECT = (
    "ID:guid- Name:string- Type:string- Description:string- Confidence:double- Value:string- AlarmTrigger:boolean- "
    "Removed:boolean- Color:string- Size:double- SizeUnit:string- BoundingBox:BoundingBox- Polygon:TPolygon- "
    "Motion:ObjectMotion- Mask:base64Binary-"
)
_SNAPSHOT = (
    "TimeOffset:int! Width:unsignedInt- Height:unsignedInt- HasOverlay:boolean- SizeInBytes:unsignedInt- "
    "Image:base64Binary- Path:string- FQID:FQID-"
)
_ANALYTICS_EVENT = (
    "Description:string StartTime:dateTime EndTime:dateTime Location:string Count:unsignedInt RuleList:RuleList "
    "ObjectList:AnalyticsObjectList ReferenceList:ReferenceList SnapshotList:SnapshotList Vendor:Vendor"
)
_ACCESS_CONTROL_EVENT = (
    "AccessControlSystemEventId:string AccessControlSystemId:guid AccessControlEventTypeId:guid "
    "AccessControlEventSourceTypeId:guid AccessControlEventSourceId:guid "
    "RelatedAccessControlCredentialHolderIds:ArrayOfstring RelatedAccessControlElementIds:ArrayOfguid "
    "EventCategories:ArrayOfguid RelatedSurveillanceItems:ArrayOfFQID Properties:ArrayOfProperty Reason:string"
)
_SEARCH_PAGE = (
    "Page:int PageSize:int SearchGroup:SearchGroup SearchId:guid SearchOrders:SearchOrders TruePaging:boolean"
)

_MILESTONE_CONTRACTS = {
    "Alarm": _ALARM,
    "EventHeader": _EVENT_HEADER,
    "EventSource": "Name:string- Description:string- FQID:FQID-",
    "FQID": "ServerId:ServerId- ParentId:guid- ObjectId:guid- ObjectIdString:string- FolderType:FolderType Kind:guid",
    "ServerId": "Type:string- Hostname:string- Port:int- Id:guid Scheme:string-",
    "Vendor": "Name:string- CustomData:string-",
    "Rule": "ID:guid- Name:string- Type:string- PolygonList:PolygonList-",
    "TPolygon": "Closed:boolean- Color:TColor- FillColor:TColor- PointList:PointList-",
    "TColor": "A:unsignedByte! R:unsignedByte! G:unsignedByte! B:unsignedByte!",
    "TPoint": "X:double! Y:double!",
    "AnalyticsObject": _ANALYTICS_OBJECT,
    "BoundingBox": "Top:double! Left:double! Bottom:double! Right:double! Color:TColor-",
    "ObjectMotion": "Speed:double- SpeedUnit:string- Path:TPolygon-",
    "Reference": "FQID:FQID-",
    "Snapshot": _SNAPSHOT,
    "BaseEvent": "EventHeader:EventHeader!",
    "AnalyticsEvent": _ANALYTICS_EVENT,
    "EventData": "EventSequence:EventSequence",
    "AccessControlEvent": _ACCESS_CONTROL_EVENT,
    "EventSequence": "EndDateTime:dateTime SnapshotJPEGs:ArrayOfbase64Binary StartDateTime:dateTime",
    "Property": "Key:string Value:string",
}
_PROXY_CONTRACTS = {
    "AlarmFilter": "Conditions:ArrayOfCondition Orders:ArrayOfOrderBy",
    "EventFilter": "Conditions:ArrayOfCondition Orders:ArrayOfOrderBy",
    "Condition": "Operator:Operator Target:Target Value:anyType",
    "OrderBy": "Order:Order Target:Target",
    "AlarmServiceFault": "ErrorDescription:string ErrorReason:AlarmFaultType",
    "AlarmUpdateData": "Deleted:ArrayOfguid Inserted:ArrayOfAlarmLine Updated:ArrayOfAlarmLine",
    "AlarmLine": _ALARM_LINE,
    "EventUpdateData": "Deleted:ArrayOfguid Inserted:ArrayOfEventLine",
    "EventLine": _EVENT_LINE,
    "Statistic": "Number:int Type:StatisticType Value:int",
    "AlarmHistory": "AssignedTo:string Author:string Priority:int State:int Text:string Time:dateTime",
    "AlarmUpdate": "Author:string Key:string Time:dateTime Value:string",
    "GetEventLines2Params": _SEARCH_PAGE,
    "SearchGroup": "GroupOperator:LogicalOperator SearchElements:ArrayOfSearchElement SearchGroups:ArrayOfSearchGroup",
    "SearchElement": "SearchOperator:SearchOperator SearchTarget:string SearchValue:anyType",
    "SearchOrders": "Orders:ArrayOfSearchOrder",
    "SearchOrder": "Direction:Direction Target:string",
    "GetEventLines2Resp": "Result:ArrayOfEventLine SearchId:guid TruePaging:boolean",
    "GetEventCountParams": "SearchGroup:SearchGroup",
    "GetEventCountResp": "Count:int",
    "GetEventsParams": "EventIds:ArrayOfguid",
    "GetEventsResp": "Events:ArrayOfBaseEvent",
    "AlarmSearchCriteria": "Criteria:string Values:ArrayOfanyType",
    "NameNumberPairValue": "Name:string Number:int",
}
_DERIVED = {"AnalyticsEvent": "BaseEvent", "EventData": "BaseEvent", "AccessControlEvent": "BaseEvent"}

CONTRACTS: dict[str, Contract] = {
    name: Contract(name, namespace, _members(text), _DERIVED.get(name))
    for namespace, table in ((MILESTONE, _MILESTONE_CONTRACTS), (PROXY, _PROXY_CONTRACTS))
    for name, text in table.items()
}
CONTRACTS["KeyValuePairOfstringstring"] = Contract(
    "KeyValuePairOfstringstring", KEY_VALUES, _members("key:string! value:string!")
)

COLLECTIONS: dict[str, Collection] = {
    "RuleList": Collection(MILESTONE, "Rule", "Rule"),
    "AnalyticsObjectList": Collection(MILESTONE, "Object", "AnalyticsObject"),
    "ReferenceList": Collection(MILESTONE, "Reference", "Reference"),
    "SnapshotList": Collection(MILESTONE, "Snapshot", "Snapshot"),
    "PolygonList": Collection(MILESTONE, "Polygon", "TPolygon"),
    "PointList": Collection(MILESTONE, "Point", "TPoint"),
    **{f"ArrayOf{name}": Collection(MILESTONE, name, name) for name in ("FQID", "Property", "BaseEvent")},
    **{f"ArrayOf{name}": Collection(ARRAYS, name, name) for name in ("string", "guid", "base64Binary", "anyType")},
    **{
        f"ArrayOf{name}": Collection(PROXY, name, name)
        for name in (
            "Condition", "OrderBy", "AlarmLine", "EventLine", "SearchElement", "SearchGroup", "SearchOrder",
            "AlarmSearchCriteria", "Statistic", "AlarmHistory", "AlarmUpdate",
        )
    },
    "ArrayOfKeyValuePairOfstringstring": Collection(
        KEY_VALUES, "KeyValuePairOfstringstring", "KeyValuePairOfstringstring"
    ),
}  # fmt: skip

_OPERATION_TABLE: tuple[tuple[str, str, str | None], ...] = (
    ("Add", "alarm:Alarm", None),
    ("AddEvent", "baseEvent:BaseEvent", None),
    ("AddAsEvent", "alarm:Alarm", None),
    ("Get", "id:guid", "Alarm"),
    ("GetEvent", "id:guid", "BaseEvent"),
    ("GetHeader", "id:guid", "EventHeader"),
    ("GetSnapshots", "id:guid", "SnapshotList"),
    ("AttachSnapshot", "id:guid snapshot:Snapshot", None),
    ("UpdateAlarmValues", "id:guid updates:ArrayOfKeyValuePairOfstringstring", None),
    ("UpdateAlarm", "id:guid text:string state:int priority:int time:dateTime assignedTo:string", None),
    ("Acknowledge", "id:guid", None),
    ("UpdateMultipleAlarms", "objectId:guid oldState:int newState:int time:dateTime assignedTo:string", None),
    ("AcknowledgeMultipleAlarms", "objectId:guid", None),
    ("StartAlarmLineSession", "filter:AlarmFilter", "guid"),
    ("StopAlarmLineSession", "sessionId:guid", None),
    ("GetSessionAlarmLines", "maxCount:int sessionId:guid", "AlarmUpdateData"),
    ("GetAlarmLines", "from:int maxCount:int filter:AlarmFilter", "ArrayOfAlarmLine"),
    ("GetAlarmsWithRelatedHardware", "maxCount:int filter:ArrayOfAlarmSearchCriteria", "ArrayOfAlarmLine"),
    ("StartEventLineSession", "filter:EventFilter", "guid"),
    ("StopEventLineSession", "sessionId:guid", None),
    ("GetSessionEventLines", "maxCount:int sessionId:guid", "EventUpdateData"),
    ("GetEventLines", "from:int maxCount:int filter:EventFilter", "ArrayOfEventLine"),
    ("GetStatistics", "", "ArrayOfStatistic"),
    ("GetAlarmHistory", "id:guid", "ArrayOfAlarmHistory"),
    ("GetAlarmUpdateHistory", "id:guid", "ArrayOfAlarmUpdate"),
    ("GetAlarmMessages", "", "ArrayOfstring"),
    ("GetEventLines2", "parameters:GetEventLines2Params", "GetEventLines2Resp"),
    ("GetEventCount", "parameters:GetEventCountParams", "GetEventCountResp"),
    ("GetEvents", "parameters:GetEventsParams", "GetEventsResp"),
)

OPERATIONS: dict[str, Operation] = {
    name: Operation(name, (Member("token", "string"), *_members(parameters)), result)
    for name, parameters, result in _OPERATION_TABLE
}


def ancestry(name: str) -> tuple[Contract, ...]:
    """The contract and its bases, the outermost base first: the order in which members stand on the wire."""
    contract = CONTRACTS[name]
    return ((*ancestry(contract.base), contract)) if contract.base is not None else (contract,)
