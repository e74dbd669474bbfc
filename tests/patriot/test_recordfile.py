"""Records in a file: what it may hold, and everything that is wrong with it, at once, with its line."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import keyring
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from milestone_sdk import BasicUser, ConfigurationError, CurrentUser, InvalidRecords, Trust, WindowsUser
from milestone_sdk.patriot import (
    ClientRecord,
    EventTypeTemplate,
    PatriotRecords,
    SinkRecord,
    TaskRecord,
    Zone,
    load_records,
    records_schema,
)

LOGIN = 'login = { kind = "basic", user = "arc", password = { env = "ARC_PW" } }'
SERVER = f'location = "https://vms.example"\n{LOGIN}'
PIN = "sha256:" + "ab" * 32
WHOLE = f"""\
checkpoints = "state/checkpoints.db"
patriot_version = "6.11"
client_files = "2022 R2"

[task]
description = "Milestone alarms"
computer = "ARC-TASKS-1"
system_account = "9999"
port_id = "01"
backup = true

[link_signals]
link_lost = 600

[[sinks]]
type = "jsonlines"
path = "out/signals.jsonl"
rotate_bytes = 1000

[[templates]]
name = "Milestone Template"
event_types = {{ 1 = "High", 130 = "Intruder" }}

[[clients]]
id = "1234"
area = "0001"
port = "01"
name = "Harbour"
location = "http://vms.example:8080"
kind = "standard"
template = "Milestone Template"
event_type_overrides = {{ 2 = 130 }}
site_filter = "SiteA"
retrieve_remote_recordings = true
trust = {{ pinned = ["{PIN}"] }}
{LOGIN}
zones = [
    {{ number = 1, name = "C1" }},
    {{ number = 2, name = "C1 alarm", camera_coverage = "C1" }},
    {{ number = 40, name = "Back door", has_camera = false }},
]

[[clients]]
id = "7"
location = "https://head.example"
login.kind = "single_sign_on"
event_reporting = false
kind = "interconnect"
[[clients.zones]]
number = 1
name = "Gate"

[[clients]]
id = "8"
location = "https://mill.example"
template = "Template of their own"
[clients.login]
kind = "windows"
user = 'VMS\\arc'
password.env = "ARC_PW"

[[clients]]
id = "9"
camera_type = "Standard Media"
"""


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARC_PW", "s3cret")


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, name: str = "arc.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def expected(folder: Path) -> PatriotRecords:
    password = "s3cret"
    return PatriotRecords(
        checkpoints=folder / "state" / "checkpoints.db",
        patriot_version="6.11",
        client_files="2022 R2",
        task=TaskRecord(
            description="Milestone alarms",
            computer="ARC-TASKS-1",
            system_account="9999",
            port_id="01",
            backup=True,
        ),
        link_event_types={"link_lost": 600},
        sinks=[
            SinkRecord(type="jsonlines", parameters={"path": folder / "out" / "signals.jsonl", "rotate_bytes": 1000})
        ],
        clients=[
            ClientRecord(
                client_no="1234000101",
                name="Harbour",
                location="http://vms.example:8080",
                kind="standard",
                template=EventTypeTemplate(name="Milestone Template", event_types={1: "High", 130: "Intruder"}),
                event_type_overrides={2: 130},
                site_filter="SiteA",
                retrieve_remote_recordings=True,
                trust=Trust.pinned(PIN),
                credentials=BasicUser("arc", password),
                zones=[
                    Zone(number=1, name="C1"),
                    Zone(number=2, name="C1 alarm", camera_coverage="C1"),
                    Zone(number=40, name="Back door", has_camera=False),
                ],
            ),
            ClientRecord(
                client_no="7",
                location="https://head.example",
                credentials=CurrentUser(),
                event_reporting=False,
                kind="interconnect",
                zones=[Zone(number=1, name="Gate")],
            ),
            ClientRecord(
                client_no="8",
                location="https://mill.example",
                template="Template of their own",
                credentials=WindowsUser("VMS\\arc", password),
            ),
            ClientRecord(client_no="9", camera_type="Standard Media"),
        ],
    )


def test_everything_that_a_file_can_say(write: Write, tmp_path: Path) -> None:
    records = load_records(write(WHOLE))
    assert records == expected(tmp_path)
    assert records.clients[0].event_type(2) == 130
    assert [client.client_no for client in records.milestone_clients] == ["1234000101", "7", "8"]


def test_json_and_python_say_the_same(write: Write, tmp_path: Path) -> None:
    value = tomllib.loads(WHOLE)
    assert load_records(write(json.dumps(value), "arc.json")) == expected(tmp_path)
    assert PatriotRecords.from_dict(value, folder=tmp_path) == expected(tmp_path)


def test_an_empty_file_has_a_task_and_no_clients(write: Write) -> None:
    assert load_records(write("")) == PatriotRecords()
    assert load_records(write("\ufeff{}", "arc.json")) == PatriotRecords()


def problems(write: Write, text: str, name: str = "arc.toml") -> list[str]:
    path = write(text, name)
    with pytest.raises(InvalidRecords) as refused:
        load_records(path)
    assert str(refused.value).startswith(f"{path} cannot be used: ")
    assert "s3cret" not in f"{refused.value!r}{refused.value}{refused.value.problems}"
    assert all(problem.startswith(f"{path}:") for problem in refused.value.problems)
    return [problem.removeprefix(f"{path}:") for problem in refused.value.problems]


MANY = f"""\
client_file = "2022 R2"
[[clients]]
id = "1234"
area = "0001"
location = "https://vms.example"
login = {{ kind = "basic", user = "op@c", password = {{ env = "ARC_PW" }} }}
zones = [
    # a comment, and a }} in it
    {{ number = 1, name = "C1 ] # no end" }},
    {{ number = 1, name = "C2", camera_coverag = "C1" }},
    {{ number = "3", name = \"\"\"
C3
\"\"\" }},
]

[[clients]] # the same number, and an unknown key
id = "12340001"
locaton = "x"
{LOGIN}

[[clients]]
id = "7"
{SERVER}
zones = [{{ number = 1, name = "A" }}, {{ number = 1, name = "B" }},
    {{ number = 0, name = "C", has_camera = true }}]
"""


def test_every_problem_of_every_client_is_reported_with_its_line(write: Write) -> None:
    found = problems(write, MANY)
    assert [problem.partition(" Hint: ")[0].removesuffix(".") for problem in found] == [
        "1: client_file: is not a known key",
        "6: clients[0].login: name 'op@c' contains @, which marks a Windows user",
        "10: clients[0].zones[1].camera_coverag: is not a known key",
        "11: clients[0].zones[2].number: must be an integer, got a string",
        "16: clients[1].location: location is missing",
        "16: clients[1]: client number 12340001 is also that of clients[0]",
        "18: clients[1].locaton: is not a known key",
        "26: clients[2].zones[2]: zone 0 ('C') cannot have a camera: it takes the alarms of unknown cameras",
    ]
    hints = [problem.partition(" Hint: ")[2] for problem in found]
    assert hints[0] == "did you mean client_files?"
    assert hints[2] == "did you mean camera_coverage?"
    assert hints[3] == "write 3, without quotes"
    assert hints[6] == "did you mean location?"


def test_json_has_lines_too(write: Write) -> None:
    value = {"clients": [{"id": "1", "zones": [{"number": 1, "name": "A"}, {"number": 1, "name": "B", "x": 1}]}]}
    text = json.dumps(value, indent=1)
    line = 1 + text[: text.index('"x"')].count("\n")
    assert (
        f"{line}: clients[0].zones[1].x: is not a known key. Hint: known are number, name"
        in problems(write, text, "arc.json")[-1]
    )


CLIENT = f'[[clients]]\nid = "1"\n{SERVER}\n'
WRONG = {
    "R8 two servers": ('[[clients]]\nid = "1"\nlocation = ["https://a", "https://b"]\n' + LOGIN, 3, "has one server"),
    "R9 no login": ('[[clients]]\nid = "1"\nlocation = "https://vms.example"', 1, "login is missing.*login = "),
    "R29 no location": (f'[[clients]]\nid = "1"\n{LOGIN}', 1, "location is missing.*https://vms.example"),
    "R30 no scheme": (f'[[clients]]\nid = "1"\nlocation = "10.0.0.5"\n{LOGIN}', 3, "write http://10.0.0.5 or"),
    "R31 port": (f'[[clients]]\nid = "1"\nlocation = "http://vms.example:70000"\n{LOGIN}', 3, "port.*1 to 65535"),
    "R27 twice": (CLIENT + CLIENT, 5, r"client number 1 is also that of clients\[0\]"),
    "R27 no id": (f"[[clients]]\n{SERVER}", 1, "id is missing"),
    "R27 hyphens": (f'[[clients]]\nid = "1234-01"\n{SERVER}', 1, "1 to 16 letters and digits.*without hyphens"),
    "R42 backslash": (CLIENT.replace('"arc"', "'op\\1'"), 4, r'name .* marks a Windows user.*kind = "windows"'),
    "R43 no domain": (CLIENT.replace('"basic"', '"windows"'), 4, r"'DOMAIN\\user', user@domain"),
    "R44 both": (CLIENT.replace('"basic"', '"single_sign_on"'), 4, r"login\.user: is not a known key"),
    "R45 alarms by single sign-on": (
        CLIENT.replace(LOGIN, 'login = { kind = "single_sign_on" }'), 4, "not supported.*event_reporting = false",
    ),
    "R81 alarms of an Interconnection Server": (
        CLIENT + 'kind = "interconnect"', 5, "not report the alarms of its remote.*event_reporting = false",
    ),
    "R52 camera on zone 0": (CLIENT + 'zones = [{ number = 0, name = "C1", has_camera = true }]', 5, "zone 0"),
    "R52 coverage of zone 0": (CLIENT + 'zones = [{ number = 0, name = "C1", camera_coverage = "C2" }]', 5, "zone 0"),
    "R53 two tasks": ('[[task]]\ndescription = "A"\n[[task]]\ndescription = "B"', 1, "only one Milestone task"),
    "R53 two tables": ('[task]\nbackup = true\n[task]\nbackup = false', 3, "only one Milestone task"),
    "R55 a field of no task": ('[task]\nlocation = "https://vms.example"', 2, "not a known key.*known are description"),
    "R5 versions": ('patriot_version = "6.10"\nclient_files = "2022 R2"', 2, "Patriot 6.10 does not accept.*6.11"),
    "client files": ('client_files = "new"', 1, "not an XProtect release"),
    "system account": ('[task]\nsystem_account = "12-34"', 1, "system_account of the task must be 1 to 16"),
    "kind": (CLIENT + 'kind = "central"', 5, "one of auto, standard, interconnect"),
    "kind of login": (CLIENT.replace('"basic"', '"basics"'), 4, "did you mean basic"),
    "boolean": (CLIENT + 'event_reporting = "yes"', 5, "must be true or false, got a string"),
    "override": (CLIENT + "event_type_overrides = { 1 = 65001 }", 5, "must be from 0 to 65000, got 65001"),
    "override by name": (CLIENT + "event_type_overrides = { High = 1 }", 5, "key that must be a number"),
    "coverage": (CLIENT + 'zones = [{ number = 1, name = "A", camera_coverage = "B" }]', 5, "'B' of zone 1"),
    "zones": (CLIENT + 'zones = { number = 1, name = "A" }', 5, "must be an array, got a table"),
    "clients": ("clients = 5", 1, r"must be an array, got an integer.*\[\[clients\]\]"),
    "client": ("clients = [5]", 1, r"clients\[0\]: must be a table"),
    "trust": (CLIENT + "trust = {}", 5, "either ca_file or pinned"),
    "no pin": (CLIENT + "trust = { pinned = [] }", 5, "either ca_file or pinned"),
    "both trusts": (CLIENT + f'trust = {{ ca_file = "ca.pem", pinned = ["{PIN}"] }}', 5, "either ca_file or pinned"),
    "pin": (CLIENT + 'trust = { pinned = ["sha1:00"] }', 5, "sha256"),
    "ca file": (CLIENT + 'trust = { ca_file = "nowhere.pem" }', 5, "nowhere.pem.*No such file"),
    "link signal": ("[link_signals]\nlink_lot = 600", 2, "did you mean link_lost"),
    "event type of Patriot": ("[link_signals]\nlink_lost = 65001", 2, "must be from 0 to 65000"),
    "URL with a password": (
        CLIENT.replace("https://vms", "https://arc:s3cret@vms"), 3, "contains a password.*write { env",
    ),
    "sink with a password": ('[[sinks]]\ntype = "postgresql"\ndsn = "host=db password=s3cret"', 3, "contains a pass"),
    "file of signals": ('[[sinks]]\ntype = "jsonlines"\npath = "a"\nrotate_bytes = 0', 1, "rotate_bytes must be >= 1"),
    "sink": ('[[sinks]]\ntype = "kafka"', 2, "must be one of"),
    "sink without type": ('[[sinks]]\npath = "x"', 1, "type is missing"),
    "syntax": ("checkpoints = \n", 1, "Invalid value"),
    "one client of a table": ('[clients]\nid = "1"', 1, r"must be an array, got a table.*\[\[clients\]\]"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.requirement(5, 8, 9, 27, 29, 30, 31, 42, 43, 44, 45, 52, 53, 55, 81)
def test_what_is_wrong_and_the_right_form(write: Write, case: str) -> None:
    text, line, pattern = WRONG[case]
    found = problems(write, text)
    assert any(problem.startswith(f"{line}: ") for problem in found), found
    assert any(re.search(pattern, problem) for problem in found), found


@pytest.mark.requirement(45, 81)
def test_r45_and_r81_are_no_problem_of_a_client_that_is_only_viewed(write: Write) -> None:
    single = CLIENT.replace(LOGIN, 'login = { kind = "single_sign_on" }')
    (client,) = load_records(write(single + 'kind = "interconnect"\nevent_reporting = false')).clients
    assert client.credentials == CurrentUser()


def test_python_objects_are_checked_together_too() -> None:
    client = ClientRecord(client_no="1", location="https://vms.example", credentials=CurrentUser())
    with pytest.raises(InvalidRecords) as refused:
        PatriotRecords(clients=[client, evolve(client, credentials=None)])
    numbers, single, login = refused.value.problems
    assert numbers.startswith("clients[1]: client number 1 is also")
    assert single.startswith("clients[0].login: single sign-on is not supported")
    assert login.startswith("clients[1].login: login is missing")
    with pytest.raises(ConfigurationError, match=r"6\.11"):
        PatriotRecords(patriot_version="6.10", client_files="2025 R1")
    with pytest.raises(ConfigurationError, match="not a link signal"):
        PatriotRecords(link_event_types={"link_lots": 1})  # type: ignore[dict-item]
    viewed = {"id": "1", "camera_type": "None", "zones": ({"number": 1, "name": "A"},)}
    assert PatriotRecords.from_dict({"clients": (viewed,)}).clients[0].zones == (Zone(number=1, name="A"),)
    with pytest.raises(InvalidRecords, match=r"clients\[0\].idd"):
        PatriotRecords.from_dict({"clients": [{"idd": "1"}]})


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"task": {}, "task": {}}', "[]", "\x00"])
def test_a_json_file_that_is_none(write: Write, text: str) -> None:
    assert problems(write, text, "arc.json")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*arc\.toml: No such file"):
        load_records(tmp_path / "arc.toml")
    (tmp_path / "arc.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="it is not UTF-8"):
        load_records(tmp_path / "arc.toml")


# Secrets


class Entries(KeyringBackend):
    """A keyring with one entry."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        if username == "locked":
            raise KeyringLocked("it is locked")
        return "from keyring" if (service, username) == ("arc", "vms") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def entries() -> Any:
    before = keyring.get_keyring()
    keyring.set_keyring(Entries())
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("reference", "password"),
    [
        ('{ env = "ARC_PW" }', "s3cret"),
        ('{ file = "secrets/vms" }', "from file"),
        ('{ keyring = "arc", user = "vms" }', "from keyring"),
    ],
)
def test_a_password_is_read_from_where_the_file_says(
    write: Write, tmp_path: Path, reference: str, password: str
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "vms").write_text("from file\n")
    records = load_records(write(CLIENT.replace('{ env = "ARC_PW" }', reference)))
    assert records.clients[0].credentials == BasicUser("arc", password)
    assert password not in repr(records)


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("reference", "pattern"),
    [
        ('{ env = "NOT_SET" }', "the environment variable NOT_SET is not set"),
        ('{ file = "none" }', "cannot read .*none: No such file"),
        ('{ keyring = "arc", user = "other" }', "the keyring has no entry 'arc' for 'other'.*keyring set arc other"),
        ('{ keyring = "arc", user = "locked" }', "the keyring cannot be read: it is locked"),
        ('{ keyring = "arc" }', "is not a reference.*write { env"),
        ('{ envv = "ARC_PW" }', "is not a reference.*write { env"),
        ("{ env = 5 }", "is not a reference"),
        ('"s3cret"', "is a secret, and must not be written here.*write { env"),
        ('["s3cret"]', "is a secret"),
    ],
)
def test_a_password_that_cannot_be_had(write: Write, reference: str, pattern: str) -> None:
    (found,) = problems(write, CLIENT.replace('{ env = "ARC_PW" }', reference))
    assert re.match(f"4: clients\\[0\\].login.password: {pattern}", found), found


def test_what_differs_between_installations_may_be_a_reference(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMS", "https://vms.example:8443")
    monkeypatch.setenv("VMS_USER", "op@1")
    text = CLIENT.replace('"https://vms.example"', '{ env = "VMS" }')
    (client,) = load_records(write(text)).clients
    assert str(client.location) == "https://vms.example:8443"
    (found,) = problems(write, text.replace('"arc"', '{ env = "VMS_USER" }'))
    assert "marks a Windows user" in found


# The schema


def valid(value: Mapping[str, Any]) -> bool:
    return bool(jsonschema.Draft202012Validator(records_schema()).is_valid(value))


def test_the_schema_is_one_and_is_shipped_as_it_is_generated() -> None:
    jsonschema.Draft202012Validator.check_schema(records_schema())
    import milestone_sdk.patriot

    shipped = Path(milestone_sdk.patriot.__file__).with_name("records.schema.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == records_schema(), "write it: milestone-sdk patriot schema > records.schema.json"


def test_the_schema_accepts_what_can_be_read() -> None:
    assert valid(tomllib.loads(WHOLE))
    assert valid({})


BEYOND_A_SCHEMA = {
    *("R27 twice", "R27 hyphens", "R30 no scheme", "R31 port", "R42 backslash", "R43 no domain", "R5 versions"),
    *("R45 alarms by single sign-on", "R81 alarms of an Interconnection Server", "client files", "system account"),
    *("URL with a password", "sink with a password", "file of signals"),
    *(
        "R52 camera on zone 0",
        "R52 coverage of zone 0",
        "coverage",
        "pin",
        "no pin",
        "ca file",
        "R53 two tables",
        "syntax",
    ),
}
"""What only the records themselves can check: relations between values, files, and the syntax of the file."""


@pytest.mark.parametrize("case", [case for case in WRONG if case not in BEYOND_A_SCHEMA])
def test_the_schema_refuses_what_is_wrong(case: str) -> None:
    assert not valid(tomllib.loads(WRONG[case][0]))


def test_the_schema_refuses_a_password_in_the_file() -> None:
    assert not valid(tomllib.loads(CLIENT.replace('{ env = "ARC_PW" }', '"s3cret"')))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["basic", "auto"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def tables(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Tables with the keys of a schema, and values that may be anything."""
    if "oneOf" in schema:
        return st.one_of(ANY, *(tables(each) for each in schema["oneOf"]))
    if "properties" in schema:
        keys = {name: tables(each) for name, each in schema["properties"].items()}
        return ANY | st.fixed_dictionaries({}, optional=keys)
    if schema.get("type") == "array":
        return ANY | st.lists(tables(schema["items"]), max_size=3)
    return ANY | st.just(schema.get("const")) | st.sampled_from([{"env": "ARC_PW"}, {"env": 1}, {"keyring": "a"}])


@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(tables(records_schema()))
def test_whatever_is_in_a_file_it_is_read_or_refused_with_reasons(value: Any) -> None:
    with suppress(InvalidRecords):
        assert isinstance(PatriotRecords.from_dict(value), PatriotRecords)
