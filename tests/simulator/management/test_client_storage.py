"""Bookmarks, evidence locks, custom settings and views of the simulated ServerCommandService, in raw SOAP."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from milestone_sdk.simulator import Simulator
from tests.support.management_wire import (
    ARRAYS,
    SC,
    XSI,
    Wire,
    basic_auth,
    envelope,
    fault,
    local,
    request_element,
    texts,
    tree,
)

Factory = Callable[..., Simulator]
PROXY = "http://schemas.datacontract.org/2004/07/VideoOS.Common.Proxy.Server"
LOCK = "0d2f6c1e-7a55-4c0c-9f27-5a1f3f6b7e21"
NOBODY = "11111111-2222-3333-4444-555555555555"
MODIFIED = ("LastModifiedTime", "LastModifiedUser")
START = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Storage:
    """Calls with the corporate token put first."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.wire = Wire(sim)
        self.headers = self.wire.bearer()
        self.token = self.wire.login(self.headers)

    def post(self, operation: str, inner: str = "") -> Any:
        return self.wire.call(operation, f"<token>{self.token}</token>{inner}", headers=self.headers)

    def call(self, operation: str, inner: str = "") -> Any:
        """The result element, or None of a void operation."""
        answer = self.post(operation, inner)
        assert answer.status_code == 200, answer.text
        response = tree(answer)[0][0]
        return response[0] if len(response) else None

    def fault(self, operation: str, inner: str = "") -> str:
        return fault(self.post(operation, inner))[1]

    def bookmark(self, header: str, seconds: int, camera: str = "C1") -> str:
        """Create a bookmark; its id."""
        return texts(self.call("BookmarkCreate", content(self.sim, header, seconds, camera)), "Id")[0]


def text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def content(sim: Simulator, header: str, seconds: int = 0, camera: str = "C1") -> str:
    begin = START + timedelta(seconds=seconds)
    return (
        f"<deviceId>{sim.site.camera(camera).id}</deviceId><timeBegin>{text(begin)}</timeBegin>"
        f"<timeTrigged>{text(begin + timedelta(seconds=3))}</timeTrigged>"
        f"<timeEnd>{text(begin + timedelta(seconds=30))}</timeEnd><reference>no.7</reference>"
        f"<header>{header}</header><description>at the gate</description>"
    )


def guids(name: str, *ids: object) -> str:
    items = "".join(f"<a:guid>{key}</a:guid>" for key in ids)
    return f'<{name} xmlns:a="{ARRAYS}">{items}</{name}>'


def lock(sim: Simulator, *cameras: object, header: str = "Theft", key: str = LOCK, expires: str = "") -> str:
    devices = cameras or (sim.site.camera("C1").id,)
    return (
        f"<markedDataId>{key}</markedDataId>{guids('deviceIds', *devices)}<timeStart>{text(START)}</timeStart>"
        f"<timeTag>{text(START + timedelta(minutes=1))}</timeTag>"
        f"<timeEnd>{text(START + timedelta(minutes=2))}</timeEnd>"
        f"<reference>7</reference><header>{header}</header><description>case 12</description>"
        "<markedDataType>2</markedDataType><useRetention>true</useRetention>"
        f"<retentionExpire>{expires or '9999-12-31T23:59:59.9999999Z'}</retentionExpire>"
        "<retentionOption><RetentionOptionType>Indefinite</RetentionOptionType><RetentionUnits>-1</RetentionUnits>"
        "</retentionOption>"
    )


def names(element: Any) -> list[str]:
    return [local(child) for child in element]


@pytest.fixture
def at(simulator_factory: Factory) -> Iterator[Storage]:
    storage = Storage(simulator_factory(services=("management",), null_form="nil"))
    yield storage
    storage.wire.http.close()
    assert storage.sim.dropped == []


# Bookmarks


def test_a_bookmark_is_created_read_changed_and_deleted(at: Storage) -> None:
    camera = at.sim.site.camera("C1").id
    reference = at.call("BookmarkGetNewReference", f"<deviceId>{camera}</deviceId><live>true</live>")
    assert names(reference) == ["Reference", "Time"]
    made = at.call("BookmarkCreate", content(at.sim, "Intruder"))
    assert names(made) == [
        "Description", "DeviceId", "Header", "Id", "Reference", "TimeBegin", "TimeEnd", "TimeTrigged", "User",
    ]  # fmt: skip
    key = texts(made, "Id")[0]
    assert (texts(made, "User"), texts(made, "Reference")) == (["arc"], ["no.7"])
    assert texts(made, "TimeTrigged")[0].startswith("2026-03-04T12:00:03")
    read = at.call("BookmarkGet", f"<bookmarkId>{key}</bookmarkId>")
    assert texts(read, "Header") == ["Intruder"]
    at.call("BookmarkUpdate", f"<bookmarkId>{key}</bookmarkId>{content(at.sim, 'Postman', 60, 'C2')}")
    read = at.call("BookmarkGet", f"<bookmarkId>{key}</bookmarkId>")
    assert (texts(read, "Header"), texts(read, "DeviceId")) == (["Postman"], [str(at.sim.site.camera("C2").id)])
    assert at.call("BookmarkDelete", f"<bookmarkId>{key}</bookmarkId>") is None
    assert at.call("BookmarkGet", f"<bookmarkId>{key}</bookmarkId>").get(f"{{{XSI}}}nil") == "true"
    assert at.fault("BookmarkDelete", f"<bookmarkId>{key}</bookmarkId>") == "a:InternalServiceFault"


def search(time: datetime, count: int = 10, limit: str = "", more: str = "") -> str:
    return f"<time>{text(time)}</time>{limit}<countLimit>{count}</countLimit>{more}"


def limit(seconds: int) -> str:
    return f"<timeLimit><MicroSeconds>{seconds * 1_000_000}</MicroSeconds></timeLimit>"


def test_bookmarks_are_paged_from_a_time_and_from_a_bookmark(at: Storage) -> None:
    for second in (20, 0, 10):
        at.bookmark(f"b{second}", second)
    first = at.call("BookmarkSearchTime", search(START, 2))
    assert texts(first, "Header") == ["b0", "b10"]
    last = texts(first, "Id")[-1]
    rest = at.call("BookmarkSearchFromBookmark", f"<fromBookmarkId>{last}</fromBookmarkId><countLimit>2</countLimit>")
    assert texts(rest, "Header") == ["b20"]
    assert texts(at.call("BookmarkSearchTime", search(START, 9, limit(10))), "Header") == ["b0", "b10"]
    back = at.call("BookmarkSearchTime", search(START + timedelta(seconds=15), 9, limit(-3600)))
    assert texts(back, "Header") == ["b10", "b0"]
    assert at.fault("BookmarkSearchFromBookmark", f"<fromBookmarkId>{NOBODY}</fromBookmarkId>").startswith("a:")


def test_bookmarks_are_selected_by_device_kind_user_and_text(at: Storage) -> None:
    at.bookmark("Blue van", 0, "C1")
    at.bookmark("Red van", 1, "C2")
    strings = f'<optUsers xmlns:a="{ARRAYS}"><a:string>nobody</a:string></optUsers>'
    kinds = "<deviceTypes><MediaDeviceType>{}</MediaDeviceType></deviceTypes>"

    def headers(more: str, operation: str = "BookmarkSearchTime") -> list[str]:
        return texts(at.call(operation, search(START, more=more)), "Header")

    assert headers(guids("optDeviceIds", at.sim.site.camera("C2").id)) == ["Red van"]
    assert headers(kinds.format("Camera")) == ["Blue van", "Red van"]
    assert headers(kinds.format("Speaker")) == []
    assert headers(strings) == []
    assert headers("<optSearchStr>BLUE</optSearchStr>") == ["Blue van"]
    assert headers("<optSearchStr>gate</optSearchStr>") == ["Blue van", "Red van"]
    switches = "<optSearchStr>gate</optSearchStr><searchHeader>true</searchHeader>"
    assert headers(switches, "BookmarkSearchTime2") == []
    assert headers(switches + "<searchDescription>true</searchDescription>", "BookmarkSearchTime2") != []
    assert headers("<headerFilter>red</headerFilter>", "BookmarkSearchTime2") == ["Red van"]
    assert at.fault("BookmarkSearchTime", search(START, more=kinds.format("Door"))) == "a:DeserializationFailed"


@pytest.mark.parametrize("right", ["BookmarkAdd", "BookmarkEdit", "BookmarkDelete"])
def test_bookmarks_need_their_rights(at: Storage, right: str) -> None:
    key = at.bookmark("mine", 0)
    at.sim.site.users[0].rights[right] = False
    calls = {
        "BookmarkAdd": ("BookmarkCreate", content(at.sim, "x")),
        "BookmarkEdit": ("BookmarkUpdate", f"<bookmarkId>{key}</bookmarkId>{content(at.sim, 'x')}"),
        "BookmarkDelete": ("BookmarkDelete", f"<bookmarkId>{key}</bookmarkId>"),
    }
    assert at.fault(*calls[right]) == "s:51000"
    assert texts(at.call("BookmarkGet", f"<bookmarkId>{key}</bookmarkId>"), "Header") == ["mine"]


def test_bookmarks_of_a_camera_that_is_not_seen_are_not_seen(at: Storage) -> None:
    key = at.bookmark("hidden", 0)
    at.sim.site.users[0].visible = {at.sim.site.camera("C2").id}
    assert at.call("BookmarkGet", f"<bookmarkId>{key}</bookmarkId>").get(f"{{{XSI}}}nil") == "true"
    assert texts(at.call("BookmarkSearchTime", search(START)), "Header") == []
    assert at.fault("BookmarkCreate", content(at.sim, "x")) == "a:InternalServiceFault"


def test_bad_bookmarks_are_faults_and_store_nothing(at: Storage) -> None:
    camera = at.sim.site.camera("C1").id
    assert at.fault("BookmarkCreate", content(at.sim, "x").replace(str(camera), NOBODY)) == "a:InternalServiceFault"
    assert at.fault("BookmarkCreate", f"<deviceId>{camera}</deviceId>") == "a:InternalServiceFault"
    assert at.fault("BookmarkCreate", f"<deviceId>{camera}</deviceId><timeBegin>x</timeBegin>").endswith("Failed")
    answer = at.wire.call("BookmarkCreate", content(at.sim, "no token"), headers=at.headers)
    assert fault(answer)[1] == "s:51000"
    assert at.sim.bookmarks.stored == {}


def test_a_member_that_comes_late_is_dropped_in_silence(simulator_factory: Factory) -> None:
    at = Storage(simulator_factory(services=("management",)))
    description = "<description>at the gate</description>"
    late = content(at.sim, "x").replace(description, "").replace("<header>", description + "<header>")
    at.call("BookmarkCreate", late)
    [stored] = at.sim.bookmarks.stored.values()
    assert (stored.header, stored.description) == ("", "at the gate")
    assert at.sim.dropped == ["BookmarkCreate.header"]
    at.wire.http.close()


# Evidence locks


def test_an_evidence_lock_is_created_read_changed_and_deleted(at: Storage) -> None:
    camera = at.sim.site.camera("C1").id
    assert names(at.call("MarkedDataGetNewReference", guids("deviceId", camera))) == ["Reference", "Time"]
    made = at.call("MarkedDataCreate", lock(at.sim))
    assert names(made) == ["FaultDevices", "MarkedData", "Status", "WarningDevices"]
    assert names(made[1]) == [
        "Created", "Description", "DeviceIds", "EndTime", "Header", "Id", "LastModified", "Reference",
        "RetentionExpire", "RetentionOption", "RetentionSize", "StartTime", "TagTime", "UseRetention", "User",
    ]  # fmt: skip
    assert texts(made, "Status") == ["Success"]
    assert texts(made, "RetentionExpire")[0].startswith("9999-12-31T23:59:59")
    assert texts(made, "guid") == [str(camera)]
    assert texts(at.call("MarkedDataUpdate", lock(at.sim, header="Robbery")), "Status") == ["Success"]
    read = at.call("MarkedDataGet", f"<markedDataId>{LOCK}</markedDataId>")
    assert texts(read, "Header") == ["Robbery"]
    gone = at.call("MarkedDataDelete", guids("markedDataIds", LOCK, NOBODY))
    assert texts(gone, "Status") == ["Success", "MarkedDataNotFound"]
    assert at.call("MarkedDataGet", f"<markedDataId>{LOCK}</markedDataId>").get(f"{{{XSI}}}nil") == "true"


def test_evidence_locks_tell_by_their_status_what_went_wrong(at: Storage) -> None:
    camera, other = at.sim.site.camera("C1").id, at.sim.site.camera("C2").id
    at.sim.evidence_locks.failing_devices[other] = 7, "The recording server is down."

    def status(operation: str, inner: str) -> str:
        return texts(at.call(operation, inner), "Status")[0]

    assert status("MarkedDataUpdate", lock(at.sim)) == "MarkedDataNotFound"
    assert status("MarkedDataCreate", lock(at.sim, NOBODY)) == "Failed"
    partly = at.call("MarkedDataCreate", lock(at.sim, camera, other))
    assert texts(partly, "Status") == ["PartlySuccess"]
    assert (texts(partly[0], "DeviceId"), texts(partly[0], "ErrorCode")) == ([str(other)], ["7"])
    assert status("MarkedDataCreate", lock(at.sim)) == "Failed"
    at.sim.site.users[0].rights |= {"RetentionCreate": False, "RetentionRemove": False}
    assert status("MarkedDataCreate", lock(at.sim, key=NOBODY)) == "Unauthorized"
    assert status("MarkedDataUpdate", lock(at.sim)) == "Unauthorized"
    assert status("MarkedDataDelete", guids("markedDataIds", LOCK)) == "Unauthorized"
    assert len(at.sim.evidence_locks.stored) == 1


def test_evidence_locks_are_searched_sorted_and_paged(at: Storage) -> None:
    for number, header in enumerate(("b", "c", "a")):
        expires = f"2027-01-0{number + 1}T00:00:00Z"
        at.call("MarkedDataCreate", lock(at.sim, header=header, key=LOCK[:-1] + str(number), expires=expires))

    def headers(inner: str, page: str = "<pageIndex>0</pageIndex><pageSize>9</pageSize>", order: str = "Header") -> Any:
        tail = f"{page}<sortOrder>{order}</sortOrder><sortAscending>true</sortAscending>"
        return texts(at.call("MarkedDataSearch", inner + tail), "Header")

    assert headers("") == ["a", "b", "c"]
    assert headers("", "<pageIndex>1</pageIndex><pageSize>2</pageSize>") == ["c"]
    assert headers("", order="RetentionExpireTime") == ["b", "c", "a"]
    assert headers("<searchText>CASE</searchText>") == ["a", "b", "c"]
    assert headers("<searchText>a</searchText>", order="Header") == ["a", "b", "c"]  # the user is arc
    assert headers(guids("deviceIds", at.sim.site.camera("C2").id)) == []
    unset, late = "0001-01-01T00:00:00", text(START + timedelta(hours=1))
    assert headers(f"<markedDataFromTime>{late}</markedDataFromTime>") == []
    assert headers(f"<markedDataFromTime>{unset}</markedDataFromTime><markedDataToTime>{late}</markedDataToTime>") != []
    assert headers("<retentionExpireTo>2027-01-01T12:00:00Z</retentionExpireTo>") == ["b"]
    switches = "<searchText>a</searchText><searchHeader>true</searchHeader>"
    tail = "<pageIndex>0</pageIndex><pageSize>9</pageSize>"
    assert texts(at.call("MarkedDataSearch2", switches + tail), "Header") == ["a"]
    assert at.fault("MarkedDataSearch", tail + "<sortOrder>Colour</sortOrder>") == "a:DeserializationFailed"


# Custom settings, views, profile


def setting(xml: str, version: int, *, force: bool = False) -> str:
    data = f"<p:CustomSettingDataXml>{xml}</p:CustomSettingDataXml><p:DataVersion>{version}</p:DataVersion>"
    return (
        f'<customSettingId>{LOCK}</customSettingId><customSettingData xmlns:p="{PROXY}">{data}</customSettingData>'
        f"<forceOverride>{str(force).lower()}</forceOverride>"
    )


@pytest.mark.parametrize("which", ["Global", "User", "Global2", "User2"])
def test_a_custom_setting_is_kept_with_its_version(at: Storage, which: str) -> None:
    get, put = f"GetCustomSettingData{which}", f"SetCustomSettingData{which}"
    assert at.call(get, f"<customSettingId>{LOCK}</customSettingId>").get(f"{{{XSI}}}nil") == "true"
    assert at.call(put, setting('&lt;a b="1"/&gt;', 0)).text == "Success"
    stored = at.call(get, f"<customSettingId>{LOCK}</customSettingId>")
    assert [child.tag for child in stored] == [f"{{{PROXY}}}CustomSettingData", f"{{{PROXY}}}CustomSettingInfo"]
    assert [child.tag for child in stored[0]] == [f"{{{PROXY}}}CustomSettingDataXml", f"{{{PROXY}}}DataVersion"]
    assert [child.tag for child in stored[1]] == [
        f"{{{SC}}}{n}" for n in ("Id", "LastModifiedTime", "LastModifiedUser")
    ]
    assert (stored[0][0].text, stored[0][1].text) == ('<a b="1"/>', "1")
    assert at.call(put, setting("other", 0)).text == "ModifiedError"
    assert at.call(put, setting("other", 1)).text == "Success"
    assert at.call(put, setting("third", 0, force=True)).text == "Success"
    assert texts(at.call(get, f"<customSettingId>{LOCK}</customSettingId>"), "CustomSettingDataXml") == ["third"]
    other = "User" if which.startswith("Global") else "Global"
    assert at.call(f"GetCustomSettingData{other}", f"<customSettingId>{LOCK}</customSettingId>").text is None


def test_a_document_stands_inline_on_asmx(at: Storage) -> None:
    windows = next(user for user in at.sim.site.users if user.kind == "windows")

    def post(operation: str, inner: str) -> Any:
        return tree(
            at.wire.post(
                "/ServerAPI/ServerCommandService.asmx",
                envelope(request_element(operation, inner)),
                f"{SC}/{operation}",
                auth=basic_auth(windows.name, windows.password),
            )
        )

    token = f"<token>{texts(post('Login', f'<instanceId>{LOCK}</instanceId>'), 'Token')[0]}</token>"
    data = '<DataVersion>0</DataVersion><CustomSettingDataXml><a xmlns="" b="1">x &amp; y</a></CustomSettingDataXml>'
    put = f"{token}<customSettingId>{LOCK}</customSettingId><customSettingData>{data}</customSettingData>"
    assert texts(post("SetCustomSettingDataUser", put), "SetCustomSettingDataUserResult") == ["Success"]
    got = post("GetCustomSettingDataUser", f"{token}<customSettingId>{LOCK}</customSettingId>")
    result = got[0][0][0]
    assert names(result) == ["CustomSettingInfo", "CustomSettingData"]
    assert names(result[1]) == ["DataVersion", "CustomSettingDataXml"]
    assert (result[1][1][0].tag, result[1][1][0].text) == ("a", "x & y")


def test_views_are_listed_read_and_written(at: Storage) -> None:
    [group] = at.call("GetViewGroups")
    assert names(group) == ["Id", "LastModifiedTime", "LastModifiedUser", "Name", "ReadOnly", "ViewGroupType"]
    key = f"<viewGroupId>{texts(group, 'Id')[0]}</viewGroupId>"
    read = at.call("GetViewGroupData", key)
    assert [child.tag for child in read] == [f"{{{PROXY}}}ViewGroupData", f"{{{PROXY}}}ViewGroupInfo"]
    data = (
        '<viewGroupdata xmlns:p="{0}"><p:DataVersion>{1}</p:DataVersion><p:ViewGroupDataXml>&lt;v/&gt;'
        "</p:ViewGroupDataXml><p:XmlVersion>1</p:XmlVersion></viewGroupdata>"
    )
    assert at.call("SetViewGroupData", key + data.format(PROXY, 1)).text == "Success"
    assert at.call("SetViewGroupData", key + data.format(PROXY, 1)).text == "ModifiedError"
    assert texts(at.call("GetViewGroupData", key), "ViewGroupDataXml") == ["<v/>"]
    assert texts(at.call("GetViewGroups"), "LastModifiedUser") == ["arc"]
    at.sim.client_settings.view_groups[0].read_only = True
    assert at.call("SetViewGroupData", key + data.format(PROXY, 2)).text == "ReadOnlyError"
    unknown = f"<viewGroupId>{NOBODY}</viewGroupId>"
    assert at.call("SetViewGroupData", unknown + data.format(PROXY, 1)).text == "UnspecifiedError"
    assert at.call("GetViewGroupData", unknown).get(f"{{{XSI}}}nil") == "true"


@pytest.mark.parametrize("suffix", ["", "2", "3"])
def test_the_client_profile_with_and_without_its_settings(at: Storage, suffix: str) -> None:
    without = at.call(f"GetClientProfile{suffix}", "<withSetting>false</withSetting>")
    assert names(without)[-2:] == ["Name", "SettingsLastModified"]
    assert texts(without, "Key") == []
    whole = at.call(f"GetClientProfile{suffix}", "<withSetting>true</withSetting>")
    assert names(whole[0][0]) == ["Key", "Locked", "Value"]


# Presets, and what a Smart Client asks besides


def test_presets_are_made_renamed_moved_ordered_and_deleted(simulator_factory: Factory) -> None:
    at = Storage(simulator_factory(services=("management", "recorder")))
    camera = at.sim.site.camera("C2")
    device = f"<deviceId>{camera.id}</deviceId>"
    assert at.fault("CreatePreset", f"{device}<name>Gate</name>") == "s:51000"
    at.sim.site.users[0].rights["ManagePresets"] = True
    key = at.call("CreatePreset", f"{device}<name>Gate</name>").text
    assert texts(at.call("GetPresets", device), "Name") == ["Door", "Yard", "Gate"]
    at.call("UpdatePresetName", f"<id>{key}</id>{device}<newName>Main gate</newName>")
    at.call("UpdatePresetPosition", f"<id>{key}</id>{device}")
    at.call("OrderPresets", device + guids("ids", key))
    assert texts(at.call("GetPresets", device), "Name") == ["Main gate", "Door", "Yard"]
    assert at.fault("CreatePreset", f"{device}<name>door</name>") == "a:InternalServiceFault"
    at.call("DeletePreset", f"<id>{key}</id>{device}")
    assert at.fault("DeletePreset", f"<id>{key}</id>{device}") == "a:InternalServiceFault"
    assert [preset.name for preset in camera.presets] == ["Door", "Yard"]
    assert at.fault("CreatePreset", content(at.sim, "C1")) == "a:InternalServiceFault"
    at.wire.http.close()


def test_the_offered_client_and_plug_ins(at: Storage) -> None:
    offered = tree(at.wire.call("GetSmartClientVersion", headers=at.headers))[0][0][0]
    assert (texts(offered, "Major"), texts(offered, "ForceUpgrade")) == (["25"], ["false"])
    old = at.wire.call("CheckSmartClientVersion", "<major>20</major><minor>3</minor>", headers=at.headers)
    assert texts(tree(old), "ForceUpgrade") == ["true"]
    plugin = f"<PluginIntegration><IntegrationId>{LOCK}</IntegrationId><IntegrationName>P</IntegrationName>"
    listed = f"<pluginIntegrations>{plugin}</PluginIntegration></pluginIntegrations>"
    kind = "<instanceId>x</instanceId><integrationType>Client</integrationType>"
    at.call("RegisterPluginIntegrations", kind + listed)
    assert [(entry.name, str(entry.integration_id)) for entry in at.sim.integrations] == [("P", LOCK)]
    assert names(at.call("AlertsGetAroundWithSpan")) == []
    assert at.fault("MatrixMonitorActivateCamera") == "a:InternalServiceFault"
    assert at.fault("RegisterPluginIntegrations", "<integrationType>X</integrationType>") == "a:DeserializationFailed"
