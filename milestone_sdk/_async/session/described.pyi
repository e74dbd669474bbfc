# Generated from the descriptions in milestone_sdk/wsdl by tests/tools/stubs.py: do not change.
# ruff: noqa
# fmt: off

"""The operations of each service."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ..._protocol.soap import records

class AsyncServerCommandOperations:
    async def GetVersion(self) -> int | None:
        """Return the version of the interface; what real servers return is not known."""
    async def GetServerVersion(self) -> str | None:
        """Return the version of the server as text; the form of the text is not known."""
    async def GetProductInfo(self) -> records.ProductInfo | None:
        """Return product, version and build: the best source of the version over SOAP."""
    async def GetSystemLicenseInfo(self) -> records.SystemLicenseInfo | None:
        """Return the licence of the site."""
    async def GetSmartClientVersion(self) -> records.SmartClientVersion | None:
        """Return the version of Smart Client that the server offers."""
    async def CheckSmartClientVersion(self, major: int = ..., minor: int = ..., revision: str | None =
        ...) -> records.SmartClientVersion | None:
        """Compare a version of Smart Client with the one that the server offers."""
    async def IsOnline(self) -> bool | None:
        """Return whether the server is online: true."""
    async def Login(self, instanceId: UUID | str = ..., currentToken: str | None = ...) -> records.LoginInfo | None:
        """Register a client instance, and get or renew its corporate token. The client does this by itself."""
    async def Logout(self, instanceId: UUID | str = ..., currentToken: str | None = ...) -> None:
        """End the registration of an instance and its token."""
    async def Authorize(self, userDomainName: str | None = ..., type: str = ...) -> str | None:
        """Check the log-on of a second user (two-person log-in, supervisor) [inferred]; returns a text."""
    async def GetUserInfo(self, *, token: str = ...) -> records.ServerCommandUserInfo | None:
        """Return whose the token is."""
    async def GetConfiguration(self, *, token: str = ...) -> records.ConfigurationInfo | None:
        """Return the whole client configuration, filtered by the permissions of the user."""
    async def GetConfigurationRecorders(self, recorderIds: Iterable[UUID | str] | None = ..., *, token: str =
        ...) -> list[records.RecorderInfo] | None:
        """Return some recorders with their devices; for use after QueryChanges."""
    async def GetConfigurationHardware(self, hardwareIds: Iterable[UUID | str] | None = ..., *, token: str =
        ...) -> list[records.HardwareInfo] | None:
        """Return some hardware; for use after QueryChanges."""
    async def GetDevicesDisabled(self, *, token: str = ...) -> list[records.DeviceDisabledInfo] | None:
        """Return the devices that are disabled."""
    async def GetVmoServicesList(self) -> list[records.DictionaryEntry] | None:
        """Return the registered services as pairs of key and value."""
    async def GetViewGroups(self, *, token: str = ...) -> list[records.ViewGroupInfo] | None:
        """List the view groups."""
    async def GetViewGroupData(self, viewGroupId: UUID | str = ..., *, token: str =
        ...) -> records.ViewGroupInternal | None:
        """Return one view group with its XML."""
    async def SetViewGroupData(self, viewGroupId: UUID | str = ..., viewGroupdata: Mapping[str, Any] | None = ..., *,
        token: str = ...) -> str | None:
        """Store a view group."""
    async def GetCustomSettingDataGlobal(self, customSettingId: UUID | str = ..., *, token: str =
        ...) -> records.CustomSettingInternal | None:
        """Read custom settings, a text that a plug-in or client stores under an id: shared by all users."""
    async def GetCustomSettingDataUser(self, customSettingId: UUID | str = ..., *, token: str =
        ...) -> records.CustomSettingInternal | None:
        """Read custom settings, a text that a plug-in or client stores under an id: of this user."""
    async def SetCustomSettingDataGlobal(self, customSettingId: UUID | str = ..., customSettingData: Mapping[str, Any]
        | None = ..., forceOverride: bool = ..., *, token: str = ...) -> str | None:
        """Store custom settings, a text that a plug-in or client stores under an id: shared by all users."""
    async def SetCustomSettingDataUser(self, customSettingId: UUID | str = ..., customSettingData: Mapping[str, Any] |
        None = ..., forceOverride: bool = ..., *, token: str = ...) -> str | None:
        """Store custom settings, a text that a plug-in or client stores under an id: of this user."""
    async def GetCustomSettingDataGlobal2(self, customSettingId: UUID | str = ..., *, token: str =
        ...) -> records.CustomSettingInternal | None:
        """GetCustomSettingDataGlobal in a newer variant; the difference is not known."""
    async def GetCustomSettingDataUser2(self, customSettingId: UUID | str = ..., *, token: str =
        ...) -> records.CustomSettingInternal | None:
        """GetCustomSettingDataUser in a newer variant; the difference is not known."""
    async def SetCustomSettingDataGlobal2(self, customSettingId: UUID | str = ..., customSettingData: Mapping[str,
        Any] | None = ..., forceOverride: bool = ..., *, token: str = ...) -> str | None:
        """SetCustomSettingDataGlobal in a newer variant; the difference is not known."""
    async def SetCustomSettingDataUser2(self, customSettingId: UUID | str = ..., customSettingData: Mapping[str, Any]
        | None = ..., forceOverride: bool = ..., *, token: str = ...) -> str | None:
        """SetCustomSettingDataUser in a newer variant; the difference is not known."""
    async def EventTrigger(self, eventId: UUID | str = ..., *, token: str = ...) -> None:
        """Trigger a user-defined event."""
    async def EventTriggerWithMetadata(self, eventId: UUID | str = ..., metadata: Iterable[Mapping[str, Any]] | None =
        ..., *, token: str = ...) -> None:
        """Trigger a user-defined event with pairs of key and value."""
    async def AlertsGetAroundWithSpan(self, alertIds: Iterable[UUID | str] | None = ..., centerTime: datetime = ...,
        maxTimeBefore: Mapping[str, Any] | None = ..., maxCountBefore: int = ..., maxTimeAfter: Mapping[str, Any] |
        None = ..., maxCountAfter: int = ..., *, token: str = ...) -> list[records.AlertOccurrence] | None:
        """Return the occurrences of alerts around a time."""
    async def MatrixMonitorActivateCamera(self, matrixMonitorId: UUID | str = ..., deviceId: UUID | str = ..., *,
        token: str = ...) -> None:
        """Show a camera on a Matrix recipient."""
    async def QueryChanges(self, changesFrom: datetime = ..., *, token: str = ...) -> list[records.Change] | None:
        """Return what changed in the configuration since a time: ids of recorders and hardware to reload."""
    async def QueryRecorderInfo(self, recorderId: UUID | str = ..., *, token: str =
        ...) -> records.RecorderInfo | None:
        """Return one recorder without its devices."""
    async def BookmarkGetNewReference(self, deviceId: UUID | str = ..., live: bool = ..., *, token: str =
        ...) -> records.BookmarkReference | None:
        """Return the number and the server's time for a new bookmark."""
    async def BookmarkCreate(self, deviceId: UUID | str = ..., timeBegin: datetime = ..., timeTrigged: datetime = ...,
        timeEnd: datetime = ..., reference: str | None = ..., header: str | None = ..., description: str | None = ...,
        *, token: str = ...) -> records.Bookmark | None:
        """Create a bookmark."""
    async def BookmarkUpdate(self, bookmarkId: UUID | str = ..., deviceId: UUID | str = ..., timeBegin: datetime =
        ..., timeTrigged: datetime = ..., timeEnd: datetime = ..., reference: str | None = ..., header: str | None =
        ..., description: str | None = ..., *, token: str = ...) -> records.Bookmark | None:
        """Change a bookmark."""
    async def BookmarkDelete(self, bookmarkId: UUID | str = ..., *, token: str = ...) -> None:
        """Delete a bookmark."""
    async def BookmarkGet(self, bookmarkId: UUID | str = ..., *, token: str = ...) -> records.Bookmark | None:
        """Return one bookmark."""
    async def BookmarkSearchTime(self, time: datetime = ..., timeLimit: Mapping[str, Any] | None = ..., countLimit:
        int = ..., deviceTypes: Iterable[str] | None = ..., optDeviceIds: Iterable[UUID | str] | None = ..., optUsers:
        Iterable[str] | None = ..., optSearchStr: str | None = ..., *, token: str =
        ...) -> list[records.Bookmark] | None:
        """Search bookmarks, a page from a time on. Filters that are left out do not restrict the search
        [inferred]."""
    async def BookmarkSearchTime2(self, time: datetime = ..., timeLimit: Mapping[str, Any] | None = ..., countLimit:
        int = ..., deviceTypes: Iterable[str] | None = ..., optDeviceIds: Iterable[UUID | str] | None = ..., optUsers:
        Iterable[str] | None = ..., optSearchStr: str | None = ..., searchHeader: bool = ..., searchDescription: bool
        = ..., searchReference: bool = ..., searchUser: bool = ..., headerFilter: str | None = ..., descriptionFilter:
        str | None = ..., *, token: str = ...) -> list[records.Bookmark] | None:
        """Search bookmarks, a page from a time on, with switches for where the text is searched."""
    async def BookmarkSearchFromBookmark(self, fromBookmarkId: UUID | str = ..., timeLimit: Mapping[str, Any] | None =
        ..., countLimit: int = ..., deviceTypes: Iterable[str] | None = ..., optDeviceIds: Iterable[UUID | str] | None
        = ..., optUsers: Iterable[str] | None = ..., optSearchStr: str | None = ..., *, token: str =
        ...) -> list[records.Bookmark] | None:
        """Return the next page of a search for bookmarks."""
    async def BookmarkSearchFromBookmark2(self, fromBookmarkId: UUID | str = ..., timeLimit: Mapping[str, Any] | None
        = ..., countLimit: int = ..., deviceTypes: Iterable[str] | None = ..., optDeviceIds: Iterable[UUID | str] |
        None = ..., optUsers: Iterable[str] | None = ..., optSearchStr: str | None = ..., searchHeader: bool = ...,
        searchDescription: bool = ..., searchReference: bool = ..., searchUser: bool = ..., headerFilter: str | None =
        ..., descriptionFilter: str | None = ..., *, token: str = ...) -> list[records.Bookmark] | None:
        """Return the next page of a search for bookmarks that BookmarkSearchTime2 began."""
    async def RegisterIntegration(self, instanceId: str | None = ..., integrationId: UUID | str = ...,
        integrationVersion: str | None = ..., integrationName: str | None = ..., manufacturerName: str | None = ...,
        *, token: str = ...) -> None:
        """Register an integration that runs; since 2020 R3."""
    async def RegisterPluginIntegrations(self, instanceId: str | None = ..., integrationType: str = ...,
        pluginIntegrations: Iterable[Mapping[str, Any]] | None = ..., *, token: str = ...) -> None:
        """Register the plug-ins that run."""
    async def MarkedDataGetNewReference(self, deviceId: Iterable[UUID | str] | None = ..., live: bool = ..., *, token:
        str = ...) -> records.MarkedDataReference | None:
        """Return the number and the server's time for a new evidence lock."""
    async def MarkedDataCreate(self, markedDataId: UUID | str = ..., deviceIds: Iterable[UUID | str] | None = ...,
        timeStart: datetime = ..., timeTag: datetime = ..., timeEnd: datetime = ..., reference: str | None = ...,
        header: str | None = ..., description: str | None = ..., markedDataType: int = ..., useRetention: bool = ...,
        retentionExpire: datetime = ..., retentionOption: Mapping[str, Any] | None = ..., *, token: str =
        ...) -> records.MarkedDataResult | None:
        """Create an evidence lock: the recordings are kept."""
    async def MarkedDataUpdate(self, markedDataId: UUID | str = ..., deviceIds: Iterable[UUID | str] | None = ...,
        timeStart: datetime = ..., timeTag: datetime = ..., timeEnd: datetime = ..., reference: str | None = ...,
        header: str | None = ..., description: str | None = ..., markedDataType: int = ..., useRetention: bool = ...,
        retentionExpire: datetime = ..., retentionOption: Mapping[str, Any] | None = ..., *, token: str =
        ...) -> records.MarkedDataResult | None:
        """Change an evidence lock."""
    async def MarkedDataDelete(self, markedDataIds: Iterable[UUID | str] | None = ..., *, token: str =
        ...) -> list[records.MarkedDataResult] | None:
        """Delete evidence locks."""
    async def MarkedDataGet(self, markedDataId: UUID | str = ..., *, token: str = ...) -> records.MarkedData | None:
        """Return one evidence lock."""
    async def MarkedDataSearch(self, deviceIds: Iterable[UUID | str] | None = ..., searchText: str | None = ...,
        users: Iterable[str] | None = ..., createdFromTime: datetime = ..., createdToTime: datetime = ...,
        markedDataFromTime: datetime = ..., markedDataToTime: datetime = ..., tagTimeFromTime: datetime = ...,
        tagTimeToTime: datetime = ..., retentionExpireFrom: datetime = ..., retentionExpireTo: datetime = ...,
        pageIndex: int = ..., pageSize: int = ..., sortOrder: str = ..., sortAscending: bool = ..., *, token: str =
        ...) -> list[records.MarkedData] | None:
        """Search evidence locks, by pages. Filters that are left out do not restrict the search [inferred]."""
    async def MarkedDataSearch2(self, deviceIds: Iterable[UUID | str] | None = ..., searchText: str | None = ...,
        searchHeader: bool = ..., searchDescription: bool = ..., searchReference: bool = ..., searchUser: bool = ...,
        headerFilter: str | None = ..., descriptionFilter: str | None = ..., users: Iterable[str] | None = ...,
        createdFromTime: datetime = ..., createdToTime: datetime = ..., markedDataFromTime: datetime = ...,
        markedDataToTime: datetime = ..., tagTimeFromTime: datetime = ..., tagTimeToTime: datetime = ...,
        retentionExpireFrom: datetime = ..., retentionExpireTo: datetime = ..., pageIndex: int = ..., pageSize: int =
        ..., sortOrder: str = ..., sortAscending: bool = ..., *, token: str = ...) -> list[records.MarkedData] | None:
        """Search evidence locks, by pages, with switches for where the text is searched."""
    async def RestrictedMediaCreate(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. Parameters in order, by
        their role and type: id (caller makes it) (guid), device ids (ArrayOfguid), header (string), description
        (string), start, UTC (dateTime), end, UTC, not in the future (dateTime). Result: object with Status,
        RestrictedMedia, FaultDevices, WarningDevices; its type and namespace were never seen."""
    async def RestrictedMediaUpdate(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. Parameters in order, by
        their role and type: id (guid), device ids to include (ArrayOfguid), device ids to exclude (ArrayOfguid),
        header (string), description (string), start (dateTime), end (dateTime). Result: as of RestrictedMediaCreate;
        its type and namespace were never seen."""
    async def RestrictedMediaDelete(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. Parameters in order, by
        their role and type: id (guid). Result: as of RestrictedMediaCreate; its type and namespace were never
        seen."""
    async def RestrictedMediaQueryAll(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. No parameter is known.
        Result: list of RestrictedMedia; its type and namespace were never seen."""
    async def RestrictedMediaLiveModeEnter(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. Parameters in order, by
        their role and type: device ids (ArrayOfguid), start, UTC (dateTime). Result: object with Status,
        RestrictedMedia (list of RestrictedMediaLive), FaultDevices, WarningDevices; its type and namespace were never
        seen."""
    async def RestrictedMediaLiveModeExit(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. Parameters in order, by
        their role and type: id of the playback restriction to make (guid), device ids (ArrayOfguid), header (string),
        description (string), start, UTC (dateTime), end, UTC (dateTime). Result: object with Status, RestrictedMedia,
        FaultDevices, WarningDevices; its type and namespace were never seen."""
    async def RestrictedMediaLiveUpdate(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. The parameters are not
        known. Result: unknown; its type and namespace were never seen."""
    async def RestrictedMediaLiveDelete(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. Parameters in order, by
        their role and type: device ids (ArrayOfguid). Result: object with Status, RestrictedMedia, FaultDevices,
        WarningDevices; its type and namespace were never seen."""
    async def RestrictedMediaLiveQueryAll(self, **elements: Any) -> Any | None:
        """Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen,
        so any elements are allowed here; read the server's own description before a call. No parameter is known.
        Result: list of RestrictedMediaLive; its type and namespace were never seen."""
    async def GetClientProfile(self, withSetting: bool = ..., *, token: str = ...) -> records.ClientProfile | None:
        """Return the Smart Client profile of the user."""
    async def GetClientProfile2(self, withSetting: bool = ..., *, token: str = ...) -> records.ClientProfile | None:
        """GetClientProfile in a newer variant."""
    async def GetClientProfile3(self, withSetting: bool = ..., *, token: str = ...) -> records.ClientProfile | None:
        """GetClientProfile in a newer variant."""
    async def GetPresets(self, deviceId: UUID | str = ..., *, token: str = ...) -> list[records.PresetInfo] | None:
        """Return the PTZ presets of a camera."""
    async def DeletePreset(self, id: UUID | str = ..., deviceId: UUID | str = ..., *, token: str = ...) -> None:
        """Delete a PTZ preset."""
    async def UpdatePresetName(self, id: UUID | str = ..., deviceId: UUID | str = ..., newName: str | None = ..., *,
        token: str = ...) -> None:
        """Rename a PTZ preset."""
    async def UpdatePresetPosition(self, id: UUID | str = ..., deviceId: UUID | str = ..., *, token: str =
        ...) -> None:
        """Store the present position of the camera in a PTZ preset."""
    async def CreatePreset(self, deviceId: UUID | str = ..., name: str | None = ..., *, token: str =
        ...) -> str | None:
        """Store the present position of the camera as a new PTZ preset; returns its id."""
    async def OrderPresets(self, deviceId: UUID | str = ..., ids: Iterable[UUID | str] | None = ..., *, token: str =
        ...) -> None:
        """Set the order of the PTZ presets of a camera."""

class AsyncServiceRegistrationOperations:
    async def RegisterService(self, type: UUID | str = ..., instance: UUID | str = ..., uri: Iterable[str] | None =
        ..., name: str | None = ..., description: str | None = ..., customData: str | None = ...) -> bool | None:
        """Register a service."""
    async def RegisterServiceWithEndpoints(self, type: UUID | str = ..., instance: UUID | str = ..., uri:
        Iterable[str] | None = ..., name: str | None = ..., description: str | None = ..., customData: str | None =
        ..., endpointDefinition: str | None = ...) -> bool | None:
        """Register a service with its endpoints; not in the .asmx form."""
    async def UnregisterService(self, instance: UUID | str = ...) -> None:
        """Take a service off the list."""
    async def EnableService(self, instance: UUID | str = ..., enabled: bool = ...) -> None:
        """Switch a registered service on or off."""
    async def GetServices(self) -> list[records.ServiceInfo] | None:
        """Return the enabled services."""
    async def GetServicesIncludingDisabled(self) -> list[records.ServiceInfo] | None:
        """Return all services."""
    async def SetServiceData(self, instance: UUID | str = ..., customData: str | None = ...) -> bool | None:
        """Store a text with a service."""
    async def GetServiceData(self, instance: UUID | str = ...) -> str | None:
        """Read the text stored with a service."""

class AsyncConfigurationOperations:
    async def GetItem(self, path: str | None = ...) -> records.ConfigurationItem | None:
        """Return one item of the configuration. One item by path; "/" is the root; unknown path ->
        PathNotFoundExceptionFault."""
    async def GetItems(self, itemType: str | None = ...) -> list[records.ConfigurationItem] | None:
        """Return the items of a type. Present in contract; behaviour not observed."""
    async def SetItem(self, item: Mapping[str, Any] | None = ...) -> records.ValidateResult | None:
        """Save an item. Saves the item (and, per sample, its ChildItem children); returns ValidateResult."""
    async def HasChildItems(self, path: str | None = ...) -> bool | None:
        """Return whether an item has children. Present in contract; not used by any sample seen."""
    async def GetChildItems(self, path: str | None = ...) -> list[records.ConfigurationItem] | None:
        """Return the children of an item. Direct children; .NET clients guard against a null result."""
    async def ConstructItem(self, itemType: str | None = ..., properties: Iterable[Mapping[str, Any]] | None =
        ...) -> records.ConfigurationItem | None:
        """Return a new item, which is not saved. Present in contract; not used by any sample seen."""
    async def ConstructChildItem(self, itemType: str | None = ..., parentPath: str | None =
        ...) -> records.ConfigurationItem | None:
        """Return a new item below another, which is not saved. Present in contract; not used by any sample seen."""
    async def ValidateItem(self, item: Mapping[str, Any] | None = ...) -> records.ValidateResult | None:
        """Check an item without saving it. Server-side validation without saving; ResultItem replaces the local
        copy."""
    async def DeleteItem(self, path: str | None = ...) -> None:
        """Delete an item. Present in contract; deletion is done through Remove* methods in every sample seen."""
    async def GetDependantItems(self, path: str | None = ...) -> list[records.ConfigurationItem] | None:
        """Return the items that depend on an item. Note the spelling; not used by any sample seen."""
    async def GetMethodInfos(self) -> list[records.MethodInfo] | None:
        """Return what methods exist. Whole method dictionary (with icons)."""
    async def GetMethodInfo(self, methodId: str | None = ...) -> records.MethodInfo | None:
        """Return what one method is. One method."""
    async def InvokeMethod(self, item: Mapping[str, Any] | None = ..., method: str | None =
        ...) -> records.ConfigurationItem | None:
        """Run a method of an item: returns its form, or the task that it started. Second parameter is named "method"
        (not methodId); see two-step protocol."""
    async def GetTranslations(self, languageId: str | None = ...) -> list[records.KeyValueOfstringstring] | None:
        """Return the texts of a language. LanguageId e.g. "en-US"; dictionary translationId -> text."""
    async def GetChildItemsHierarchy(self, path: str | None = ..., itemTypes: Iterable[str] | None = ..., itemFilters:
        Iterable[Mapping[str, Any]] | None = ...) -> list[records.ConfigurationItem] | None:
        """Return the items below an item, in one reply. Pre-filled hierarchy, filtered; 2020 R2 (20.2)+."""
    async def QueryItems(self, itemFilter: Mapping[str, Any] | None = ..., maxResult: int =
        ...) -> list[records.ConfigurationItem] | None:
        """Search items in the whole site. Flat search over the whole site; 2020 R2 (20.2)+."""

class AsyncAlarmOperations:
    async def Add(self, alarm: Mapping[str, Any] | None = ..., *, token: str = ...) -> None:
        """Store an alarm as it is given. Alarm definitions are not applied, and no rule is triggered."""
    async def AddEvent(self, baseEvent: Mapping[str, Any] | None = ..., *, token: str = ...) -> None:
        """Raise an event: each alarm definition that matches its message and source gives an alarm."""
    async def AddAsEvent(self, alarm: Mapping[str, Any] | None = ..., *, token: str = ...) -> None:
        """Raise an event in the form of an alarm. Deprecated per docs; use AddEvent."""
    async def Get(self, id: UUID | str = ..., *, token: str = ...) -> records.Alarm | None:
        """Return one alarm with all its members; what an unknown id gives is not known."""
    async def GetEvent(self, id: UUID | str = ..., *, token: str = ...) -> records.BaseEvent | None:
        """Return one event with all its members."""
    async def GetHeader(self, id: UUID | str = ..., *, token: str = ...) -> records.EventHeader | None:
        """Return the header of an alarm or an event."""
    async def GetSnapshots(self, id: UUID | str = ..., *, token: str = ...) -> list[records.Snapshot] | None:
        """Return the pictures that are attached to an alarm or an event."""
    async def AttachSnapshot(self, id: UUID | str = ..., snapshot: Mapping[str, Any] | None = ..., *, token: str =
        ...) -> None:
        """Attach a picture to an alarm."""
    async def UpdateAlarmValues(self, id: UUID | str = ..., updates: Iterable[Mapping[str, Any]] | None = ..., *,
        token: str = ...) -> None:
        """Change some values of an alarm by key; the number and the name of a pair go together."""
    async def UpdateAlarm(self, id: UUID | str = ..., text: str | None = ..., state: int = ..., priority: int = ...,
        time: datetime = ..., assignedTo: str | None = ..., *, token: str = ...) -> None:
        """Change state, priority, owner and comment of an alarm, all of them at once."""
    async def Acknowledge(self, id: UUID | str = ..., *, token: str = ...) -> None:
        """Acknowledge an alarm: its state becomes 4 (In progress), its owner the caller."""
    async def UpdateMultipleAlarms(self, objectId: UUID | str = ..., oldState: int = ..., newState: int = ..., time:
        datetime = ..., assignedTo: str | None = ..., *, token: str = ...) -> None:
        """Change all alarms of a source that are in a state."""
    async def AcknowledgeMultipleAlarms(self, objectId: UUID | str = ..., *, token: str = ...) -> None:
        """Acknowledge all alarms of a source."""
    async def StartAlarmLineSession(self, filter: Mapping[str, Any] | None = ..., *, token: str = ...) -> str | None:
        """Begin a session that collects changes of alarms; returns its id."""
    async def StopAlarmLineSession(self, sessionId: UUID | str = ..., *, token: str = ...) -> None:
        """End a session of alarms."""
    async def GetSessionAlarmLines(self, maxCount: int = ..., sessionId: UUID | str = ..., *, token: str =
        ...) -> records.AlarmUpdateData | None:
        """Return the changes of alarms since the last call in a session."""
    async def GetAlarmLines(self, from_: int = ..., maxCount: int = ..., filter: Mapping[str, Any] | None = ..., *,
        token: str = ...) -> list[records.AlarmLine] | None:
        """Return a page of alarms. Without Orders the order is not defined; a page that is shorter than maxCount is
        the last."""
    async def GetAlarmsWithRelatedHardware(self, maxCount: int = ..., filter: Iterable[Mapping[str, Any]] | None =
        ..., *, token: str = ...) -> list[records.AlarmLine] | None:
        """Return alarms by their hardware. Only in newer servers' descriptions, absent from the public samples; what
        Criteria means is not known."""
    async def StartEventLineSession(self, filter: Mapping[str, Any] | None = ..., *, token: str = ...) -> str | None:
        """Begin a session that collects new events; returns its id."""
    async def StopEventLineSession(self, sessionId: UUID | str = ..., *, token: str = ...) -> None:
        """End a session of events."""
    async def GetSessionEventLines(self, maxCount: int = ..., sessionId: UUID | str = ..., *, token: str =
        ...) -> records.EventUpdateData | None:
        """Return the changes of events since the last call in a session."""
    async def GetEventLines(self, from_: int = ..., maxCount: int = ..., filter: Mapping[str, Any] | None = ..., *,
        token: str = ...) -> list[records.EventLine] | None:
        """Return a page of events. Without Orders the order is not defined; a page that is shorter than maxCount is
        the last."""
    async def GetStatistics(self, *, token: str = ...) -> list[records.Statistic] | None:
        """Return how many alarms there are by state and priority: estimates that lag."""
    async def GetAlarmHistory(self, id: UUID | str = ..., *, token: str = ...) -> list[records.AlarmHistory] | None:
        """Return the changes of an alarm, one row for each."""
    async def GetAlarmUpdateHistory(self, id: UUID | str = ..., *, token: str =
        ...) -> list[records.AlarmUpdate] | None:
        """Return the changes of an alarm, one row for each value; one change has one time."""
    async def GetAlarmMessages(self, *, token: str = ...) -> list[str] | None:
        """Return the messages that alarms have."""
    async def GetEventLines2(self, parameters: Mapping[str, Any] | None = ..., *, token: str =
        ...) -> records.GetEventLines2Resp | None:
        """Search events by nested groups of conditions."""
    async def GetEventCount(self, parameters: Mapping[str, Any] | None = ..., *, token: str =
        ...) -> records.GetEventCountResp | None:
        """Count events by nested groups of conditions."""
    async def GetEvents(self, parameters: Mapping[str, Any] | None = ..., *, token: str =
        ...) -> records.GetEventsResp | None:
        """Return many events with all their members."""

class AsyncRecorderOperations:
    async def GetVersion(self) -> int | None:
        """Return the version of the interface."""
    async def PTZMoveAbsolute(self, deviceId: UUID | str, ptzArgs: Mapping[str, Any] = ..., *, token: str =
        ...) -> None:
        """Move a PTZ camera to a position. Changes something."""
    async def PTZMoveRelative(self, deviceId: UUID | str, ptzArgs: Mapping[str, Any] = ..., *, token: str =
        ...) -> None:
        """Move a PTZ camera by a step. Changes something."""
    async def PTZMoveHome(self, deviceId: UUID | str, *, token: str = ...) -> None:
        """Move a PTZ camera to its home position. Changes something."""
    async def PTZMoveStart(self, deviceId: UUID | str, ptzArgs: Mapping[str, Any] = ..., *, token: str = ...) -> None:
        """Begin a continuous move of a PTZ camera; it goes on until PTZMoveStop. Changes something."""
    async def PTZMoveStop(self, deviceId: UUID | str, *, token: str = ...) -> None:
        """Stop a continuous move of a PTZ camera. Changes something."""
    async def PTZCenter(self, deviceId: UUID | str, refWidth: float, refHeight: float, centerX: float, centerY: float,
        zoom: float, *, token: str = ...) -> None:
        """Centre a PTZ camera on a point of its picture. Changes something."""
    async def PTZRectangle(self, deviceId: UUID | str, refWidth: float, refHeight: float, left: float, top: float,
        bottom: float, right: float, *, token: str = ...) -> None:
        """Zoom a PTZ camera to a rectangle of its picture. Changes something."""
    async def PTZGetAbsolutePosition(self, deviceId: UUID | str, *, token: str = ...) -> records.PTZArgs | None:
        """Return the position of a PTZ camera."""
    async def PTZExtendedManualSession(self, deviceId: UUID | str, *, token: str = ...) -> None:
        """Extend the PTZ session of a camera. Changes something."""
    async def PTZGetSessionInfo(self, deviceId: UUID | str, *, token: str = ...) -> records.PtzSessionInfo | None:
        """Return who controls a PTZ camera."""
    async def PTZReserveSession(self, deviceId: UUID | str, *, token: str = ...) -> None:
        """Reserve the PTZ session of a camera. Changes something."""
    async def PTZReleaseSession(self, deviceId: UUID | str, *, token: str = ...) -> None:
        """Release the reserved PTZ session of a camera. Changes something."""
    async def PTZActivatePatrollingSchema(self, deviceId: UUID | str, patrollingSchemaId: UUID | str, *, token: str =
        ...) -> None:
        """Start a patrolling profile of a PTZ camera. Changes something."""
    async def PTZDeactivatePatrollingSchema(self, deviceId: UUID | str, patrollingSchemaId: UUID | str, *, token: str
        = ...) -> None:
        """Stop a patrolling profile of a PTZ camera. Changes something."""
    async def PresetGetList(self, deviceId: UUID | str, *, token: str = ...) -> list[str] | None:
        """Return the names of the presets of a PTZ camera."""
    async def PresetMoveTo(self, deviceId: UUID | str, presetName: str = ..., *, token: str = ...) -> None:
        """Move a PTZ camera to a preset. Changes something."""
    async def PresetSet(self, deviceId: UUID | str, presetName: str = ..., *, token: str = ...) -> None:
        """Store the present position of a PTZ camera as a preset. Changes something."""
    async def OutputActivate(self, deviceId: UUID | str, *, token: str = ...) -> None:
        """Activate an output. Changes something."""
    async def OutputDeactivate(self, deviceId: UUID | str, *, token: str = ...) -> None:
        """Deactivate an output. Changes something."""
    async def OutputTrigger(self, deviceId: UUID | str, duration: Mapping[str, Any] = ..., *, token: str =
        ...) -> None:
        """Activate an output for a time. Changes something."""
    async def OutputGetState(self, deviceId: UUID | str, *, token: str = ...) -> str | None:
        """Return the state of an output."""
    async def SequencesGetTypes(self, deviceId: UUID | str, *, token: str = ...) -> list[records.SequenceType] | None:
        """Return the types of sequences that a device has, for example recording and motion."""
    async def SequencesGet(self, deviceId: UUID | str, sequenceType: UUID | str, minTime: datetime, maxTime: datetime,
        maxCount: int, *, token: str = ...) -> list[records.SequenceEntry] | None:
        """Return the sequences that lie partly or wholly in a span of time, oldest first, not clipped."""
    async def SequencesGetAround(self, deviceId: UUID | str, sequenceType: UUID | str, centerTime: datetime,
        maxCountBefore: int, maxCountAfter: int, *, token: str = ...) -> list[records.SequenceEntry] | None:
        """Return the sequences before and after a time."""
    async def SequencesGetAroundWithSpan(self, deviceId: UUID | str, sequenceType: UUID | str, centerTime: datetime,
        maxTimeBefore: Mapping[str, Any] | None, maxCountBefore: int, maxTimeAfter: Mapping[str, Any] | None,
        maxCountAfter: int, *, token: str = ...) -> list[records.SequenceEntry] | None:
        """Return the sequences before and after a time, within spans of time."""
    async def GetRetentionTimeLimit(self, deviceId: UUID | str, *, token: str = ...) -> datetime | None:
        """Return the time from which on recordings of a device are kept."""
    async def TimeLineInformationGet(self, deviceId: UUID | str, timeLineInformationTypes: Iterable[UUID | str] |
        None, timeLineInformationBeginTime: datetime, timeLineInformationInterval: Mapping[str, Any] | None,
        timeLineInformationCount: int, *, token: str = ...) -> list[records.TimeLineInformationData] | None:
        """Return data for a timeline; its encoding is not known."""
    async def SmartSearchStart(self, deviceId: UUID | str, searchBeginTime: datetime, searchEndTime: datetime,
        sensitivity: int, searchInterval: Mapping[str, Any] | None, searchMask: Mapping[str, Any] | None,
        ignoreInitialMotion: bool, resultMotionMaskSize: Mapping[str, Any], *, token: str = ...) -> str | None:
        """Begin a search for motion in a part of the picture; returns its id. Changes something."""
    async def SmartSearchCancel(self, smartSearchId: UUID | str, *, token: str = ...) -> None:
        """End a search for motion. Changes something."""
    async def SmartSearchGetStatus(self, smartSearchId: UUID | str, *, token: str =
        ...) -> records.SmartSearchStatus | None:
        """Return how far a search for motion is."""
    async def SmartSearchGetResult(self, smartSearchId: UUID | str, continueSearch: bool, *, token: str =
        ...) -> records.SmartSearchResult | None:
        """Return what a search for motion found."""
    async def JPEGGetAt(self, deviceId: UUID | str, time: datetime, *, token: str = ...) -> records.JPEGData | None:
        """Return the recorded picture nearest to a time, as JPEG. Nothing there: Time is of the year 1 and Data is
        None. The time of the picture may be hours away."""
    async def JPEGGetAtOrBefore(self, deviceId: UUID | str, time: datetime, *, token: str =
        ...) -> records.JPEGData | None:
        """Return the last recorded picture at or before a time, as JPEG. Nothing there: Time is of the year 1 and
        Data is None. The time of the picture may be hours away."""
    async def JPEGGetAtOrAfter(self, deviceId: UUID | str, time: datetime, *, token: str =
        ...) -> records.JPEGData | None:
        """Return the first recorded picture at or after a time, as JPEG. Nothing there: Time is of the year 1 and
        Data is None. The time of the picture may be hours away."""
    async def JPEGGetLive(self, deviceId: UUID | str, maxWidth: int, maxHeight: int, *, token: str =
        ...) -> records.JPEGData | None:
        """Return the live picture of a camera, as JPEG."""
    async def InputGetState(self, deviceId: UUID | str, *, token: str = ...) -> str | None:
        """Return the state of an input."""
    async def StartRecording(self, deviceId: UUID | str, recordingTimeMicroSeconds: int, *, token: str =
        ...) -> bool | None:
        """Start recording; servers refuse it with fault 40000: StartManualRecording works. Changes something."""
    async def SendDriverCommand(self, deviceId: UUID | str, command: str = ..., *, token: str = ...) -> None:
        """Send a command to the driver of a device. Changes something."""
    async def SendDriverCommandWithResponse(self, deviceId: UUID | str, command: str = ..., parameter: str = ..., *,
        token: str = ...) -> str | None:
        """Send a command to the driver of a device, and return its answer. Changes something."""
    async def MulticastStart(self, deviceIds: Iterable[UUID | str] = ..., clientCapabilities: Mapping[str, Any] = ...,
        *, token: str = ...) -> list[records.MulticastInfo] | None:
        """Start multicast of devices. Changes something."""
    async def MulticastContinue(self, multicastSessionIds: Iterable[UUID | str] = ..., *, token: str = ...) -> None:
        """Keep sessions of multicast alive. Changes something."""
    async def MulticastStop(self, multicastSessionIds: Iterable[UUID | str] = ..., *, token: str = ...) -> None:
        """End sessions of multicast. Changes something."""
    async def IsManualRecording(self, deviceIds: Iterable[UUID | str] = ..., *, token: str =
        ...) -> list[records.ManualRecordingInfo] | None:
        """Return which devices are recorded manually; a device that is not may be recording anyway."""
    async def StartManualRecording(self, deviceIds: Iterable[UUID | str] = ..., *, token: str =
        ...) -> list[records.ManualRecordingResult] | None:
        """Start the manual recording of devices; ResultCode 0 is success. Changes something."""
    async def StopManualRecording(self, deviceIds: Iterable[UUID | str] = ..., *, token: str =
        ...) -> list[records.ManualRecordingResult] | None:
        """Stop the manual recording of devices; ResultCode 0 is success. Changes something."""
