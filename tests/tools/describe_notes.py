"""What each operation does and what its parameters mean, in our words; the facts are those of docs/protocol."""

from attrs import evolve
from describe_wsdl import Description, Member, Operation, Structure, Text, joined

__all__ = ["PURPOSES", "noted"]

SEARCH = "Filters that are left out do not restrict the search [inferred]."
_CUSTOM = "custom settings, a text that a plug-in or client stores under an id"
_SERVER_COMMAND = {
    "GetVersion": "Return the version of the interface; what real servers return is not known.",
    "GetServerVersion": "Return the version of the server as text; the form of the text is not known.",
    "GetProductInfo": "Return product, version and build: the best source of the version over SOAP.",
    "GetSystemLicenseInfo": "Return the licence of the site.",
    "GetSmartClientVersion": "Return the version of Smart Client that the server offers.",
    "CheckSmartClientVersion": "Compare a version of Smart Client with the one that the server offers.",
    "IsOnline": "Return whether the server is online: true.",
    "Login": "Register a client instance, and get or renew its corporate token. The client does this by itself.",
    "Logout": "End the registration of an instance and its token.",
    "Authorize": "Check the log-on of a second user (two-person log-in, supervisor) [inferred]; returns a text.",
    "GetUserInfo": "Return whose the token is.",
    "GetConfiguration": "Return the whole client configuration, filtered by the permissions of the user.",
    "GetConfigurationRecorders": "Return some recorders with their devices; for use after QueryChanges.",
    "GetConfigurationHardware": "Return some hardware; for use after QueryChanges.",
    "GetDevicesDisabled": "Return the devices that are disabled.",
    "GetVmoServicesList": "Return the registered services as pairs of key and value.",
    "GetViewGroups": "List the view groups.",
    "GetViewGroupData": "Return one view group with its XML.",
    "SetViewGroupData": "Store a view group.",
    "GetCustomSettingDataGlobal": f"Read {_CUSTOM}: shared by all users.",
    "GetCustomSettingDataUser": f"Read {_CUSTOM}: of this user.",
    "SetCustomSettingDataGlobal": f"Store {_CUSTOM}: shared by all users.",
    "SetCustomSettingDataUser": f"Store {_CUSTOM}: of this user.",
    "GetCustomSettingDataGlobal2": "GetCustomSettingDataGlobal in a newer variant; the difference is not known.",
    "GetCustomSettingDataUser2": "GetCustomSettingDataUser in a newer variant; the difference is not known.",
    "SetCustomSettingDataGlobal2": "SetCustomSettingDataGlobal in a newer variant; the difference is not known.",
    "SetCustomSettingDataUser2": "SetCustomSettingDataUser in a newer variant; the difference is not known.",
    "EventTrigger": "Trigger a user-defined event.",
    "EventTriggerWithMetadata": "Trigger a user-defined event with pairs of key and value.",
    "AlertsGetAroundWithSpan": "Return the occurrences of alerts around a time.",
    "MatrixMonitorActivateCamera": "Show a camera on a Matrix recipient.",
    "QueryChanges": "Return what changed in the configuration since a time: ids of recorders and hardware to reload.",
    "QueryRecorderInfo": "Return one recorder without its devices.",
    "BookmarkGetNewReference": "Return the number and the server's time for a new bookmark.",
    "BookmarkCreate": "Create a bookmark.",
    "BookmarkUpdate": "Change a bookmark.",
    "BookmarkDelete": "Delete a bookmark.",
    "BookmarkGet": "Return one bookmark.",
    "BookmarkSearchTime": f"Search bookmarks, a page from a time on. {SEARCH}",
    "BookmarkSearchTime2": "Search bookmarks, a page from a time on, with switches for where the text is searched.",
    "BookmarkSearchFromBookmark": "Return the next page of a search for bookmarks.",
    "BookmarkSearchFromBookmark2": "Return the next page of a search for bookmarks that BookmarkSearchTime2 began.",
    "RegisterIntegration": "Register an integration that runs; since 2020 R3.",
    "RegisterPluginIntegrations": "Register the plug-ins that run.",
    "MarkedDataGetNewReference": "Return the number and the server's time for a new evidence lock.",
    "MarkedDataCreate": "Create an evidence lock: the recordings are kept.",
    "MarkedDataUpdate": "Change an evidence lock.",
    "MarkedDataDelete": "Delete evidence locks.",
    "MarkedDataGet": "Return one evidence lock.",
    "MarkedDataSearch": f"Search evidence locks, by pages. {SEARCH}",
    "MarkedDataSearch2": "Search evidence locks, by pages, with switches for where the text is searched.",
    "GetClientProfile": "Return the Smart Client profile of the user.",
    "GetClientProfile2": "GetClientProfile in a newer variant.",
    "GetClientProfile3": "GetClientProfile in a newer variant.",
    "GetPresets": "Return the PTZ presets of a camera.",
    "DeletePreset": "Delete a PTZ preset.",
    "UpdatePresetName": "Rename a PTZ preset.",
    "UpdatePresetPosition": "Store the present position of the camera in a PTZ preset.",
    "CreatePreset": "Store the present position of the camera as a new PTZ preset; returns its id.",
    "OrderPresets": "Set the order of the PTZ presets of a camera.",
}
_REGISTRATION = {
    "RegisterService": "Register a service.",
    "RegisterServiceWithEndpoints": "Register a service with its endpoints; not in the .asmx form.",
    "UnregisterService": "Take a service off the list.",
    "EnableService": "Switch a registered service on or off.",
    "GetServices": "Return the enabled services.",
    "GetServicesIncludingDisabled": "Return all services.",
    "SetServiceData": "Store a text with a service.",
    "GetServiceData": "Read the text stored with a service.",
}
_CONFIGURATION = {
    "GetItem": "Return one item of the configuration.",
    "GetItems": "Return the items of a type.",
    "SetItem": "Save an item.",
    "HasChildItems": "Return whether an item has children.",
    "GetChildItems": "Return the children of an item.",
    "ConstructItem": "Return a new item, which is not saved.",
    "ConstructChildItem": "Return a new item below another, which is not saved.",
    "ValidateItem": "Check an item without saving it.",
    "DeleteItem": "Delete an item.",
    "GetDependantItems": "Return the items that depend on an item.",
    "GetMethodInfos": "Return what methods exist.",
    "GetMethodInfo": "Return what one method is.",
    "InvokeMethod": "Run a method of an item: returns its form, or the task that it started.",
    "GetTranslations": "Return the texts of a language.",
    "GetChildItemsHierarchy": "Return the items below an item, in one reply.",
    "QueryItems": "Search items in the whole site.",
}
_LINES = "Without Orders the order is not defined; a page that is shorter than maxCount is the last."
_ALARM = {
    "Add": "Store an alarm as it is given. Alarm definitions are not applied, and no rule is triggered.",
    "AddEvent": "Raise an event: each alarm definition that matches its message and source gives an alarm.",
    "AddAsEvent": "Raise an event in the form of an alarm.",
    "Get": "Return one alarm with all its members; what an unknown id gives is not known.",
    "GetEvent": "Return one event with all its members.",
    "GetHeader": "Return the header of an alarm or an event.",
    "GetSnapshots": "Return the pictures that are attached to an alarm or an event.",
    "AttachSnapshot": "Attach a picture to an alarm.",
    "UpdateAlarmValues": "Change some values of an alarm by key; the number and the name of a pair go together.",
    "UpdateAlarm": "Change state, priority, owner and comment of an alarm, all of them at once.",
    "Acknowledge": "Acknowledge an alarm: its state becomes 4 (In progress), its owner the caller.",
    "UpdateMultipleAlarms": "Change all alarms of a source that are in a state.",
    "AcknowledgeMultipleAlarms": "Acknowledge all alarms of a source.",
    "StartAlarmLineSession": "Begin a session that collects changes of alarms; returns its id.",
    "StopAlarmLineSession": "End a session of alarms.",
    "GetSessionAlarmLines": "Return the changes of alarms since the last call in a session.",
    "GetAlarmLines": f"Return a page of alarms. {_LINES}",
    "GetAlarmsWithRelatedHardware": "Return alarms by their hardware.",
    "StartEventLineSession": "Begin a session that collects new events; returns its id.",
    "StopEventLineSession": "End a session of events.",
    "GetSessionEventLines": "Return the changes of events since the last call in a session.",
    "GetEventLines": f"Return a page of events. {_LINES}",
    "GetStatistics": "Return how many alarms there are by state and priority: estimates that lag.",
    "GetAlarmHistory": "Return the changes of an alarm, one row for each.",
    "GetAlarmUpdateHistory": "Return the changes of an alarm, one row for each value; one change has one time.",
    "GetAlarmMessages": "Return the messages that alarms have.",
    "GetEventLines2": "Search events by nested groups of conditions.",
    "GetEventCount": "Count events by nested groups of conditions.",
    "GetEvents": "Return many events with all their members.",
}
_NEAREST = "Nothing there: Time is of the year 1 and Data is None. The time of the picture may be hours away."
_RECORDER = {
    "GetVersion": "Return the version of the interface.",
    "PTZMoveAbsolute": "Move a PTZ camera to a position.",
    "PTZMoveRelative": "Move a PTZ camera by a step.",
    "PTZMoveHome": "Move a PTZ camera to its home position.",
    "PTZMoveStart": "Begin a continuous move of a PTZ camera; it goes on until PTZMoveStop.",
    "PTZMoveStop": "Stop a continuous move of a PTZ camera.",
    "PTZCenter": "Centre a PTZ camera on a point of its picture.",
    "PTZRectangle": "Zoom a PTZ camera to a rectangle of its picture.",
    "PTZGetAbsolutePosition": "Return the position of a PTZ camera.",
    "PTZExtendedManualSession": "Extend the PTZ session of a camera.",
    "PTZGetSessionInfo": "Return who controls a PTZ camera.",
    "PTZReserveSession": "Reserve the PTZ session of a camera.",
    "PTZReleaseSession": "Release the reserved PTZ session of a camera.",
    "PTZActivatePatrollingSchema": "Start a patrolling profile of a PTZ camera.",
    "PTZDeactivatePatrollingSchema": "Stop a patrolling profile of a PTZ camera.",
    "PresetGetList": "Return the names of the presets of a PTZ camera.",
    "PresetMoveTo": "Move a PTZ camera to a preset.",
    "PresetSet": "Store the present position of a PTZ camera as a preset.",
    "OutputActivate": "Activate an output.",
    "OutputDeactivate": "Deactivate an output.",
    "OutputTrigger": "Activate an output for a time.",
    "OutputGetState": "Return the state of an output.",
    "SequencesGetTypes": "Return the types of sequences that a device has, for example recording and motion.",
    "SequencesGet": "Return the sequences that lie partly or wholly in a span of time, oldest first, not clipped.",
    "SequencesGetAround": "Return the sequences before and after a time.",
    "SequencesGetAroundWithSpan": "Return the sequences before and after a time, within spans of time.",
    "GetRetentionTimeLimit": "Return the time from which on recordings of a device are kept.",
    "TimeLineInformationGet": "Return data for a timeline; its encoding is not known.",
    "SmartSearchStart": "Begin a search for motion in a part of the picture; returns its id.",
    "SmartSearchCancel": "End a search for motion.",
    "SmartSearchGetStatus": "Return how far a search for motion is.",
    "SmartSearchGetResult": "Return what a search for motion found.",
    "JPEGGetAt": f"Return the recorded picture nearest to a time, as JPEG. {_NEAREST}",
    "JPEGGetAtOrBefore": f"Return the last recorded picture at or before a time, as JPEG. {_NEAREST}",
    "JPEGGetAtOrAfter": f"Return the first recorded picture at or after a time, as JPEG. {_NEAREST}",
    "JPEGGetLive": "Return the live picture of a camera, as JPEG.",
    "InputGetState": "Return the state of an input.",
    "StartRecording": "Start recording; servers refuse it with fault 40000: StartManualRecording works.",
    "SendDriverCommand": "Send a command to the driver of a device.",
    "SendDriverCommandWithResponse": "Send a command to the driver of a device, and return its answer.",
    "MulticastStart": "Start multicast of devices.",
    "MulticastContinue": "Keep sessions of multicast alive.",
    "MulticastStop": "End sessions of multicast.",
    "IsManualRecording": "Return which devices are recorded manually; a device that is not may be recording anyway.",
    "StartManualRecording": "Start the manual recording of devices; ResultCode 0 is success.",
    "StopManualRecording": "Stop the manual recording of devices; ResultCode 0 is success.",
}
PURPOSES = {
    "server_command": _SERVER_COMMAND,
    "service_registration": _REGISTRATION,
    "configuration": _CONFIGURATION,
    "alarm": _ALARM,
    "recorder": _RECORDER,
}
"""For each service, what each operation does."""

_PIXELS = "Pixels, in the picture of the given size."
PARAMETERS = {
    "deviceId": "Id of a device.",
    "deviceIds": "Ids of devices.",
    "recorderId": "Id of a recorder.",
    "recorderIds": "Ids of recorders.",
    "hardwareIds": "Ids of hardware.",
    "eventId": "Id of a user-defined event.",
    "sequenceType": "Id of a type, as SequencesGetTypes returns them.",
    "maxCount": "The most rows to return.",
    "maxCountBefore": "The most rows before the time.",
    "maxCountAfter": "The most rows after the time.",
    "maxTimeBefore": "How far to search before the time.",
    "maxTimeAfter": "How far to search after the time.",
    "minTime": "Begin of the span.",
    "maxTime": "End of the span.",
    "recordingTimeMicroSeconds": "Microseconds.",
    "refWidth": "Width of the picture, in pixels.",
    "refHeight": "Height of the picture, in pixels.",
    "PTZCenter.centerX": _PIXELS,
    "PTZCenter.centerY": _PIXELS,
    "PTZCenter.zoom": "-1 leaves zoom as it is.",
    "PTZRectangle.left": _PIXELS,
    "PTZRectangle.top": _PIXELS,
    "PTZRectangle.bottom": _PIXELS,
    "PTZRectangle.right": _PIXELS,
    "maxWidth": "The largest width, in pixels.",
    "maxHeight": "The largest height, in pixels.",
    "ptzArgs": (
        "Pairs of name (pan, tilt, zoom) and value. Positions: pan and tilt -1 to 1, zoom 0 to 1; movement -1, 0 or 1 "
        "and speed 0 to 1 for PTZMoveStart [inferred for others]."
    ),
    "PresetMoveTo.presetName": "Name of the preset.",
    "PresetSet.presetName": "Name of the preset.",
    "OutputTrigger.duration": "How long the output stays active.",
    "sensitivity": "Small values are the most sensitive; 75 in the public sample.",
    "searchMask": "A character of 0 or 1 for each cell, by rows from the top left; cells of 1 are searched.",
    "searchInterval": "The step between the pictures that are compared; 2 seconds in the public sample.",
    "resultMotionMaskSize": "Size of the mask in the result; 320 by 200 in the public sample.",
    "GetAlarmLines.from": "How many rows to skip.",
    "GetEventLines.from": "How many rows to skip.",
    "GetAlarmLines.filter": "Conditions, all of which must be true, and the order; None for all alarms.",
    "GetEventLines.filter": "Conditions, all of which must be true, and the order; None for all events.",
    "UpdateAlarm.id": "Id of an alarm.",
    "UpdateAlarm.text": "The comment.",
    "UpdateAlarm.state": "Number of a state; whether 0 leaves it as it is is not known: give the present one.",
    "UpdateAlarm.priority": "Number of a priority; whether 0 leaves it as it is is not known: give the present one.",
    "updates": (
        "Pairs of key and value. Keys: AssignedTo, Comment, Priority, PriorityInt, PriorityName, ReasonCode, State, "
        "StateInt, StateName."
    ),
    "objectId": "Id of the source, for example a camera.",
    "sessionId": "Id of the session.",
    "baseEvent": "The event; Typed('AnalyticsEvent', {...}) for one of a derived type.",
    "path": 'Path of the item, for example "Camera[<id>]"; "/" is the root.',
    "itemType": 'Type of item, for example "Camera".',
    "itemTypes": "Types of items to return.",
    "maxResult": "The most items to return.",
    "languageId": 'A language, for example "en-US".',
    "InvokeMethod.method": "Id of the method, as the item's MethodIds has it.",
    "changesFrom": "Changes since this time.",
    "timeLimit": "How far to search from the time on; a negative span searches backwards [inferred].",
    "fromBookmarkId": "Id of the last bookmark of the page before.",
    "countLimit": "The most rows to return.",
    "pageIndex": "Number of the page, from 0 [inferred].",
    "pageSize": "Rows of a page.",
    "timeTrigged": "The time that the bookmark is about.",
}
"""What parameters mean, by name, or by operation and name where a name means several things."""

MEMBERS = {
    "TimeDuration.MicroSeconds": "Microseconds.",
    "PtzSessionInfo.TimeoutSec": "Seconds.",
    "PtzSessionInfo.TimeoutLeftSec": "Seconds.",
    "JPEGData.Data": "The JPEG file.",
    "JPEGData.Time": "The time of the picture.",
    "PTZArgs.Normalized": "True for positions [inferred], false for PTZMoveStart.",
}
"""What members of structures mean."""


def noted(service: str, description: Description) -> Description:
    """Return a description with these notes: before those of operations, and where members have none."""

    def operation(each: Operation) -> Operation:
        parameters = tuple(
            evolve(one, note=one.note or PARAMETERS.get(f"{each.name}.{one.name}") or PARAMETERS.get(one.name, ""))
            for one in each.parameters or ()
        )
        return evolve(
            each,
            note=joined(PURPOSES[service].get(each.name, ""), each.note),
            parameters=None if each.parameters is None else parameters,
        )

    def member(each: Structure, one: Member) -> Member:
        return evolve(one, note=one.note or MEMBERS.get(f"{each.name.local}.{one.name}", ""))

    def shape(each: Structure | Text) -> Structure | Text:
        if isinstance(each, Text):
            return each
        return evolve(each, members=tuple(member(each, one) for one in each.members))

    return evolve(
        description,
        types=tuple(map(shape, description.types)),
        operations=tuple(map(operation, description.operations)),
    )
