# Generated from tests/_async/diagnosis/test_diagnose.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""`site.diagnose()`: each fault of a site has its finding, and none hides another."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from milestone_sdk import Client, BasicUser, ConfigurationError, Finding, SiteFacts, Status, Trust, WindowsUser
from milestone_sdk._net.blocking import Clock
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site import Site, interconnect_site
from milestone_sdk.simulator.wire.authority import Authority

from ...support.loopback import Proxy, TLSServer, refusing_port
from ...support.stopwatch import Stopwatch
from ..opening import client_of

pytestmark = pytest.mark.anyio

ORDER = [
    *("ports", "certificates", "login", "versions", "event server", "recorders", "clock", "rights"),
    *("alarm definitions", "recordings", "camera names", "interconnect"),
]
Factory = Callable[..., Simulator]


def diagnosed(client: Client, **options: float) -> tuple[Finding, ...]:
    try:
        return client.diagnose(**options)
    finally:
        client.close()


def findings_of(simulator: Simulator) -> tuple[Finding, ...]:
    return diagnosed(client_of(simulator))


def of(findings: Iterable[Finding], check: str, status: Status | None = None) -> list[Finding]:
    return [finding for finding in findings if finding.check == check and status in (None, finding.status)]


def told(findings: Iterable[Finding], check: str, status: Status) -> str:
    """What the findings of a check with that status say, remedies included; fails where there are none."""
    found = of(findings, check, status)
    assert found, [str(finding) for finding in findings]
    return " | ".join(f"{finding.what} -> {finding.remedy}" for finding in found)


# A healthy site


def test_a_healthy_site_has_no_error(simulator: Simulator) -> None:
    findings = findings_of(simulator)
    assert [str(finding) for finding in findings if finding.status is Status.ERROR] == []
    assert list(dict.fromkeys(finding.check for finding in findings)) == ORDER
    for finding in findings:
        assert (finding.remedy is None) == finding.ok, "what is not in order has a remedy"


@pytest.mark.requirement(13)
def test_r13_each_port_has_one_line_with_its_purpose(simulator: Simulator) -> None:
    ports = of(findings_of(simulator), "ports")
    assert [finding.what.split(":")[0] for finding in ports] == [
        "80, authentication (http)",
        "443, authentication (https)",
        "7563, video, audio and PTZ",
        "22331, alarms (alarm service)",
        "22333, alarms (MIP communication)",
    ]
    where = {finding.where for finding in ports}
    assert simulator.url.removeprefix("https://") in where, "the port of the location counts"
    assert simulator.http_url.removeprefix("http://") in where, "the site announces this one"
    assert "not in Patriot's table" in ports[3].what
    assert [finding.status for finding in ports] == [Status.OK] * 4 + [Status.WARNING], "nobody serves 22333 here"


def test_the_login_is_told_with_the_lives_of_both_tokens(simulator: Simulator) -> None:
    text = " ".join(finding.what for finding in of(findings_of(simulator), "login", Status.OK))
    assert "basic user 'arc'" in text
    assert "the identity provider" in text
    assert "the access token for 60 min and the corporate token for 240 min" in text


def test_no_finding_holds_a_secret(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        text = "\n".join(map(str, site.diagnose()))
        secrets = [simulator.password, site.token.access(), site.token.corporate()]
    text += "\n".join(map(str, diagnosed(client_of(simulator, password="wr0ng&secret"))))
    assert [secret for secret in (*secrets, "wr0ng&secret", "TOKEN#") if secret in text] == []


def test_the_client_is_left_as_it_was(simulator: Simulator) -> None:
    client = client_of(simulator)
    client.diagnose()
    assert simulator.requests[-1].operation == "Logout", "the diagnosis logs out what it logged in"
    with client:
        corporate = client.token.corporate()
        client.diagnose()
        assert client.token.corporate() == corporate
        assert len(client.cameras()) == 5
    with pytest.raises(ConfigurationError, match="deadline must be > 0"):
        client.diagnose(deadline=0)


@pytest.mark.parametrize("release", ["2020R1", "2022R1", "2023R3"])
def test_older_releases_are_no_error(simulator_factory: Factory, release: str) -> None:
    findings = findings_of(simulator_factory(release=release))
    assert [str(finding) for finding in findings if finding.status is Status.ERROR] == []
    assert "does not distinguish them" in told(findings, "rights", Status.WARNING)
    form = "HTTP Basic" if release == "2020R1" else "identity provider"
    assert form in told(findings, "login", Status.OK)


def test_a_windows_user_before_2021_lacks_only_the_configuration_api(simulator_factory: Factory) -> None:
    simulator = simulator_factory(release="2020R1")
    user = next(user for user in simulator.site.users if user.kind == "windows")
    client = Client(
        simulator.url, WindowsUser(user.name, user.password), trust=Trust.ca_file(simulator.ca_file), timeout=10
    )
    findings = diagnosed(client)
    assert "Windows authentication" in told(findings, "login", Status.OK)
    assert [str(finding) for finding in findings if finding.status is Status.ERROR] == []
    for check in ("versions", "alarm definitions"):
        assert "does not accept Windows users" in told(findings, check, Status.WARNING)


# No login


def test_a_wrong_password_is_tried_once_and_never_again(simulator: Simulator) -> None:
    client = client_of(simulator, password="wrong")
    findings = client.diagnose()
    assert "tried once" in told(findings, "login", Status.ERROR)
    not_made = [finding for finding in findings if finding.what == "not made: no login"]
    assert {finding.status for finding in not_made} == {Status.ERROR}
    assert [finding.check for finding in not_made] == [name for name in ORDER if name not in ("ports", "login")], (
        "one finding each; event server and recorders have certificates and clocks too"
    )
    made = {finding.check for finding in findings if finding not in not_made}
    assert made == {"ports", "certificates", "login", "clock"}
    client.diagnose()
    client.close()
    tokens = [request for request in simulator.requests if request.operation == "token"]
    assert len(tokens) == 1


def test_a_login_that_was_refused_to_the_client_is_not_tried_by_the_diagnosis(simulator: Simulator) -> None:
    client = client_of(simulator, password="wrong")
    with pytest.raises(Exception, match="wrong user name or password"):
        client.open()
    client.close()
    simulator.forget()
    assert "wrong user name or password" in told(client.diagnose(), "login", Status.ERROR)
    assert [request for request in simulator.requests if request.operation == "token"] == []


def test_a_server_that_is_not_there(simulator: Simulator) -> None:
    with refusing_port() as port:
        client = client_of(simulator, location=f"https://127.0.0.1:{port}")
        watch = Stopwatch()
        findings = diagnosed(client, deadline=5.0)
        assert watch.seconds < 5
    assert "could not connect" in told(findings, "login", Status.ERROR)
    assert "could not connect" in told(findings, "certificates", Status.ERROR)
    assert "443" in told(findings, "ports", Status.ERROR)
    assert "not known without a login" in told(findings, "ports", Status.WARNING)


def test_a_server_that_never_answers_is_told_of_in_time(simulator: Simulator) -> None:
    with TLSServer(None, lambda _: b"") as silent:
        client = client_of(simulator, location=f"https://127.0.0.1:{silent.port}")
        watch = Stopwatch()
        findings = diagnosed(client, deadline=2.0)
        assert watch.seconds < 3.5
    assert "443" in told(findings, "ports", Status.OK), "the port is open"
    assert "within the time given" in told(findings, "login", Status.ERROR)
    assert told(findings, "interconnect", Status.ERROR).startswith("not made: no login")


def test_a_login_that_hangs_leaves_the_others_time_to_say_so(simulator: Simulator) -> None:
    simulator.faults.add("idp", "deaf", operation="token")
    findings = diagnosed(client_of(simulator), deadline=2.0)
    assert "within the time given" in told(findings, "login", Status.ERROR)
    assert "not made: no login" in told(findings, "recorders", Status.ERROR)
    assert of(findings, "certificates", Status.OK)
    assert of(findings, "clock", Status.OK)
    assert len(of(findings, "ports")) == 5


def test_one_check_that_hangs_delays_no_other(simulator: Simulator) -> None:
    simulator.faults.add("management", "deaf", operation="GetConfiguration")
    client = client_of(simulator)
    watch = Stopwatch()
    findings = diagnosed(client, deadline=2.0)
    assert watch.seconds < 4
    assert "could not be made" in told(findings, "camera names", Status.ERROR)
    assert "longer deadline" in told(findings, "camera names", Status.ERROR)
    assert "logged in" in told(findings, "login", Status.OK)
    assert of(findings, "event server", Status.OK)
    assert of(findings, "alarm definitions", Status.OK)
    assert of(findings, "versions", Status.OK)


def test_a_service_that_fails_hides_no_other(simulator: Simulator) -> None:
    simulator.faults.add("management", "status", operation="GetServices", code=500)
    findings = findings_of(simulator)
    assert "could not be made" in told(findings, "event server", Status.ERROR)
    assert of(findings, "recorders", Status.OK)
    assert of(findings, "camera names", Status.OK)


# Checks of one's own


class Counting:
    name = "counting"

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        assert facts.configuration is not None
        assert facts.priorities is not None
        assert facts.alarm_definitions is not None
        assert facts.info is not None
        counts = (len(facts.configuration.cameras), len(facts.priorities), len(facts.alarm_definitions))
        return [Finding(status=Status.OK, check=self.name, where=facts.info.version, what=f"{counts}")]


class Failing:
    name = "failing"

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        raise KeyError("s&e+c%ret ö")


class Asking:
    name = "asking"

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        assert facts.configuration is None
        return [Finding(status=Status.OK, check=self.name, where="", what=facts.missing["configuration"])]


def test_checks_of_ones_own_come_last_and_in_order(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        findings = site.diagnose(Failing(), Counting())
    failing, counting = findings[-2:]
    assert (failing.check, failing.status) == ("failing", Status.ERROR)
    assert failing.what == "the check could not be made: it failed with KeyError"
    assert (counting.where, counting.what) == ("25.2a", "(5, 3, 4)")


def test_checks_of_ones_own_are_told_what_is_missing(simulator: Simulator) -> None:
    client = client_of(simulator, password="wrong")
    assert "wrong user name or password" in (client.diagnose(Asking()))[-1].what
    client.close()


# Certificates


class LaterClock(Clock):
    """A clock of somebody who looks later."""

    def __init__(self, days: int) -> None:
        self._later = timedelta(days=days)

    def utcnow(self) -> datetime:
        return super().utcnow() + self._later


@pytest.mark.parametrize(("later", "status"), [(0, Status.OK), (70, Status.WARNING), (100, Status.ERROR)])
def test_certificates_are_told_with_the_days_that_are_left(
    simulator: Simulator, later: int, status: Status
) -> None:
    user = BasicUser(simulator.username, simulator.password)
    trust = Trust.ca_file(simulator.ca_file)
    client = Client(simulator.url, user, trust=trust, timeout=10, clock=LaterClock(later))
    certificates = of(diagnosed(client), "certificates")
    assert [finding.status for finding in certificates] == [status] * 3
    for finding, server in zip(certificates, ("management server", "event server", "recorder"), strict=True):
        assert server in finding.what
        assert "'localhost', '127.0.0.1'" in finding.what
        assert "Simulated site authority" in finding.what
    days = {0: "expires in 89 days", 70: "expires in 19 days", 100: "expired 10 days ago"}[later]
    assert all(days in finding.what for finding in certificates)


@pytest.mark.parametrize(
    ("names", "expired", "said"),
    [
        (("127.0.0.1",), True, "it has expired"),
        (("vms.example.com",), False, "does not hold the name 127.0.0.1"),
    ],
)
def test_a_certificate_that_is_not_believed(
    simulator: Simulator, names: tuple[str, ...], expired: bool, said: str
) -> None:
    certificate = simulator.authority.issue(names, expired=expired)
    simulator.management.present(certificate)
    text = told(findings_of(simulator), "certificates", Status.ERROR)
    assert said in text
    assert "Trust.pinned" in text


def test_an_authority_that_nobody_here_knows(
    simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Authority(tmp_path_factory.mktemp("other"))
    user = BasicUser(simulator.username, simulator.password)
    findings = diagnosed(Client(simulator.url, user, trust=Trust.ca_file(other.ca_file), timeout=10))
    assert "unknown CA" in told(findings, "certificates", Status.ERROR)
    assert "not trusted" in told(findings, "login", Status.ERROR)
    assert [request for request in simulator.requests if "authorization" in request.headers] == []


def test_what_speaks_http_is_told(simulator_factory: Factory) -> None:
    findings = findings_of(simulator_factory(recorder_tls=False, event_server_tls=False))
    clear = of(findings, "certificates", Status.WARNING)
    assert ["uses http" in finding.what for finding in clear] == [True, True]


# Services


@pytest.mark.requirement(21)
def test_r21_an_event_server_that_does_not_answer(simulator: Simulator) -> None:
    simulator.stop_service("event_server")
    findings = findings_of(simulator)
    assert "cannot be reached" in told(findings, "event server", Status.ERROR)
    assert "22331" in told(findings, "ports", Status.ERROR)
    assert of(findings, "recorders", Status.OK)


@pytest.mark.requirement(21)
def test_r21_an_event_server_that_is_not_registered(simulator_factory: Factory) -> None:
    findings = findings_of(simulator_factory(services=("management", "recorder")))
    assert "no event server is registered" in told(findings, "event server", Status.ERROR)


def test_a_recorder_that_does_not_answer(simulator: Simulator) -> None:
    simulator.stop_service("recorder")
    findings = findings_of(simulator)
    assert "public access" in told(findings, "recorders", Status.ERROR)
    assert "7563" in told(findings, "ports", Status.ERROR)
    assert "could not be asked" in told(findings, "recordings", Status.ERROR)


@pytest.mark.requirement(12)
def test_r12_a_private_recorder_behind_a_public_server(
    simulator_factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy stands for the way to the public address, which nobody here has."""
    simulator = simulator_factory(certificate_names=("1.1.1.1", "127.0.0.1"))
    port = int(simulator.url.rpartition(":")[2])
    with Proxy(port) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        findings = diagnosed(client_of(simulator, location="https://1.1.1.1"))
    text = told(findings, "recorders", Status.ERROR)
    assert "only a private address" in text
    assert "public access is off" in text
    assert "enable public access on the recorder" in text
    assert "a proxy of the environment leads there" in told(findings, "ports", Status.OK)


@pytest.mark.parametrize(("seconds", "status"), [(2, Status.OK), (-12, Status.WARNING), (300, Status.ERROR)])
def test_clocks_that_differ(simulator: Simulator, seconds: int, status: Status) -> None:
    simulator.edit(lambda site: setattr(site, "clock_offset", timedelta(seconds=seconds)))
    clocks = of(findings_of(simulator), "clock")
    assert [finding.status for finding in clocks] == [status, status]
    side = "ahead of" if seconds > 0 else "behind"
    assert all(side in finding.what for finding in clocks)


@pytest.mark.requirement(7)
def test_r7_mixed_versions_are_told_with_both_remedies(simulator_factory: Factory) -> None:
    site = example_site()
    site.recorders[0].settings["Version"] = "23.2.0.1"
    text = told(findings_of(simulator_factory(site)), "versions", Status.WARNING)
    assert "2023 R2: recorder" in text
    assert "one version" in text
    assert "Interconnection Server" in text


# Rights


def test_a_user_who_sees_nothing(simulator_factory: Factory) -> None:
    site = example_site()
    site.users[0].visible = set[UUID]()
    assert "sees no camera" in told(findings_of(simulator_factory(site)), "rights", Status.ERROR)


def test_a_user_who_may_not_play_back(simulator_factory: Factory) -> None:
    site = example_site()
    site.camera("C1").rights["Browse"] = False
    text = told(findings_of(simulator_factory(site)), "rights", Status.WARNING)
    assert "may not play back 1 of 5 cameras: 'C1'" in text


def test_a_user_who_sees_alarms(simulator: Simulator) -> None:
    simulator.trigger("Motion Detected", source="C1")
    assert "this user sees alarms" in told(findings_of(simulator), "rights", Status.OK)


def test_no_alarms_and_no_right_to_see_them_are_told_apart(simulator: Simulator) -> None:
    assert "there are no alarms" in told(findings_of(simulator), "rights", Status.OK)
    refusal = b'{"error":{"httpCode":403,"details":[{"errorText":"no","errorTextId":"VMO61008"}]}}'
    simulator.faults.add(
        "idp", "body", operation="alarmPriorities", bytes=refusal, status=403, content_type="application/json"
    )
    assert "View on Alarms" in told(findings_of(simulator), "rights", Status.ERROR)


# Alarm definitions


def broken(change: Callable[[Site], object]) -> Site:
    site = example_site()
    change(site)
    return site


@pytest.mark.requirement(19)
def test_r19_no_alarm_definitions(simulator_factory: Factory) -> None:
    simulator = simulator_factory(broken(lambda site: site.alarm_definitions.clear()))
    assert "no alarms can arrive" in told(findings_of(simulator), "alarm definitions", Status.ERROR)


def test_alarm_definitions_that_are_all_switched_off(simulator_factory: Factory) -> None:
    site = example_site()
    for definition in site.alarm_definitions:
        definition.enabled = False
    text = told(findings_of(simulator_factory(site)), "alarm definitions", Status.ERROR)
    assert "all 4 alarm definitions are disabled: no alarms can arrive" in text


@pytest.mark.requirement(20)
def test_r20_external_events_and_others_that_are_not_well_made(simulator_factory: Factory) -> None:
    site = example_site()
    site.camera("C2").enabled = False
    site.alarm_definitions[0].sources.append(UUID(int=7))
    site.alarm_definitions[2].enabled = False
    findings = of(findings_of(simulator_factory(site)), "alarm definitions")
    assert "External Event triggers 1 of 4 alarm definitions" in told(findings, "alarm definitions", Status.WARNING)
    assert "'Gate opened'" in told(findings, "alarm definitions", Status.WARNING)
    assert "the source 'C2' is disabled" in told(findings, "alarm definitions", Status.WARNING)
    assert "1 of 4 alarm definitions are disabled" in told(findings, "alarm definitions", Status.WARNING)
    lost = of(findings, "alarm definitions", Status.ERROR)
    assert [finding.where for finding in lost] == ["Motion indoors"]
    assert f"Camera[{UUID(int=7)}] does not exist" in lost[0].what


@pytest.mark.requirement(19)
def test_r19_an_alarm_definition_without_source(simulator_factory: Factory) -> None:
    site = example_site()
    site.alarm_definitions[0].settings["SourceList"] = ""
    text = told(findings_of(simulator_factory(site)), "alarm definitions", Status.ERROR)
    assert "have no source: 'Motion indoors'" in text


@pytest.mark.requirement(17)
def test_r17_a_device_event_that_is_switched_off(simulator_factory: Factory) -> None:
    site = example_site()
    site.camera("C1").events = {"Motion Detected": False, "Input 1": True}
    site.camera("C2").events = {"Motion Detected": True}
    found = of(findings_of(simulator_factory(site)), "alarm definitions", Status.WARNING)
    off = [finding for finding in found if "disabled at the device" in finding.what]
    assert [finding.where for finding in off] == ["Motion outdoors"]
    assert str(site.camera("C1").id) in off[0].what
    assert "Event tab" in (off[0].remedy or "")


def test_alarm_definitions_that_the_user_may_not_read(simulator_factory: Factory) -> None:
    site = example_site()
    site.users[0].denied = ("/AlarmDefinitionFolder",)
    text = told(findings_of(simulator_factory(site)), "alarm definitions", Status.WARNING)
    assert "cannot be read" in text


# Cameras


def test_cameras_without_recordings_are_named(simulator: Simulator) -> None:
    text = told(findings_of(simulator), "recordings", Status.WARNING)
    assert "1 of 5 cameras asked recorded nothing in the last day: 'Store Room'" in text


@pytest.mark.requirement(47)
def test_r47_names_that_could_be_mistaken(simulator_factory: Factory) -> None:
    site = example_site()
    for camera, name in zip(site.cameras, ("Gate", "Gate", "gate ", "Yard", "Yard  2"), strict=True):
        camera.name = name
    text = told(findings_of(simulator_factory(site)), "camera names", Status.WARNING)
    assert "several cameras: 'Gate'" in text
    assert "differ only in case, blanks or Unicode form: 'Gate', 'gate '" in text
    assert "begin or end with a blank: 'gate '" in text
    assert "Yard" not in text


@pytest.mark.requirement(75, 81)
def test_r81_a_central_server_of_interconnect(simulator_factory: Factory) -> None:
    findings = findings_of(simulator_factory(interconnect_site()))
    remote = of(findings, "interconnect", Status.OK)
    assert [finding.where for finding in remote] == ["Depot"]
    assert "1 play directly from there" in remote[0].what
    assert "alarms stay there" in told(findings, "interconnect", Status.WARNING)
    assert of(findings, "recordings", Status.ERROR) == []
