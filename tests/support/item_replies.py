"""Replies of the Configuration API with one item in which every member is filled."""

from milestone_sdk._protocol.configuration import service as configurationapi
from milestone_sdk._protocol.configuration.items import DATA
from tests.support.soap_bodies import ARRAYS, reply

PROPERTY = (
    "<a:Property><a:DisplayName>Name</a:DisplayName><a:IsSettable>true</a:IsSettable>"
    "<a:ItemReference>false</a:ItemReference><a:Key>Name</a:Key>"
    '<a:SelectedValueTypeInfoName i:nil="true"/><a:ServerValidation>false</a:ServerValidation>'
    '<a:SortKey>100</a:SortKey><a:ToolTipTranslationId i:nil="true"/><a:TranslationId>PropertyName</a:TranslationId>'
    "<a:UIImportance>2</a:UIImportance><a:Value>Gates</a:Value><a:ValueType>String</a:ValueType>"
    "<a:ValueTypeInfos><a:ValueTypeInfo><a:Name>x</a:Name><a:TranslationId>t</a:TranslationId><a:Value>1</a:Value>"
    "</a:ValueTypeInfo></a:ValueTypeInfos></a:Property>"
)


def item_content(children: str = '<a:Children i:nil="true"/>') -> str:
    return (
        f"{children}<a:ChildrenFilled>true</a:ChildrenFilled><a:DisplayName>Gates</a:DisplayName>"
        "<a:EnableProperty><a:DisplayName>Enabled</a:DisplayName><a:Enabled>true</a:Enabled>"
        "<a:TranslationId>PropertyEnabled</a:TranslationId><a:UIToFollowEnabled>false</a:UIToFollowEnabled>"
        "</a:EnableProperty><a:ItemCategory>Item</a:ItemCategory><a:ItemType>CameraGroup</a:ItemType>"
        "<a:MethodIds><b:string>AddDeviceGroup</b:string></a:MethodIds><a:ParentPath>/CameraGroupFolder</a:ParentPath>"
        f"<a:Path>CameraGroup[1]</a:Path><a:Properties>{PROPERTY}</a:Properties>"
        '<a:ServerCookie>cookie</a:ServerCookie><a:SortKey>3</a:SortKey><a:UIHint i:nil="true"/>'
    )


def in_a_list(content: str) -> str:
    return f"<a:ConfigurationItem>{content}</a:ConfigurationItem>"


def item_reply(operation: str, content: str) -> bytes:
    scope = f'xmlns:a="{DATA}" xmlns:b="{ARRAYS}"'
    return reply(configurationapi.NAMESPACE, operation, content, attributes=scope)
