"""`milestone-sdk patriot`: from a site's cameras to a file, and whether the file fits the sites."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import evolve

from milestone_sdk.patriot import load_records, records_schema
from milestone_sdk.simulator import Simulator, example_site

from .test_cli import Answer, invoke

Run = Callable[..., Answer]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """The example site, with a second camera of the name C2."""
    site = example_site()
    site.cameras.append(evolve(site.camera("C2"), id=uuid4(), index=1))
    site.camera_groups[1].cameras.append(site.cameras[-1].id)
    with Simulator(site) as running:
        yield running


@pytest.fixture
def run(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    def command(*arguments: str, **changed: str) -> Answer:
        variables = {
            "MILESTONE_LOCATION": sim.url,
            "MILESTONE_USER": sim.username,
            "MILESTONE_PASSWORD": sim.password,
            "MILESTONE_CA_FILE": str(sim.ca_file),
        } | changed
        return invoke("patriot", *arguments, cwd=tmp_path, **{name: each for name, each in variables.items() if each})

    monkeypatch.setenv("MILESTONE_PASSWORD", sim.password)
    return command


def names(path: Path, client: int = 0) -> list[tuple[int, str]]:
    return [(zone.number, zone.name) for zone in load_records(path).clients[client].zones]


@pytest.mark.parametrize("file", ["arc.toml", "arc.json"])
def test_import_makes_a_first_file_and_adds_what_lacks(run: Run, tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    answer = run("import", file, "--id", "1234", "--area", "0001", "--port", "01", "--site-filter", "SiteA")
    assert (answer.returncode, answer.stdout) == (0, "1\tFront Hallway\n2\tStore Room\n")
    assert answer.stderr == f"{file}: 2 zones added to client 1234000101\n"
    (client,) = load_records(path).clients
    assert (client.client_no, client.site_filter) == ("1234000101", "SiteA")
    answer = run("import", file, "--id", "7", "--name", "Mill")
    assert answer.returncode == 0
    assert "warning: several cameras are called 'C2': give them different names\n" in answer.stderr
    assert names(path, 1) == [(1, "Front Hallway"), (2, "Store Room"), (3, "C1"), (4, "C2"), (5, "North Fence")]
    assert names(path) == [(1, "Front Hallway"), (2, "Store Room")]


def test_import_changes_nothing_but_the_zones_of_new_cameras(run: Run, tmp_path: Path, sim: Simulator) -> None:
    path = tmp_path / "arc.toml"
    text = f"""\
# Our sites.
[[clients]] # harbour
id = "1"
location = "{sim.url}" # not the one of the environment
login = {{ kind = "basic", user = "arc", password = {{ env = "MILESTONE_PASSWORD" }} }}
trust = {{ ca_file = '{sim.ca_file}' }}
zones = [
    {{ number = 10, name = "C1" }}, # the first
    {{ number = 12, name = "C1 alarm", camera_coverage = "C1" }},
    # analytics
]
site_filter = "SiteB"
"""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    answer = run("import", "arc.toml", "--id", "1", MILESTONE_LOCATION="https://vms.invalid")
    assert (answer.returncode, answer.stdout) == (0, "13\tC2\n")
    expected = text.replace("    # analytics\n", '    { number = 13, name = "C2" },\n    # analytics\n')
    assert path.read_text(encoding="utf-8") == expected
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["arc.toml"]
    assert run("import", "arc.toml", "--id", "1").stdout == ""
    assert path.read_text(encoding="utf-8") == expected


def test_import_of_a_client_that_the_file_does_not_have(run: Run, tmp_path: Path) -> None:
    answer = run("import", "arc.toml", "--id", "1", MILESTONE_LOCATION="")
    assert answer.returncode == 1
    assert "error: client 1 is not in arc.toml. Hint: give --location and --user" in answer.stderr
    answer = run("import", "arc.toml", "--id", "1", MILESTONE_PASSWORD="")
    assert answer.returncode == 1
    assert re.search("MILESTONE_PASSWORD is not set", answer.stderr)
    answer = run("import", "arc.toml", "--id", "1", "--site-filter", "SiteC")
    assert answer.returncode == 1
    assert "SiteC" in answer.stderr
    assert not list(tmp_path.iterdir()), "no file that cannot be used"
    (tmp_path / "arc.toml").write_text('[[clients]]\nid = "1"\ncamera_type = "Standard Media"\n')
    answer = run("import", "arc.toml", "--id", "1")
    assert "has the camera type 'Standard Media'" in answer.stderr


def test_check_reports_every_problem_of_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arc.toml").write_text('[[clients]]\nidd = "1"\n[[clients]]\nid = "2-1"\ncamera_type = "None"\n')
    answer = run("check", "arc.toml")
    assert (answer.returncode, answer.stdout) == (1, "")
    lines = answer.stderr.splitlines()
    assert lines[:2] == [
        "error: arc.toml:1: clients[0]: id is missing",
        "error: arc.toml:1: clients[0].location: location is missing. "
        'Hint: write the URL of the server, for example "https://vms.example"',
    ]
    assert lines[-1].startswith("error: arc.toml:3: clients[1]: client_no must be")
    answer = run("check", "arc.toml", "--json")
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["problems"] == [line.removeprefix("error: ") for line in lines]


def test_check_compares_the_clients_with_their_sites(run: Run, tmp_path: Path) -> None:
    run("import", "arc.toml", "--id", "1234", "--site-filter", "SiteA")
    path = tmp_path / "arc.toml"
    path.write_text(path.read_text().replace('"Store Room"', '"Store room"'))
    answer = run("check", "arc.toml")
    assert answer.returncode == 0, "warnings only"
    rows = [line.split("\t") for line in answer.stdout.splitlines()]
    assert {row[0] for row in rows} == {"", "1234"}
    zones = [row[4] for row in rows if row[2] == "patriot: zones"]
    assert zones[0] == "zone 2 'Store room': no camera; near: 'Store Room' (case)"
    assert [row[1] for row in rows if row[2] == "patriot: site filter"] == ["ok"]
    found = json.loads(run("check", "arc.toml", "--json", "--concurrency", "2").stdout)
    assert found["problems"] == []
    assert zones == [each["what"] for each in found["findings"] if each["check"] == "patriot: zones"]
    assert {each["client"] for each in found["findings"]} == {None, "1234"}
    path.write_text(path.read_text().replace("checkpoints = ", "# "))
    assert run("check", "arc.toml").returncode == 1, "no checkpoints"


def test_schema_is_printed(run: Run) -> None:
    assert json.loads(run("schema").stdout) == records_schema()


def test_run_needs_checkpoints_and_sinks(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arc.toml").write_text("")
    assert "error: arc.toml has no checkpoints. Hint: write checkpoints = " in run("run", "arc.toml").stderr
    (tmp_path / "arc.toml").write_text('checkpoints = "arc.db"')
    assert "error: arc.toml has no sinks. Hint: write [[sinks]]" in run("run", "arc.toml").stderr
    assert [each.name for each in tmp_path.iterdir()] == ["arc.toml"]
