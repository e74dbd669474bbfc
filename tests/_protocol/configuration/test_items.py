"""Items between XML and models: what is read goes back as it came."""

import re
from datetime import UTC, date, datetime, time
from itertools import permutations
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from milestone_sdk._protocol.configuration import service as configurationapi
from milestone_sdk._protocol.configuration.items import DATA, MAX_DEPTH, ItemReader, item_element
from milestone_sdk._protocol.soap.rows import pattern_of
from milestone_sdk._protocol.soap.values import XMLSCHEMA_INSTANCE as XSI
from milestone_sdk.errors import (
    ConfigurationError,
    InvalidItem,
    ItemNotFound,
    LicenseRequired,
    MilestoneError,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    UnsupportedFeature,
)
from milestone_sdk.models import (
    ConfigurationItem,
    EnableProperty,
    ItemFilter,
    ItemPath,
    ItemProperties,
    ItemProperty,
    PropertyDefinition,
    PropertyFilter,
    ValueTypeInfo,
)
from tests.support.soap_bodies import ARRAYS, fault, reply

SERVICE = configurationapi.NAMESPACE
FAULTS = "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI.ConfigurationFaultException"
SCOPE = f'xmlns:a="{DATA}" xmlns:b="{ARRAYS}"'
CAMERA = "Camera[6c1f2a7e-0b7d-4f39-9a55-1d5b0c9f3e01]"

words = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
some_words = st.none() | words.filter(bool)
nullable = st.none() | words
choices = st.builds(ValueTypeInfo, some_words, some_words, some_words)
definitions = st.builds(
    PropertyDefinition,
    key=words.filter(bool),
    display_name=some_words,
    value_type=st.sampled_from(["String", "Int", "Tick", "Enum", "Path", "Array", "Novelty", None]),
    settable=st.booleans(),
    is_reference=st.booleans(),
    server_validation=st.booleans(),
    importance=st.integers(-5, 5),
    sort_key=st.integers(-(2**31), 2**31 - 1),
    translation_id=some_words,
    tooltip_translation_id=some_words,
    selected_value_type_info_name=some_words,
    choices=st.lists(choices, max_size=3).map(tuple),
)
properties = st.builds(
    ItemProperty, definitions, nullable, st.none() | st.lists(words.filter(bool), min_size=1, max_size=3).map(tuple)
)
leaves = st.builds(
    ConfigurationItem,
    path=words,
    item_type=words,
    display_name=some_words,
    parent_path=some_words,
    category=some_words,
    enable=st.none()
    | st.builds(
        EnableProperty,
        enabled=st.booleans(),
        display_name=some_words,
        translation_id=some_words,
        ui_to_follow_enabled=st.booleans(),
    ),
    properties=st.lists(properties, max_size=4).map(ItemProperties.of),
    children_filled=st.booleans(),
    method_ids=st.lists(words, max_size=3).map(tuple),
    sort_key=st.integers(-(2**31), 2**31 - 1),
    ui_hint=nullable,
    server_cookie=nullable,
)
items = st.recursive(
    leaves,
    lambda inner: st.tuples(leaves, st.lists(inner, max_size=3)).map(
        lambda pair: ConfigurationItem(
            **{name: getattr(pair[0], name) for name in ("path", "item_type", "properties", "server_cookie")},
            children=tuple(pair[1]),
        )
    ),
    max_leaves=6,
)


def read(content: str) -> ConfigurationItem:
    """What `GetItem` makes of the members of an item."""
    return configurationapi.get_item("/").decode(reply(SERVICE, "GetItem", content, attributes=SCOPE))


def a_property(key: str, value: str = "<a:Value>x</a:Value>", *, kind: str = "String", more: str = "") -> str:
    return (
        "<a:Property><a:DisplayName/><a:IsSettable>true</a:IsSettable><a:ItemReference>false</a:ItemReference>"
        f"<a:Key>{key}</a:Key>{value}<a:ValueType>{kind}</a:ValueType>{more}</a:Property>"
    )


@given(items)
def test_what_is_written_is_read_again(item: ConfigurationItem) -> None:
    element = etree.fromstring(item_element("item", item))
    assert ItemReader().item(element) == item


@given(st.lists(leaves, max_size=8))
def test_items_of_one_document_are_read_like_single_ones(several: list[ConfigurationItem]) -> None:
    content = "".join(item_element("a:ConfigurationItem", item) for item in several * 2)
    body = reply(SERVICE, "GetChildItems", content, attributes=SCOPE)
    found = configurationapi.get_child_items("/").decode(body)
    assert list(found) == several * 2


@given(items)
def test_members_are_written_in_the_order_of_the_alphabet(item: ConfigurationItem) -> None:
    for element in etree.fromstring(item_element("item", item)).iter(f"{{{DATA}}}*"):
        names = [etree.QName(child).localname for child in element]
        if len(set(names)) == len(names):
            assert names == sorted(names)


def test_a_camera_as_servers_tell_it() -> None:
    camera = read(
        '<a:Children i:nil="true"/><a:ChildrenFilled>false</a:ChildrenFilled><a:DisplayName>Gate 3</a:DisplayName>'
        "<a:EnableProperty><a:DisplayName>Enabled</a:DisplayName><a:Enabled>false</a:Enabled>"
        "<a:TranslationId>PropertyEnabled</a:TranslationId><a:UIToFollowEnabled>false</a:UIToFollowEnabled>"
        "</a:EnableProperty><a:ItemCategory>Item</a:ItemCategory><a:ItemType>Camera</a:ItemType>"
        "<a:MethodIds><b:string>RetrieveEdgeStorage</b:string><b:string>JpegGetLive</b:string></a:MethodIds>"
        "<a:ParentPath>Hardware[9b3d6f52-1c4a-4f0a-b1d2-6e7f8a9b0c1d]/CameraFolder</a:ParentPath>"
        f"<a:Path>{CAMERA}</a:Path><a:Properties>"
        + a_property("Name", "<a:Value>Gate 3</a:Value>")
        + a_property("Channel", "<a:Value>2</a:Value>", kind="Int")
        + a_property("Description", "<a:Value/>")
        + a_property("ShortName", '<a:Value i:nil="true"/>')
        + '</a:Properties><a:ServerCookie i:nil="true"/><a:SortKey>7</a:SortKey><a:UIHint i:nil="true"/>'
    )
    assert camera.id == UUID("6c1f2a7e-0b7d-4f39-9a55-1d5b0c9f3e01")
    assert camera.enabled is False
    assert camera.name == "Gate 3"
    assert camera.value("channel") == 2
    assert (camera.text("Description"), camera.text("ShortName"), camera.text("Absent")) == ("", None, None)
    assert camera.parent == ItemPath.parse("hardware[9B3D6F52-1C4A-4F0A-B1D2-6E7F8A9B0C1D]")
    assert camera.has_method("JpegGetLive")
    assert not camera.is_folder
    assert camera.sort_key == 7


def test_items_of_a_kind_share_what_their_properties_are() -> None:
    row = "<a:ConfigurationItem><a:Path>{}</a:Path><a:Properties>{}</a:Properties></a:ConfigurationItem>"
    content = "".join(
        row.format(number, a_property("Name", f"<a:Value>{number}</a:Value>") + a_property("Id")) for number in range(3)
    )
    found = configurationapi.get_child_items("/").decode(reply(SERVICE, "GetChildItems", content, attributes=SCOPE))
    assert [item.text("Name") for item in found] == ["0", "1", "2"]
    assert len({id(item.properties.schema) for item in found}) == 1


def test_what_is_not_known_goes_back_in_its_place() -> None:
    item = read(
        "<a:Anchor><a:Deep>1</a:Deep></a:Anchor><a:ItemType>Camera</a:ItemType><a:Path>p</a:Path>"
        "<a:Properties>" + a_property("Name", more="<a:Zoo>z</a:Zoo>") + "</a:Properties><a:Rust>r</a:Rust>"
    )
    assert [name for name, _ in item.extra] == ["Anchor", "Rust"]
    written = etree.fromstring(item_element("item", item))
    names = [etree.QName(child).localname for child in written]
    assert names == sorted(names)
    assert written.findtext(f"{{{DATA}}}Anchor/{{{DATA}}}Deep") == "1"
    assert written.findtext(f"{{{DATA}}}Properties/{{{DATA}}}Property/{{{DATA}}}Zoo") == "z"


def test_an_array_lies_beside_the_value() -> None:
    array = "<a:Value/><a:ValueArray><b:string>Camera</b:string><b:string/></a:ValueArray>"
    item = read(f"<a:Path>p</a:Path><a:Properties>{a_property('SourceArray', array, kind='Array')}</a:Properties>")
    assert item.value("SourceArray") == ("Camera", "")
    assert b"ValueArray" in configurationapi.set_item(item).body


@pytest.mark.parametrize("order", list(permutations(["nil", "empty", "one"])), ids="-".join)
def test_arrays_of_items_of_a_kind_are_told_apart(order: tuple[str, ...]) -> None:
    arrays: dict[str, tuple[str, tuple[str, ...] | None]] = {
        "nil": ('<a:ValueArray i:nil="true"/>', None),
        "empty": ("<a:ValueArray/>", ()),
        "one": ("<a:ValueArray><b:string>Camera</b:string></a:ValueArray>", ("Camera",)),
    }
    rows = [a_property("SourceArray", f"<a:Value/>{arrays[name][0]}", kind="Array") for name in order]
    content = "".join(
        f"<a:ConfigurationItem><a:Path>p</a:Path><a:Properties>{row}</a:Properties></a:ConfigurationItem>"
        for row in rows
    )
    found = configurationapi.get_child_items("/").decode(reply(SERVICE, "GetChildItems", content, attributes=SCOPE))
    assert [item.properties["SourceArray"].array for item in found] == [arrays[name][1] for name in order]


@pytest.mark.parametrize("nothing", ['<a:Children i:nil="true"/>', "<a:Children/>", ""])
def test_no_children(nothing: str) -> None:
    assert read(f"{nothing}<a:Path>p</a:Path>").children == ()


@pytest.mark.parametrize("children", ['<a:Children i:nil="true"/>', "<a:Children/>"], ids=["null", "empty"])
def test_no_children_go_back_as_they_came(children: str) -> None:
    item = read(f"{children}<a:ChildrenFilled>true</a:ChildrenFilled><a:Path>p</a:Path>").with_values()
    written = etree.fromstring(item_element("item", item)).find(f"{{{DATA}}}Children")
    assert written is not None
    assert ("nil" in "".join(written.attrib)) == ("nil" in children)
    with_a_child = evolve(item, children=(item,))
    assert ItemReader().item(etree.fromstring(item_element("item", with_a_child))).children == (item,)


def test_a_member_of_another_kind_does_not_displace_one_of_its_name() -> None:
    item = read('<x:Path xmlns:x="urn:other">/elsewhere</x:Path><a:Path>p</a:Path>')
    assert ItemReader().item(etree.fromstring(item_element("item", item))).path == "p"


@pytest.mark.parametrize("content", [None, ""])
def test_no_list_is_no_items(content: str | None) -> None:
    body = reply(SERVICE, "GetChildItems", content)
    assert configurationapi.get_child_items("/").decode(body) == ()


def test_no_item_is_an_error_of_its_own() -> None:
    with pytest.raises(ItemNotFound):
        configurationapi.get_item("Camera[1]").decode(reply(SERVICE, "GetItem", None))


def test_items_within_items_have_an_end() -> None:
    content = "<a:Path>p</a:Path>"
    for _ in range(MAX_DEPTH + 2):
        content = f"<a:Children><a:ConfigurationItem>{content}</a:ConfigurationItem></a:Children><a:Path>p</a:Path>"
    with pytest.raises(RemoteProtocolError, match="nested"):
        read(content)


def item_row(number: int) -> str:
    texts = (
        ("DisplayName", "Name"),
        ("Key", "Name"),
        ("TranslationId", ""),
        ("Value", f"Camera {number}"),
        ("ValueType", "String"),
    )
    members = "".join(f"<a:{name}>{text}</a:{name}>" for name, text in texts)
    properties = f"<a:Properties><a:Property>{members}</a:Property></a:Properties>"
    return f"<a:ConfigurationItem><a:Path>Camera[{number}]</a:Path>{properties}</a:ConfigurationItem>"


@pytest.mark.parametrize("array", ["", 'i:nil="true" {}', '{} i:nil="true"', "{}"])
def test_a_list_of_properties_matches_its_own_pattern(array: str) -> None:
    """As .NET writes it: null in front of the declaration of another namespace, or behind it."""
    declared = array.format(f'xmlns:b="{ARRAYS}"')
    content = f"<a:Property><a:Key>k</a:Key><a:Value>v</a:Value><a:ValueArray {declared}/></a:Property>"
    source = f"<a:Properties>{content}</a:Properties>".replace(" />", "/>")
    rows = etree.fromstring(f'<x xmlns:a="{DATA}" xmlns:i="{XSI}">{source}</x>')[0]
    pattern = pattern_of(rows)
    assert pattern is not None
    assert re.fullmatch(pattern, source)


@pytest.mark.parametrize("at", [0, 17, 39])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "<a:TranslationId></a:TranslationId><a:Value>{0}</a:Value>",
            "<a:Value></a:Value><a:TranslationId>{0}</a:TranslationId>",
        ),
        ("<a:Value>{0}</a:Value>", "<a:Values>{0}</a:Values>"),
        ("<a:Value>{0}</a:Value>", "<a:Value xmlns:a='urn:x'>{0}</a:Value>"),
        (
            "<a:DisplayName>Name</a:DisplayName><a:Key>Name</a:Key>",
            "<a:Key>Name</a:Key><a:DisplayName>Name</a:DisplayName>",
        ),
        ("<a:TranslationId></a:TranslationId>", "<a:ToolTipTranslationId></a:ToolTipTranslationId>"),
        ("<a:DisplayName>Name</a:DisplayName>", "<a:DisplayName2>Name</a:DisplayName2>"),
    ],
)
def test_no_item_is_read_by_the_shape_of_another(at: int, old: str, new: str) -> None:
    rows = [item_row(number) for number in range(40)]
    name = f"Camera {at}"
    assert old.format(name) in rows[at]
    rows[at] = rows[at].replace(old.format(name), new.format(name))

    def items(*rows: str) -> tuple[ConfigurationItem, ...]:
        return configurationapi.get_child_items("/").decode(
            reply(SERVICE, "GetChildItems", "".join(rows), attributes=SCOPE)
        )

    assert items(*rows) == tuple(item for row in rows for item in items(row))


@pytest.mark.parametrize(
    "content",
    [
        "<a:SortKey>many</a:SortKey>",
        "<a:ChildrenFilled>perhaps</a:ChildrenFilled>",
        "<a:EnableProperty><a:Enabled>perhaps</a:Enabled></a:EnableProperty>",
    ],
    ids=["number", "flag", "switch"],
)
def test_one_unreadable_value_of_an_item(content: str) -> None:
    found = read(f"{content}<a:Path>Camera[1]</a:Path>")
    assert (found.path, found.sort_key, found.children_filled, found.enabled) == ("Camera[1]", 0, False, None)


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        ("PathNotFoundExceptionFault", "<Message>gone</Message>", ItemNotFound),
        ("UnauthorizedAccessFault", "<Message>no</Message>", PermissionDenied),
        ("NotSupportedExceptionFault", "<Message>no</Message>", UnsupportedFeature),
        ("LicenseExceptionFault", "<Message>too many</Message>", LicenseRequired),
        ("ArgumentExceptionFault", "<ArgumentName>path</ArgumentName><Message>bad</Message>", InvalidItem),
        ("ArgumentNullExceptionFault", "<ArgumentName>path</ArgumentName><Message>bad</Message>", InvalidItem),
        ("ServerExceptionFault", "<Message>oops</Message><Type>System.Exception</Type>", ServerFault),
        ("ServerExceptionFault", "<Message>oops</Message>", ServerFault),
        (
            "ServerExceptionFault",
            "<Message>no</Message><Type>System.UnauthorizedAccessException</Type>",
            PermissionDenied,
        ),
        ("ServerExceptionFault", "<Message>no</Message><Type>VideoOS.LicenseException</Type>", LicenseRequired),
        ("ServerExceptionFault", "<Message>no</Message><Type>System.NotSupportedException</Type>", UnsupportedFeature),
        ("ServerExceptionFault", "<Message>no</Message><Type>System.ArgumentException</Type>", ServerFault),
        ("NoveltyFault", "", ServerFault),
    ],
)
def test_faults(name: str, members: str, expected: type[MilestoneError]) -> None:
    detail = f'<detail><{name} xmlns="{FAULTS}">{members}</{name}></detail>'
    body = fault(f"<faultcode>s:Client</faultcode><faultstring>It failed</faultstring>{detail}")
    with pytest.raises(expected) as caught:
        configurationapi.get_item("/").decode(body)
    assert type(caught.value) is expected
    if isinstance(caught.value, InvalidItem):
        assert caught.value.problems == (("path", "bad"),)
    if isinstance(caught.value, ServerFault):
        assert caught.value.code == name.removesuffix("Fault").removesuffix("Exception")


def test_a_question_in_the_order_of_the_contract() -> None:
    wanted = ItemFilter(item_type="Camera", enable="Enabled", conditions=[PropertyFilter("Name", "Contains", "a&b")])
    body = configurationapi.query_items(wanted, limit=5).body.decode()
    order = ["<itemFilter", "EnableFilter>Enabled", "ItemType>Camera", "Key>Name", "Operator>Contains", "Value>a&amp;b"]
    places = [body.index(part) for part in [*order, "<maxResult>5"]]
    assert places == sorted(places)


VALUES = [
    ("Tick", "True", True),
    ("Tick", "0", False),
    ("Int", "-7", -7),
    ("Slider", "3", 3),
    ("Progress", "100", 100),
    ("Double", "4.57200000001829", 4.57200000001829),
    ("DateTime", "2025-10-27T15:03:52.8070000Z", datetime(2025, 10, 27, 15, 3, 52, 807000, UTC)),
    ("DateTime", "0001-01-01T00:00:00.0000000", None),
    ("Date", "2025-10-27", date(2025, 10, 27)),
    ("Time", "23:59:01", time(23, 59, 1)),
    ("Path", CAMERA, ItemPath.parse(CAMERA)),
    ("Path", "", None),
    ("PathList", f"{CAMERA},/CameraFolder; /", (ItemPath.parse(CAMERA), ItemPath.parse("/CameraFolder"), ItemPath())),
    ("Enum", "h264", "h264"),
    ("Novelty", "§", "§"),
    ("String", "", ""),
]


@pytest.mark.parametrize(("kind", "text", "expected"), VALUES)
def test_values_by_their_type(kind: str, text: str, expected: object) -> None:
    item = read(
        f"<a:Path>p</a:Path><a:Properties>{a_property('X', f'<a:Value>{text}</a:Value>', kind=kind)}</a:Properties>"
    )
    found = item.properties["x"]
    assert found.value == expected
    assert type(found.value) is type(expected)
    assert found.raw == text


@pytest.mark.parametrize("kind", ["Tick", "Int", "Double", "DateTime", "Date", "Time", "Path", "PathList"])
@given(text=words.filter(lambda text: not text.strip().isdecimal()))
def test_a_text_that_is_not_of_its_type_stays_what_it_is(kind: str, text: str) -> None:
    found = ItemProperty(PropertyDefinition(key="X", value_type=kind), text)
    value = found.value
    assert value == text or value is None or value == () or kind in ("Tick", "Path", "PathList", "Double")


def an_item(kind: str, raw: str | None, *choices: ValueTypeInfo, key: str = "X") -> ConfigurationItem:
    definition = PropertyDefinition(key=key, value_type=kind, choices=choices)
    return ConfigurationItem(path="p", properties=ItemProperties.of([ItemProperty(definition, raw)]))


@pytest.mark.parametrize(
    ("kind", "before", "value", "expected"),
    [
        ("Tick", "True", False, "False"),
        ("Tick", "1", False, "0"),
        ("Tick", "false", True, "true"),
        ("Tick", "False", 1, "True"),
        ("Int", "1", 2, "2"),
        ("Slider", "1", 2.0, "2"),
        ("Double", "1.0", 0.25, "0.25"),
        ("DateTime", None, datetime(2025, 11, 3, 5, tzinfo=UTC), "2025-11-03T05:00:00.0000000Z"),
        ("Path", None, ItemPath.parse(CAMERA), CAMERA),
        ("PathList", None, [CAMERA, ItemPath.parse("/CameraFolder")], f"{CAMERA};/CameraFolder"),
        ("String", "x", None, None),
        ("String", "", UUID("6c1f2a7e-0b7d-4f39-9a55-1d5b0c9f3e01"), "6c1f2a7e-0b7d-4f39-9a55-1d5b0c9f3e01"),
    ],
)
def test_other_values_in_the_servers_form(kind: str, before: str | None, value: object, expected: str | None) -> None:
    assert an_item(kind, before).with_values(x=value).text("X") == expected


def test_half_a_number_is_no_whole_one() -> None:
    with pytest.raises(ConfigurationError, match="whole number"):
        an_item("Int", "1").with_values(X=1.5)


def test_a_choice_by_its_value_or_its_name() -> None:
    codec = an_item("Enum", "jpeg", ValueTypeInfo("JPEG", "jpeg"), ValueTypeInfo("H.264", "h264"))
    assert codec.with_values(X="H.264").text("X") == "h264"
    with pytest.raises(ConfigurationError, match="h264"):
        codec.with_values(X="h266")


def test_a_driver_setting_by_its_name() -> None:
    item = an_item("Int", "8", key="stream:0.0.0/FPS/6527c12a-06f1-4f58-a2fe-6640c61707e0")
    assert item.with_values(fps=25).value("stream:0.0.0/FPS/6527c12a-06f1-4f58-a2fe-6640c61707e0") == 25


def test_a_property_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match="there are Name"):
        an_item("String", "a", key="Name").with_values(Nam="b")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="zone"):
        an_item("DateTime", None).with_values(X=datetime(2025, 1, 1))


@pytest.mark.parametrize("key", ["Password", "NewPassword", "ClientSecret"])
def test_a_password_is_not_shown(key: str) -> None:
    item = an_item("String", "hunter2", key=key)
    shown = [repr(item), repr(item.properties), repr(item.properties[key]), str(item.properties.rows())]
    assert "hunter2" not in " ".join(shown)
    assert item.properties[key].raw == "hunter2"


@pytest.mark.parametrize("broken", ["<a:Value>hunter2 and more</a:Value><a:ValueType>", "<a:Value>hunter2 and more"])
def test_a_password_is_not_in_the_sample_of_a_broken_reply(broken: str) -> None:
    row = f"<a:Property><a:Key>Password</a:Key><a:SortKey>100</a:SortKey>{broken}"
    body = reply(SERVICE, "InvokeMethod", f"<a:Properties>{row}", attributes=SCOPE)
    with pytest.raises(RemoteProtocolError) as caught:
        configurationapi.invoke_method(an_item("String", ""), "ReadPasswordHardware").decode(body)
    assert caught.value.sample
    assert "more" not in caught.value.sample + repr(caught.value)


@pytest.mark.parametrize("text", ["", "Camera", "Camera[", "a/b/c", "RecordingServer[1]/HardwareFolder/Hardware[2]"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ConfigurationError):
        ItemPath.parse(text)


@pytest.mark.parametrize("text", ["/", "/CameraGroupFolder", "Task[33]", CAMERA, f"{CAMERA}/StreamFolder"])
def test_paths_are_written_as_they_are_read(text: str) -> None:
    assert str(ItemPath.parse(text)) == text
    assert ItemPath.parse(text.upper().replace("FOLDER", "Folder")) == ItemPath.parse(text)
    assert len({ItemPath.parse(text), ItemPath.parse(text.replace("c", "C"))}) == 1
