"""The alarm service's contract as tables: namespaces, enumerations, data contracts, collections, operations.

They say what is on the wire and in which order. They belong to the simulator
alone, so that a mistake in them cannot hide the same mistake in the client.
"""  # docs/protocol: alarms-namespaces, alarms-operations, alarms-types, alarms-enumerations

from functools import lru_cache
from uuid import UUID

from attrs import evolve

from milestone_sdk.simulator.wire.contract import (
    Collection,
    Contract,
    Contracts,
    Operation,
    members_of,
    operations_of,
)
from milestone_sdk.simulator.wire.values import EXACT

SERVICE = "http://videoos.net/2/CentralServerAlarmCommand"
ACTION_PREFIX = f"{SERVICE}/IAlarmCommandToken/"
PROXY = "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"
MILESTONE = "urn:milestone-systems"
KEY_VALUES = "http://schemas.datacontract.org/2004/07/System.Collections.Generic"

CAMERA_KIND = UUID("5135ba21-f1dc-4321-806a-6ce2017343c0")
TRIGGER_EVENT_KIND = UUID("c9bdac3f-41dc-4afa-b057-61767a3914b7")
EXTERNAL_EVENT = UUID("0fcb1955-0e80-4fd4-a78a-db47ee89700c")

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
    "AlarmUpdateData": "Deleted:ArrayOfguid? Inserted:ArrayOfAlarmLine? Updated:ArrayOfAlarmLine?",
    "AlarmLine": _ALARM_LINE,
    "EventUpdateData": "Deleted:ArrayOfguid? Inserted:ArrayOfEventLine?",
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
    name: Contract(name, namespace, members_of(text), _DERIVED.get(name))
    for namespace, table in ((MILESTONE, _MILESTONE_CONTRACTS), (PROXY, _PROXY_CONTRACTS))
    for name, text in table.items()
}
CONTRACTS["KeyValuePairOfstringstring"] = Contract(
    "KeyValuePairOfstringstring", KEY_VALUES, members_of("key:string! value:string!")
)

COLLECTIONS: dict[str, Collection] = {
    "RuleList": Collection(MILESTONE, "Rule", "Rule"),
    "AnalyticsObjectList": Collection(MILESTONE, "Object", "AnalyticsObject"),
    "ReferenceList": Collection(MILESTONE, "Reference", "Reference"),
    "SnapshotList": Collection(MILESTONE, "Snapshot", "Snapshot"),
    "PolygonList": Collection(MILESTONE, "Polygon", "TPolygon"),
    "PointList": Collection(MILESTONE, "Point", "TPoint"),
}

OPERATIONS: dict[str, Operation] = operations_of(
    """
    Add(alarm:Alarm)
    AddEvent(baseEvent:BaseEvent)
    AddAsEvent(alarm:Alarm)
    Get(id:guid) -> Alarm
    GetEvent(id:guid) -> BaseEvent
    GetHeader(id:guid) -> EventHeader
    GetSnapshots(id:guid) -> SnapshotList
    AttachSnapshot(id:guid snapshot:Snapshot)
    UpdateAlarmValues(id:guid updates:ArrayOfKeyValuePairOfstringstring)
    UpdateAlarm(id:guid text:string state:int priority:int time:dateTime assignedTo:string)
    Acknowledge(id:guid)
    UpdateMultipleAlarms(objectId:guid oldState:int newState:int time:dateTime assignedTo:string)
    AcknowledgeMultipleAlarms(objectId:guid)
    StartAlarmLineSession(filter:AlarmFilter) -> guid
    StopAlarmLineSession(sessionId:guid)
    GetSessionAlarmLines(maxCount:int sessionId:guid) -> AlarmUpdateData
    GetAlarmLines(from:int maxCount:int filter:AlarmFilter) -> ArrayOfAlarmLine
    GetAlarmsWithRelatedHardware(maxCount:int filter:ArrayOfAlarmSearchCriteria) -> ArrayOfAlarmLine
    StartEventLineSession(filter:EventFilter) -> guid
    StopEventLineSession(sessionId:guid)
    GetSessionEventLines(maxCount:int sessionId:guid) -> EventUpdateData
    GetEventLines(from:int maxCount:int filter:EventFilter) -> ArrayOfEventLine
    GetStatistics() -> ArrayOfStatistic
    GetAlarmHistory(id:guid) -> ArrayOfAlarmHistory
    GetAlarmUpdateHistory(id:guid) -> ArrayOfAlarmUpdate
    GetAlarmMessages() -> ArrayOfstring
    GetEventLines2(parameters:GetEventLines2Params) -> GetEventLines2Resp
    GetEventCount(parameters:GetEventCountParams) -> GetEventCountResp
    GetEvents(parameters:GetEventsParams) -> GetEventsResp
    """,
    first="token:string",
)


@lru_cache(maxsize=2)
def alarm_contracts(*, modern: bool = True) -> Contracts:
    """The types of the service; `modern` False leaves out `ServerId.Scheme` and the target `CameraId`."""
    contracts, enumerations = {**CONTRACTS}, {**ENUMERATIONS}
    if not modern:
        server_id = contracts["ServerId"]
        contracts["ServerId"] = evolve(server_id, members=server_id.members[:-1])
        enumerations["Target"] = tuple(name for name in enumerations["Target"] if name != "CameraId")
    return Contracts(contracts.values(), COLLECTIONS, enumerations, scalars=EXACT)
