"""What port 9090 takes for an analytics event, as an XML schema.

Members come in this order or not at all; the head is narrower than the alarm service's, and an FQID names its object by
an id or by a text.
"""  # docs/protocol: alarms-types, events-analytics

from functools import cache

from lxml import etree

from milestone_sdk.simulator.wire.reader import Element

__all__ = ["schema_error"]

_GUID = r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?"

# A member is `Name:type`; `!` marks what has to be there, `*` what may come any number of times.
_TYPES = {
    "AnalyticsEvent": "EventHeader:EventHeader! Description:string StartTime:dateTime EndTime:dateTime Location:string "
    "Count:unsignedInt RuleList:RuleList ObjectList:ObjectList ReferenceList:ReferenceList SnapshotList:SnapshotList "
    "Vendor:Vendor",
    "EventHeader": "ID:guid! Timestamp:dateTime! Class:string Type:string Version:string Priority:unsignedShort "
    "Name:string Message:string! CustomTag:string Source:EventSource",
    "EventSource": "Name:string Description:string FQID:FQID",
    "ServerId": "Type:string Hostname:string Port:int Id:guid",
    "RuleList": "Rule:Rule*",
    "Rule": "ID:guid Name:string Type:string PolygonList:PolygonList",
    "PolygonList": "Polygon:TPolygon*",
    "TPolygon": "Closed:boolean Color:TColor FillColor:TColor PointList:PointList",
    "TColor": "A:unsignedByte! R:unsignedByte! G:unsignedByte! B:unsignedByte!",
    "PointList": "Point:TPoint*",
    "TPoint": "X:double! Y:double!",
    "ObjectList": "Object:Object*",
    "Object": "ID:guid Name:string Type:string Description:string Confidence:double Value:string "
    "AlarmTrigger:boolean Removed:boolean Color:string Size:double SizeUnit:string BoundingBox:BoundingBox "
    "Polygon:TPolygon Motion:Motion Mask:base64Binary",
    "BoundingBox": "Top:double! Left:double! Bottom:double! Right:double! Color:TColor",
    "Motion": "Speed:double SpeedUnit:string Path:TPolygon",
    "ReferenceList": "Reference:Reference*",
    "Reference": "FQID:FQID",
    "SnapshotList": "Snapshot:Snapshot*",
    "Snapshot": "TimeOffset:int! Width:unsignedInt Height:unsignedInt HasOverlay:boolean SizeInBytes:unsignedInt "
    "Image:base64Binary Path:string FQID:FQID",
    "Vendor": "Name:string CustomData:string",
}
_OWN = {*_TYPES, "FQID", "guid"}
_FQID = (
    '<xs:complexType name="FQID"><xs:sequence><xs:element name="ServerId" type="m:ServerId" minOccurs="0"/>'
    '<xs:element name="ParentId" type="m:guid" minOccurs="0"/><xs:choice minOccurs="0">'
    '<xs:element name="ObjectId" type="m:guid"/><xs:element name="ObjectIdString" type="xs:string"/></xs:choice>'
    '<xs:element name="FolderType" type="xs:string" minOccurs="0"/>'
    '<xs:element name="Kind" type="m:guid" minOccurs="0"/></xs:sequence></xs:complexType>'
)


def _member(word: str) -> str:
    name, _, kind = word.partition(":")
    bare = kind.rstrip("!*")
    least = "" if kind.endswith("!") else ' minOccurs="0"'
    most = ' maxOccurs="unbounded"' if kind.endswith("*") else ""
    prefix = "m" if bare in _OWN else "xs"
    return f'<xs:element name="{name}" type="{prefix}:{bare}"{least}{most}/>'


@cache
def _schema() -> etree.XMLSchema:
    types = "".join(
        f'<xs:complexType name="{name}"><xs:sequence>{"".join(map(_member, words.split()))}</xs:sequence>'
        "</xs:complexType>"
        for name, words in _TYPES.items()
    )
    guid = f'<xs:simpleType name="guid"><xs:restriction base="xs:string"><xs:pattern value="{_GUID}"/>'
    text = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:m="urn:milestone-systems" '
        'targetNamespace="urn:milestone-systems" elementFormDefault="qualified">'
        f'<xs:element name="AnalyticsEvent" type="m:AnalyticsEvent"/>{guid}</xs:restriction></xs:simpleType>'
        f"{_FQID}{types}</xs:schema>"
    )
    return etree.XMLSchema(etree.fromstring(text))


def schema_error(root: Element) -> str | None:
    """The first place where an event breaks the schema; None if nowhere."""
    schema = _schema()
    if schema.validate(root):
        return None
    last = schema.error_log.last_error
    return "it breaks the schema" if last is None else last.message
