"""Our descriptions against the ones that servers published, where those are at hand (`../shared/protocol/captures`)."""

import re
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from lxml import etree

from milestone_sdk.simulator import Simulator
from milestone_sdk.wsdl import DESCRIPTIONS

from .interface_description import Element, Interface, Shape, Signature, read

ROOT = Path(__file__).resolve().parents[2]
DESCRIBED = ROOT / "milestone_sdk" / "wsdl"
CAPTURES = ROOT.parent / "shared" / "protocol" / "captures"
ABSENT = f"the captured descriptions of real servers are not at {CAPTURES.relative_to(ROOT.parent)} beside the project"

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason=ABSENT)

SC = "{http://videoos.net/2/XProtectCSServerCommand}"
DATA = "{http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI}"
ARRAYS = "{http://schemas.microsoft.com/2003/10/Serialization/Arrays}"
RESTRICTED = {"RestrictedMediaCreate", "RestrictedMediaRemove", "RestrictedMediaView"}
MEDIA_RESTRICTION = {  # since 2023 R2, later than every capture with types
    f"{SC}{kind}SecurityInfo": RESTRICTED for kind in ("Camera", "MetadataDevice", "Microphone", "Speaker")
}


def ours(service: str) -> Interface:
    return read([DESCRIBED / DESCRIPTIONS[service]])


def captured(name: str) -> Interface:
    path = CAPTURES / name
    return read(sorted(path.iterdir()) if path.is_dir() else [path])


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints past pytest's capture: the counts are part of what this comparison is for."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {text}", end="")

    return line


def differing_signatures(mine: Interface, theirs: Interface) -> dict[str, tuple[Signature | None, Signature]]:
    return {
        name: (mine.signatures.get(name), signature)
        for name, signature in theirs.signatures.items()
        if mine.signatures.get(name) != signature
    }


def without(shape: Shape, later: set[str]) -> Shape:
    members = tuple(member for member in shape.members if member.name not in later)
    return Shape(shape.base, members, shape.values)


def differing_types(mine: Interface, theirs: Interface, later: dict[str, set[str]]) -> dict[str, tuple[Shape, Shape]]:
    """Types that the captured operations use and that are not the same, members of `later` left out of ours."""
    empty = Shape()
    return {
        name: (mine.types.get(name, empty), theirs.types[name])
        for name in theirs.reachable(theirs.signatures)
        if without(mine.types.get(name, empty), later.get(name, set())) != theirs.types[name]
    }


def in_common_order(mine: Interface, theirs: Interface) -> bool:
    return [name for name in mine.actions if name in theirs.actions] == list(theirs.actions)


def test_recorder_is_the_one_of_2025_r1(say: Callable[[str], None]) -> None:
    mine, theirs = ours("recorder"), captured("recordercommand-25.1.wsdl")
    assert mine.actions == theirs.actions
    assert in_common_order(mine, theirs)
    assert differing_signatures(mine, theirs) == {}
    assert differing_types(mine, theirs, {}) == {}
    assert set(mine.types) == theirs.reachable(theirs.signatures)
    assert len(theirs.signatures) == 46
    say(f"recorder: {len(theirs.signatures)} of 46 operations, {len(mine.types)} types, equal to 25.1")


def outline(root: etree._Element) -> dict[str, list[str]]:
    """What is in a description beside operations and types: names, and what each binding and port is of."""
    wsdl = "{http://schemas.xmlsoap.org/wsdl/}"
    bound = ("binding", "type", "message")
    found = {
        kind: [
            " ".join(str(node.get(name)) for name in ("name", *bound) if node.get(name))
            for node in root.iter(f"{wsdl}{kind}")
        ]
        for kind in ("message", "portType", "input", "output", "binding", "service", "port", "documentation")
    }
    bodies = [etree.QName(node).namespace for node in root.iterfind(f".//{wsdl}port/*")]
    actions = [str(node.get("soapAction")) for node in root.iter("{*}operation") if node.get("soapAction")]
    return {**found, "addresses": [str(body) for body in bodies], "actions": actions}


def test_the_simulated_recorder_publishes_what_a_real_one_does(
    simulator_factory: Callable[..., Simulator], tmp_path: Path, say: Callable[[str], None]
) -> None:
    simulator = simulator_factory()
    address = f"{simulator.site.recorders[0].uri}RecorderCommandService/RecorderCommandService.asmx"
    answer = httpx.get(f"{address}?wsdl", verify=ssl.create_default_context(cafile=simulator.ca_file))
    (tmp_path / "served.wsdl").write_bytes(answer.content)
    mine, theirs = read([tmp_path / "served.wsdl"]), captured("recordercommand-25.1.wsdl")
    assert mine == theirs
    served = etree.fromstring(answer.content)
    real = etree.parse(CAPTURES / "recordercommand-25.1.wsdl").getroot()
    assert outline(served) == outline(real)
    place = re.compile(r"http://[^/]+:\d+/recordercommandservice/recordercommandservice\.asmx")
    for root in (served, real):
        assert all(place.fullmatch(str(node.get("location"))) for node in root.iter("{*}address"))
    say(f"the simulated recorder: {len(mine.actions)} operations in two bindings, as captured from 25.1")


def test_recorder_differs_from_2018_as_documented() -> None:
    mine, theirs = ours("recorder"), captured("recordercommand-2018.wsdl")
    assert set(theirs.actions) - set(mine.actions) == {"ControlLiveStream"}
    assert set(differing_signatures(mine, theirs)) == {"ControlLiveStream"}
    tns = "{http://videoos.net/2/XProtectCSRecorderCommand}"
    later = {f"{tns}{name}": {"PrivacyMaskVersion"} for name in ("ClientCapabilities", "MulticastInfo")}
    only_2018 = {f"{tns}{name}" for name in ("ArrayOfLiveStreamDevice", "ArrayOfLiveStreamSetting")} | {
        f"{tns}{name}" for name in ("LiveStreamDevice", "LiveStreamSetting")
    }
    assert set(differing_types(mine, theirs, later)) == only_2018


def test_server_command_has_the_names_and_actions_of_2025_r1(say: Callable[[str], None]) -> None:
    mine, theirs = ours("server_command"), captured("servercommand-25.1.wsdl")
    assert list(mine.actions.items()) == list(theirs.actions.items())
    assert len(theirs.actions) == 69
    say(f"server command: {len(theirs.actions)} of 69 names and actions, equal to 25.1, in its order")


def test_server_command_has_every_signature_that_was_published(say: Callable[[str], None]) -> None:
    mine = ours("server_command")
    about_2022, in_2023 = captured("ServerCommandService"), captured("servercommand-2023-singlewsdl.xml")
    assert differing_signatures(mine, about_2022) == {}
    # A browser folded one result and one type of this capture; the other capture has both.
    assert set(differing_signatures(mine, in_2023)) == {"GetSystemLicenseInfo"}
    assert differing_types(mine, about_2022, MEDIA_RESTRICTION) == {}
    assert set(differing_types(mine, in_2023, MEDIA_RESTRICTION)) == {f"{SC}ProductInfo"}
    proven = set(about_2022.signatures) | set(in_2023.signatures)
    unproven = set(mine.actions) - proven
    assert len(proven) == 60
    assert len(unproven) == 9
    assert all(name.startswith("RestrictedMedia") for name in unproven)
    say(f"server command: {len(proven)} of 60 full signatures, {len(mine.types)} types; {len(unproven)} by name only")


def test_server_command_of_2019_is_a_part_of_ours() -> None:
    mine, theirs = ours("server_command"), captured("ServerCommandService-2019")
    assert in_common_order(mine, theirs)
    # Three enumerations moved to another namespace since; not on the wire (docs/protocol: servercommand-shape).
    moved = {"SortOrderOption", "ResultStatus", "RetentionOptionType"}

    def unmoved(element: Element) -> tuple[str, str, bool]:
        local = element.type.rpartition("}")[2]
        return element.name, local if local in moved else element.type, element.nillable

    for name, signature in theirs.signatures.items():
        assert list(map(unmoved, mine.signatures[name].parameters)) == list(map(unmoved, signature.parameters)), name
    later = {
        **MEDIA_RESTRICTION,
        f"{SC}ImmerVisionInfo": {"LensProfileFieldOfView"},
        f"{SC}MarkedDataResult": {"WarningDevices"},
    }
    for name, (wide, narrow) in differing_types(mine, theirs, later).items():
        if name.rpartition("}")[2] not in moved:
            kept = without(wide, later.get(name, set()))
            assert list(map(unmoved, kept.members)) == list(map(unmoved, narrow.members)), name


def test_asmx_form_is_the_one_of_2018_with_later_members(say: Callable[[str], None]) -> None:
    mine, theirs = ours("server_command_asmx"), captured("servercommand-asmx-2018.wsdl")
    assert set(mine.actions) == {"Login", "Logout", "GetConfiguration"}
    for name, signature in mine.signatures.items():
        assert signature == theirs.signatures[name]
    later = {
        **MEDIA_RESTRICTION,
        f"{SC}ConfigurationInfo": {"AudioMessages"},
        f"{SC}DeviceInfo": {
            "CoverageDepth",
            "CoverageDirection",
            "CoverageFieldOfView",
            "GisPoint",
            "Icon",
            "ShortName",
        },
        f"{SC}ImmerVisionInfo": {"LensProfileFieldOfView"},
    }
    used = theirs.reachable(mine.signatures)
    for name in used:
        assert without(mine.types[name], later.get(name, set())) == theirs.types[name]
    assert set(mine.types) - used == {f"{SC}ArrayOfAudioMessageInfo", f"{SC}AudioMessageInfo"}
    say(f"server command .asmx: 3 of 3 operations, {len(used)} types, in the order of 2018")


@pytest.mark.parametrize("capture", ["ConfigurationApiService", "ConfigurationApiService-2019"])
def test_configuration_has_every_operation(capture: str, say: Callable[[str], None]) -> None:
    mine, theirs = ours("configuration"), captured(capture)
    assert in_common_order(mine, theirs)
    assert {name: mine.actions[name] for name in theirs.actions} == theirs.actions
    assert differing_signatures(mine, theirs) == {}
    # The pair inside a dictionary has no name in the captures; we name it, with the same members.
    different = differing_types(mine, theirs, {f"{DATA}Property": {"ValueArray"}})
    assert set(different) == {f"{ARRAYS}ArrayOfKeyValueOfstringstring"}
    expected = {"ConfigurationApiService": 16, "ConfigurationApiService-2019": 14}[capture]
    assert len(theirs.signatures) == expected
    assert len(mine.actions) == 16
    say(f"configuration: {len(theirs.signatures)} of {expected} operations and their faults, equal to {capture}")


def test_value_array_stands_between_value_and_value_type() -> None:
    names = [member.name for member in ours("configuration").types[f"{DATA}Property"].members]
    assert names[names.index("Value") :] == ["Value", "ValueArray", "ValueType", "ValueTypeInfos"]


@pytest.mark.parametrize(
    ("service", "capture", "count"),
    [("alarm", "AlarmServiceToken", 29), ("service_registration", "ServiceRegistrationService", 8)],
)
def test_the_whole_service_is_the_published_one(
    service: str, capture: str, count: int, say: Callable[[str], None]
) -> None:
    mine, theirs = ours(service), captured(capture)
    assert list(mine.actions.items()) == list(theirs.actions.items())
    assert differing_signatures(mine, theirs) == {}
    assert differing_types(mine, theirs, {}) == {}
    assert len(theirs.signatures) == count
    say(f"{service}: {count} of {count} operations, {len(mine.types)} types, equal to the capture")
