"""Releases, what each has, and what goes with what: the acceptance values of requirements R3 to R7 and R13."""

import copy
import doctest
import html
import pickle
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import ConfigurationError, MilestoneError, UnsupportedFeature
from milestone_sdk.ports import EVENT_SERVER_PORT, required_ports
from milestone_sdk.releases import (
    NEWEST,
    OLDEST,
    RELEASES,
    Capabilities,
    Capability,
    Release,
    Stage,
    compat,
    fleet_report,
)
from milestone_sdk.simulator import releases as simulated

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "reference" / "compatibility.rst"
releases = st.builds(
    Release, st.integers(2018, 2099), st.integers(0, 9), st.sampled_from(["", *string.ascii_lowercase])
)
versions = st.one_of(
    releases.map(lambda release: release.name),
    releases.map(lambda release: release.version),
    st.from_regex(r"[0-9]{1,4}\.[0-9]{1,3}[a-zA-Z]?(\.[0-9]{1,5}){0,2}", fullmatch=True),
    st.text(max_size=30),
)


# Releases


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("2025R2", Release(2025, 2)),
        ("2025 R2", Release(2025, 2)),
        ("2025 r2", Release(2025, 2)),
        ("  25.2\n", Release(2025, 2)),
        ("25.2a", Release(2025, 2, "a")),
        ("25.2B", Release(2025, 2, "b")),
        ("25.2.1804.0", Release(2025, 2)),
        ("20.1", Release(2020, 1)),
        ("2023R2a", Release(2023, 2, "a")),
        ("XProtect Corporate 2025 R2", Release(2025, 2)),
        ("XProtect Corporate 2019 R1 (13.1a)", Release(2019, 1, "a")),
        ("13.1a", Release(2019, 1, "a")),
        ("12.3", Release(2018, 3)),
        ("18.3", Release(2018, 3)),
        ("26.1", Release(2026, 1)),
        ("2031 R4", Release(2031, 4)),
    ],
)
def test_a_release_is_read_from_whatever_names_it(text: str, release: Release) -> None:
    assert Release.parse(text) == release


@pytest.mark.parametrize(
    "text",
    [
        *("", "2025", "R2", "25", "25.", "25.21", "125.2", "15.1", "10.0a", "25,2", "25.2ab", "2025 R22", "20255 R2"),
        pytest.param("٢٥.٢", id="other-digits"),
        pytest.param("x" * 100_000 + " 2025 R2", id="endless"),
    ],
)
def test_what_names_no_release_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"2025 R2.*25\.2") as caught:
        Release.parse(text)
    assert len(str(caught.value)) < 200


def test_a_release_that_cannot_be_is_refused() -> None:
    for parts in ((25, 2), (2025, -1), (2025, 10), (2025, 2, "ab"), (2025, 2, "A")):
        with pytest.raises(ConfigurationError, match="not a release"):
            Release(*parts)


def test_a_release_is_written_as_milestone_and_as_servers_write_it() -> None:
    assert [str(release) for release in (Release(2025, 2), Release(2023, 2, "a"))] == ["2025 R2", "2023 R2a"]
    assert [release.version for release in (Release(2025, 2), Release(2023, 2, "a"))] == ["25.2", "23.2a"]
    assert [Release(2018, 3).version, Release(2019, 1, "a").version, Release(2020, 1).version] == [
        "12.3",
        "13.1a",
        "20.1",
    ]


@given(releases)
def test_name_and_version_are_read_back(release: Release) -> None:
    assert Release.parse(release.name) == Release.parse(release.version) == release
    assert Release.parse(f"XProtect Expert {release.name} or so").base == release.base
    assert Release.parse(release.version + ".1804.0") == release


@given(releases, releases)
def test_order_is_that_of_time(one: Release, other: Release) -> None:
    assert (one < other) == ((one.year, one.number, one.refresh) < (other.year, other.number, other.refresh))
    assert one.base <= one
    assert one < other or not one.base < other.base


@given(versions)
def test_any_text_is_a_release_or_refused_and_capabilities_never_raise(text: str) -> None:
    try:
        release = Release.parse(text)
    except ConfigurationError:
        release = None
    capabilities = Capabilities.of(text)
    assert capabilities.release == release
    assert Capability.IMAGE_SERVER in capabilities
    assert set(capabilities) == {one for one in Capability if capabilities.supports(one)}
    for capability in Capability:
        if capability in capabilities:
            capabilities.require(capability)
        else:
            with pytest.raises(UnsupportedFeature) as caught:
                capabilities.require(capability)
            assert caught.value.required == str(capability.since)


def test_the_known_releases_stand_in_order() -> None:
    assert list(RELEASES) == sorted(set(RELEASES))
    assert (OLDEST.name, NEWEST.name) == ("2018 R3", "2025 R3")


# Capabilities


@pytest.mark.parametrize(
    ("capability", "last_without", "first_with"),
    [
        ("query_items", "20.1", "20.2"),
        ("register_integration", "20.2", "20.3"),
        ("identity_provider", "20.3", "21.1"),
        ("oauth_soap", "20.3", "21.1"),
        ("api_gateway", "21.2", "22.1"),
        ("config_rest", "21.2", "22.1"),
        ("external_idp", "21.2", "22.1"),
        ("event_server_tls", "21.2", "22.1"),
        ("rest_booleans", "22.1", "22.2"),
        ("webrtc", "22.3", "23.1"),
        ("restricted_media", "23.1", "23.2"),
        ("api_gateway_mandatory", "23.2", "23.3"),
        ("events_websocket", "23.2", "23.3"),
        ("events_websocket_authenticate", "23.3", "24.1"),
        ("alarms_rest", "24.1", "24.2"),
        ("events_rest", "24.1", "24.2"),
        ("messages_websocket", "24.1", "24.2"),
        ("registered_services_rest", "24.1", "24.2"),
        ("effective_permissions_rest", "24.1", "24.2"),
        ("webrtc_websocket", "24.2", "25.1"),
        ("retrieve_edge_storage_task", "25.1", "25.2"),
        ("certificate_oidc", "25.2", "25.3"),
    ],
)
def test_a_capability_is_there_from_its_release_on(capability: str, last_without: str, first_with: str) -> None:
    assert capability not in Capabilities.of(last_without)
    assert Capability(capability) not in Capabilities.of(last_without + "b")
    for version in (first_with, first_with + "a", first_with + ".1.0", "25.3", "26.1", "99.9"):
        assert capability in Capabilities.of(version)


@pytest.mark.parametrize("capability", ["asmx", "alarm_service", "image_server", "recorder_command"])
def test_what_was_always_there_is_there_whatever_the_server_says(capability: str) -> None:
    for version in ("", "12.3", "18.3", "20.1", "25.2", "next", "10.0a"):
        assert capability in Capabilities.of(version)


def test_a_beta_counts_only_when_it_is_asked_for() -> None:
    early, between, late = (Capabilities.of(version) for version in ("23.1", "23.2", "24.2"))
    rest = Capability.ALARMS_REST
    assert [one.stage(rest) for one in (early, between, late)] == [Stage.ABSENT, Stage.BETA, Stage.FINAL]
    assert [one.supports(rest) for one in (early, between, late)] == [False, False, True]
    assert [one.supports(rest, beta=True) for one in (early, between, late)] == [False, True, True]
    between.require(rest, beta=True)
    with pytest.raises(UnsupportedFeature, match=r"a beta until XProtect 2024 R2; this server runs 2023 R2"):
        between.require(rest)
    with pytest.raises(UnsupportedFeature) as caught:
        early.require(rest, beta=True)
    assert (caught.value.required, caught.value.actual) == ("2023 R2", "2023 R1")


def test_a_missing_capability_names_both_releases_the_server_and_the_remedy() -> None:
    capabilities = Capabilities.of("20.1a")
    with pytest.raises(UnsupportedFeature) as caught:
        capabilities.require(
            Capability.RETRIEVE_EDGE_STORAGE_TASK, server="https://vms.example", operation="recordings.retrieve"
        )
    error = caught.value
    assert isinstance(error, MilestoneError)
    assert (error.required, error.actual, error.server) == ("2025 R2", "2020 R1a", "https://vms.example")
    assert not error.retriable
    for part in ("recordings.retrieve on https://vms.example", "RetrieveEdgeStorage", "2025 R2", "2020 R1a", "upgrade"):
        assert part in str(error)


def test_a_server_that_hides_its_version_is_trusted_with_the_least() -> None:
    capabilities = Capabilities.of("")
    assert capabilities.release is None
    assert list(capabilities) == [capability for capability in Capability if capability.since is None]
    with pytest.raises(
        UnsupportedFeature, match=r"unknown release \(version ''\)\. Hint: its version could not be read"
    ) as caught:
        capabilities.require("identity_provider")
    assert caught.value.required == "2021 R1"


def test_a_mistyped_capability_is_no_silent_no() -> None:
    capabilities = Capabilities.of("25.2")
    for ask in (capabilities.supports, capabilities.require, capabilities.stage, capabilities.__contains__):
        with pytest.raises(ConfigurationError, match="alarm_rest"):
            ask("alarm_rest")
    assert 7 not in capabilities


@given(releases, releases)
def test_a_newer_release_has_at_least_what_an_older_one_has(one: Release, other: Release) -> None:
    older, newer = sorted((one, other))
    assert set(Capabilities.of(older.name)) <= set(Capabilities.of(newer.name))


def test_capabilities_survive_a_copy_and_another_process() -> None:
    there = Capabilities.of("23.2a")
    assert pickle.loads(pickle.dumps(there)) == copy.deepcopy(there) == there
    assert hash(pickle.loads(pickle.dumps(there))) == hash(there)
    for capability in Capability:
        assert pickle.loads(pickle.dumps(capability)) is copy.deepcopy(capability) is capability


def test_the_table_is_well_made() -> None:
    for capability in Capability:
        assert capability.value == capability.name.lower()
        assert capability.what
        assert set(capability.evidence.split(", ")) <= _SECTIONS
        assert capability.since is None or capability.since in RELEASES
        if capability.beta is not None:
            assert capability.beta in RELEASES
            assert capability.since is not None
            assert capability.beta < capability.since


_PAGES = Path(__file__).parents[1] / "docs" / "protocol"
_SECTIONS = {
    label for page in _PAGES.glob("*.rst") for label in re.findall(r"^\.\. _([\w-]+):$", page.read_text("utf-8"), re.M)
}


def test_table_and_simulator_agree() -> None:
    """Both were written from the same description, apart from each other."""
    same = {
        "idp": Capability.IDENTITY_PROVIDER,
        "gateway": Capability.API_GATEWAY,
        "event_server_tls": Capability.EVENT_SERVER_TLS,
        "RegisterIntegration": Capability.REGISTER_INTEGRATION,
        "RestrictedMedia": Capability.RESTRICTED_MEDIA,
        "retrieve_edge_storage_task": Capability.RETRIEVE_EDGE_STORAGE_TASK,
    }
    assert [Release.parse(name) for name in simulated.RELEASES] == list(RELEASES)
    for profile in simulated.RELEASES.values():
        told = Capabilities.of(profile.server_version)
        assert told.release == Release.parse(profile.name) == Release.parse(profile.product_version)
        for feature, capability in same.items():
            assert profile.has(feature) == (capability in told), f"{feature} in {profile.name}"


# Patriot


@pytest.mark.requirement(6)
def test_r6_an_older_server_is_expected_to_work() -> None:
    for server in ("2020R1", "2022R2", "22.2b", Release(2018, 3)):
        verdict = compat(client="2022R2", server=server)
        assert verdict
        assert str(verdict) == verdict.outcome == "expected-ok"


@pytest.mark.requirement(6)
def test_r6_a_newer_server_is_never_a_silent_ok() -> None:
    verdict = compat(client="2022R1", server="2022R2")
    assert not verdict
    assert verdict.outcome == "not-assured"
    assert "2022 R2" in (verdict.warning or "")
    assert "2022 R1" in (verdict.warning or "")
    assert str(verdict) == f"not-assured: {verdict.warning}"


@pytest.mark.requirement(6)
def test_r6_a_server_of_unknown_version_is_never_a_silent_ok() -> None:
    verdict = compat(client="2025R2", server="next")
    assert not verdict
    assert "'next'" in (verdict.warning or "")
    with pytest.raises(ConfigurationError):
        compat(client="next", server="2025R2")


@given(releases, releases)
@pytest.mark.requirement(6)
def test_r6_newer_is_all_that_counts(client: Release, server: Release) -> None:
    newer = (server.year, server.number) > (client.year, client.number)
    assert bool(compat(client=client, server=server)) is not newer
    assert bool(compat(client=client.version, server=server.version)) is not newer


@pytest.mark.requirement(7)
def test_r7_a_mixed_fleet_is_told_both_remedies() -> None:
    report = fleet_report({"2021R1", "2022R2"})
    assert report.warning is not None
    for part in ("mixed", "2021 R1", "2022 R2", "one version", "Interconnection Server"):
        assert part in report.warning
    assert f"Warning: {report.warning}" in str(report)


@pytest.mark.requirement(7)
def test_r7_a_uniform_fleet_is_told_nothing() -> None:
    for servers in ([], ["2022R2"], ["22.2", "2022 R2", "22.2a", "22.2.8301.1"]):
        report = fleet_report(servers)
        assert report.warning is None
        assert "Warning" not in str(report)


@pytest.mark.requirement(7)
def test_r7_the_report_says_who_runs_what_oldest_first() -> None:
    report = fleet_report({"south": "25.2a", "north": "21.1", "east": "25.2", "lost": "?"})
    assert list(report.servers.items()) == [
        ("2021 R1", ("north",)),
        ("2025 R2", ("east", "south")),
        ("unknown version '?'", ("lost",)),
    ]
    assert str(report).splitlines()[1] == "2025 R2: east, south"
    assert report.warning is not None


@pytest.mark.requirement(13)
def test_r13_exactly_four_ports_with_their_purposes() -> None:
    assert [(port.number, port.purpose) for port in required_ports()] == [
        (80, "authentication (http)"),
        (443, "authentication (https)"),
        (7563, "video, audio and PTZ"),
        (22333, "alarms (MIP communication)"),
    ]


@pytest.mark.requirement(13)
def test_r13_the_port_that_alarms_really_come_over_is_told_besides() -> None:
    assert EVENT_SERVER_PORT.number == 22331
    assert EVENT_SERVER_PORT.used
    assert "not in Patriot's table" in (EVENT_SERVER_PORT.note or "")
    assert [port.number for port in required_ports() if not port.used] == [22333]


# The page


def test_the_examples_of_the_page_run() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS)
    assert result.attempted >= 10
    assert result.failed == 0


def test_the_page_shows_the_table_as_the_data_have_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.rst").write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    extensions = "extensions=sphinx.ext.autodoc,sphinx.ext.intersphinx,python_names,error_table,compatibility_table"
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-c", str(DOCS), "-D", extensions]
    built = subprocess.run(
        [*command, "-d", str(tmp_path / "doctrees"), str(source), str(tmp_path / "out")], capture_output=True, text=True
    )
    assert (built.returncode, built.stderr) == (0, "")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    rows = [
        [html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    ]
    shown = {}
    release = ""
    for since, what, name, beta, evidence in filter(None, rows):
        release = since or release  # a blank stands for the release above
        shown[name] = (release, what, beta, evidence)
    for capability in Capability:
        release, what, beta, evidence = shown.pop(capability.value)
        first = capability.since
        assert release == (f"{first} ({first.version})" if first else "2018 R3 (12.3) or before")
        assert (what, beta, evidence) == (capability.what, str(capability.beta or ""), capability.evidence)
    assert shown.keys() <= {""}, "only releases that brought nothing are left"
