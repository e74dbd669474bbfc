"""The contract of RecorderCommandService: the operations that are built here, and their types."""
# docs/protocol: recorder-service

from milestone_sdk.simulator.recorder.footage import EPOCH
from milestone_sdk.simulator.wire.contract import Contract, Contracts, members_of, operations_of
from milestone_sdk.simulator.wire.values import SCALARS, YEAR_ONE, Scalar, parse_ticks, ticks_of, ticks_text

__all__ = ["CONTRACTS", "NAMESPACE", "OPERATIONS", "TICKS_PER_MILLISECOND", "ticks"]

NAMESPACE = "http://videoos.net/2/XProtectCSRecorderCommand"
TICKS_PER_MILLISECOND = 10_000
"""A tick is 100 ns, the resolution of the wire's dateTime."""
_EPOCH_TICKS = ticks_of(EPOCH)

_REFERENCE = "refWidth:double! refHeight:double!"

OPERATIONS = {
    **operations_of("GetVersion() -> int"),
    **operations_of(
        f"""
        PTZMoveAbsolute(ptzArgs:PTZArgs)
        PTZMoveRelative(ptzArgs:PTZArgs)
        PTZMoveHome()
        PTZMoveStart(ptzArgs:PTZArgs)
        PTZMoveStop()
        PTZCenter({_REFERENCE} centerX:double! centerY:double! zoom:double!)
        PTZRectangle({_REFERENCE} left:double! top:double! bottom:double! right:double!)
        PTZGetAbsolutePosition() -> PTZArgs
        PTZExtendedManualSession()
        PTZGetSessionInfo() -> PtzSessionInfo
        PTZReserveSession()
        PTZReleaseSession()
        PTZActivatePatrollingSchema(patrollingSchemaId:guid!)
        PTZDeactivatePatrollingSchema(patrollingSchemaId:guid!)
        PresetGetList() -> [string]
        PresetMoveTo(presetName:string)
        PresetSet(presetName:string)
        OutputActivate()
        OutputDeactivate()
        OutputTrigger(duration:TimeDuration)
        OutputGetState() -> IOState
        InputGetState() -> IOState
        SequencesGetTypes() -> [SequenceType]
        SequencesGet(sequenceType:guid! minTime:dateTime! maxTime:dateTime! maxCount:int!) -> [SequenceEntry]
        SequencesGetAround(sequenceType:guid! centerTime:dateTime! maxCountBefore:int! maxCountAfter:int!)
            -> [SequenceEntry]
        SequencesGetAroundWithSpan(sequenceType:guid! centerTime:dateTime! maxTimeBefore:TimeDuration
            maxCountBefore:int! maxTimeAfter:TimeDuration maxCountAfter:int!) -> [SequenceEntry]
        GetRetentionTimeLimit() -> dateTime
        TimeLineInformationGet() -> [TimeLineInformationData]
        JPEGGetAt(time:dateTime!) -> JPEGData
        JPEGGetAtOrBefore(time:dateTime!) -> JPEGData
        JPEGGetAtOrAfter(time:dateTime!) -> JPEGData
        JPEGGetLive(maxWidth:int! maxHeight:int!) -> JPEGData
        """,
        first="token:string deviceId:guid!",
    ),
    **operations_of(
        """
        IsManualRecording(deviceIds:[guid]) -> [ManualRecordingInfo]
        StartManualRecording(deviceIds:[guid]) -> [ManualRecordingResult]
        StopManualRecording(deviceIds:[guid]) -> [ManualRecordingResult]
        """,
        first="token:string",
    ),
}

_TYPES = {
    "TimeDuration": "MicroSeconds:long!",
    "PTZArgs": "movement:PTZPairDouble+ speed:PTZPairDouble+ automatic:PTZPairBoolean+ Normalized:boolean",
    "PTZPairDouble": "name:string value:double",
    "PTZPairBoolean": "name:string value:boolean",
    "PtzSessionInfo": "DeviceId:guid PatrollingProfileId:guid ManualPatrollingProfileId:guid User:UserInfo "
    "Priority:int Reserved:boolean IsPatrolling:boolean IsAnonymous:boolean IsPaused:boolean TimeoutSec:int "
    "TimeoutLeftSec:int IsLicensed:boolean",
    "UserInfo": "Sid:string DisplayName:string",
    "SequenceType": "Id:guid Name:string",
    "SequenceEntry": "TimeBegin=begin:dateTime TimeTrigged=triggered:dateTime TimeEnd=end:dateTime",
    "JPEGData": "Time:dateTime Data:base64Binary",
    "ManualRecordingInfo": "DeviceId:guid IsManualRecording:boolean",
    "ManualRecordingResult": "DeviceId:guid ResultCode:int Message:string",
}


def ticks(text: str) -> int:
    """An xs:dateTime in ticks since 1970."""
    return parse_ticks(text) - _EPOCH_TICKS


CONTRACTS = Contracts(
    (Contract(name, NAMESPACE, members_of(text)) for name, text in _TYPES.items()),
    enumerations={"IOState": ("Unknown", "Activated", "Deactivated")},
    scalars={**SCALARS, "dateTime": Scalar(ticks, lambda time: ticks_text(ticks_of(time), 7), YEAR_ONE)},
    namespace=NAMESPACE,
    arrays=NAMESPACE,
    xml_serializer=True,
)
"""Times are read in ticks since 1970, and written with seven fraction digits."""  # docs/protocol: recorder-times
