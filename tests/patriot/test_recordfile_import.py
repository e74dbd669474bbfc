"""Zones that are added to a file: nothing else in it changes."""

import json
import tomllib
from difflib import ndiff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import ConfigurationError
from milestone_sdk.patriot import ClientRecord, Zone
from milestone_sdk.patriot.recordfile import read_records
from milestone_sdk.patriot.zoneimport import add_client, add_zones, new_zones

TOML = Path("arc.toml")
HEAD = '# ours\ncheckpoints = "a.db" # kept\n\n[[clients]] # the first\nid = "1"\ncamera_type = "None"\n'
TAIL = '\n# the second client\n[[clients]]\nid = "2"\ncamera_type = "None"\n'
ADDED = (Zone(number=8, name='N "8" \\'), Zone(number=9, name="Räume"))
EIGHT, NINE = '{ number = 8, name = "N \\"8\\" \\\\" }', '{ number = 9, name = "Räume" }'

FORMS = {
    "lines": (
        'zones = [ # all\n  { number = 1, name = "A" }, # one\n  { number = 2, name = "B" } # two\n  # end\n]\n',
        [f"+   {EIGHT},", f"+   {NINE},"],
    ),
    "one line": ('zones = [{ number = 1, name = "A" }] # all\n', [f'"A" }}, {EIGHT}, {NINE}] # all']),
    "trailing comma": ('zones = [\n\t{ number = 1, name = "A" },\n]\n', [f"+ \t{EIGHT},", f"+ \t{NINE},"]),
    "bracket behind": ('zones = [\n  { number = 1, name = "A" }]\n', [f", {EIGHT}, {NINE}]"]),
    "empty": ("zones = [] # none yet\n", [f"+     {EIGHT},", f"+     {NINE},", "+ ] # none yet"]),
    "none": ('name = "Mill"  # of Smith\n', ["+ zones = [", f"+     {EIGHT},", f"+     {NINE},", "+ ]"]),
    "none, and a table": ('[clients.event_type_overrides]\n1 = 2\n', ["+ zones = [", f"+     {EIGHT},", "+ ]"]),
    "tables": (
        '# zones\n[[clients.zones]]\nnumber = 1 # one\nname = "A" # a\n',
        ["+ [[clients.zones]]", "+ number = 8", '+ name = "N \\"8\\" \\\\"', "+ number = 9", '+ name = "Räume"'],
    ),
}  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("form", FORMS)
def test_zones_are_added_and_all_comments_stay(form: str, newline: str) -> None:
    zones, expected = FORMS[form]
    text = (HEAD + zones + TAIL).replace("\n", newline)
    added = add_zones(text, TOML, "1", ADDED)
    before, after = (read_records(each, TOML).clients for each in (text, added))
    assert after[0].zones == (*before[0].zones, *ADDED)
    assert after[1] == before[1]
    changes = [line for line in ndiff(text.splitlines(), added.splitlines()) if line[0] in "+-"]
    assert all(any(wanted in line for line in changes) for wanted in expected), changes
    removed = [line[2:] for line in changes if line.startswith("-")]
    assert len(removed) <= 1, "at most the line to which a comma or an item is added"
    for comment in ("# ours", "# kept", "# the first", "# the second client"):
        assert added.count(comment) == 1
    assert (newline == "\n") == ("\r" not in added)
    assert added.count("\n") == added.count(newline)


def test_nothing_to_add_changes_nothing() -> None:
    assert add_zones(HEAD, TOML, "1", ()) == HEAD


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), st.sampled_from(sorted(FORMS)))
def test_names_of_any_kind_are_read_back(names: list[str], form: str) -> None:
    text = HEAD + FORMS[form][0] + TAIL
    client = read_records(text, TOML).clients[0]
    zones = new_zones(client, names).zones
    added = add_zones(text, TOML, "1", zones)
    assert read_records(added, TOML).clients[0].zones == (*client.zones, *zones)
    value = json.dumps(tomllib.loads(text))
    again = add_zones(value, Path("arc.json"), "1", zones)
    assert read_records(again, Path("arc.json")).clients[0].zones == (*client.zones, *zones)


def test_a_file_whose_clients_are_in_one_line_is_left_alone() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot add zones of client 1 to arc\.toml.*\[\[clients\]\]"):
        add_zones('clients = [{ id = "1", camera_type = "None" }]\n', TOML, "1", ADDED)
    with pytest.raises(ConfigurationError, match=r"cannot add client 2 to arc\.toml.*\[\[clients\]\]"):
        add_client('clients = [{ id = "1", camera_type = "None" }]\n', TOML, {"id": "2", "camera_type": "None"})


def test_new_zones_come_after_the_highest_number_and_shared_names_are_reported() -> None:
    client = ClientRecord(client_no="1", zones=[Zone(number=7, name="A"), Zone(number=2, name="B")])
    new = new_zones(client, ["B", "C", "", "D", "C", "A", "A"])
    assert new.zones == (Zone(number=8, name="C"), Zone(number=9, name="D"))
    assert new.shared_names == ("C", "A")
    assert new_zones(ClientRecord(client_no="1"), ["C1"]).zones == (Zone(number=1, name="C1"),)


@pytest.mark.parametrize("name", ["arc.toml", "arc.json"])
def test_a_client_is_added_to_a_file_or_begins_one(name: str) -> None:
    path = Path(name)
    settings = {"id": "1", "camera_type": "None", "name": 'of "Smith"'}
    first = add_client("", path, settings)
    second = add_client(first.rstrip("\n"), path, {**settings, "id": "2"})
    assert [client.client_no for client in read_records(second, path).clients] == ["1", "2"]
    assert read_records(second, path).clients[0].name == 'of "Smith"'
