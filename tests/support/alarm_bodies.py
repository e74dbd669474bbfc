"""The reply to `Get` for one alarm in which every member is filled."""

from uuid import UUID

from tests.support.soap_bodies import ALARM, reply, without_spaces

SESSION = UUID("11111111-2222-3333-4444-555555555555")
LINE_ID = UUID("00000001-1111-2222-0102-030405060708")
CAMERA = "7d1f2a90-41c2-4d6b-8f0e-2b5b1a7c3e11"
ITEM = (
    f"<m:FQID><m:ServerId><m:Type>XPCO</m:Type><m:Hostname>vms</m:Hostname><m:Port>80</m:Port><m:Id>{SESSION}</m:Id>"
    f"<m:Scheme>https</m:Scheme></m:ServerId><m:ParentId>{SESSION}</m:ParentId><m:ObjectId>{CAMERA}</m:ObjectId>"
    "<m:ObjectIdString>o</m:ObjectIdString><m:FolderType>0</m:FolderType>"
    "<m:Kind>5135ba21-f1dc-4321-806a-6ce2017343c0</m:Kind></m:FQID>"
)
WHOLE = f"""
<m:EventHeader><m:ID>{LINE_ID}</m:ID><m:Timestamp>2025-03-04T09:20:00.125Z</m:Timestamp><m:Class>Analytics</m:Class>
  <m:Type>FaceMatch</m:Type><m:Version>1.0</m:Version><m:Priority>2</m:Priority><m:PriorityName>Medium</m:PriorityName>
  <m:Name>Face recognised</m:Name><m:Message>UnknownPerson</m:Message><m:CustomTag>gate-3</m:CustomTag>
  <m:Source><m:Name>Yard</m:Name><m:Description>d</m:Description>{ITEM}</m:Source>
  <m:ExpireTimestamp>2026-01-01T00:00:00Z</m:ExpireTimestamp><m:MessageId>{SESSION}</m:MessageId></m:EventHeader>
<m:Description>Unknown person at gate</m:Description><m:StartTime>2025-03-04T09:20:00Z</m:StartTime>
<m:EndTime>0001-01-01T00:00:00</m:EndTime><m:Location>Gate 3</m:Location><m:State>4</m:State>
<m:StateName>In progress</m:StateName><m:Category>1</m:Category><m:CategoryName>Perimeter</m:CategoryName>
<m:AssignedTo>duty</m:AssignedTo><m:Count>3</m:Count>
<m:RuleList><m:Rule><m:ID>{SESSION}</m:ID><m:Name>line</m:Name><m:Type>crossing</m:Type></m:Rule></m:RuleList>
<m:ObjectList><m:Object><m:ID>{SESSION}</m:ID><m:Name>n</m:Name><m:Type>Person</m:Type><m:Confidence>0.75</m:Confidence>
  <m:Value>AB 123</m:Value><m:AlarmTrigger>true</m:AlarmTrigger><m:BoundingBox><m:Top>0.1</m:Top><m:Left>0.2</m:Left>
  <m:Bottom>0.3</m:Bottom><m:Right>0.4</m:Right></m:BoundingBox></m:Object></m:ObjectList>
<m:ReferenceList><m:Reference>{ITEM}</m:Reference><m:Reference i:nil="true"/></m:ReferenceList>
<m:SnapshotList><m:Snapshot><m:TimeOffset>-500</m:TimeOffset><m:Width>4</m:Width><m:Height>2</m:Height>
  <m:HasOverlay>true</m:HasOverlay><m:Image>QUJD</m:Image><m:Path>p</m:Path>{ITEM}</m:Snapshot></m:SnapshotList>
<m:Vendor><m:Name>ACME</m:Name><m:CustomData>&lt;x/&gt;</m:CustomData></m:Vendor>
"""


def whole(content: str | None) -> bytes:
    return reply(ALARM, "Get", content and without_spaces(content), attributes='xmlns:m="urn:milestone-systems"')
