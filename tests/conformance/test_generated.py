"""The descriptions in the package are what the tool makes of the protocol files, where those are at hand."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from milestone_sdk.wsdl import DESCRIPTIONS

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = ROOT.parent / "shared" / "protocol"


@pytest.fixture(scope="module")
def tool() -> Any:
    sys.path.insert(0, str(ROOT / "tests" / "tools"))
    try:
        return importlib.import_module("describe")
    finally:
        sys.path.pop(0)


@pytest.mark.skipif(
    not (PROTOCOL / "servercommand-types.json").is_file(),
    reason=f"the protocol files are not at {PROTOCOL.relative_to(ROOT.parent)} beside the project",
)
def test_descriptions_are_up_to_date(tool: Any) -> None:
    made = {each.file: tool.Writer(each).text() for each in tool.descriptions(PROTOCOL)}
    assert set(made) == set(DESCRIPTIONS.values())
    for file, text in made.items():
        assert (ROOT / "milestone_sdk" / "wsdl" / file).read_text(encoding="utf-8") == text, f"run describe.py: {file}"


@pytest.mark.parametrize("file", sorted(DESCRIPTIONS.values()))
def test_descriptions_say_their_evidence_and_load_nothing(file: str) -> None:
    text = (ROOT / "milestone_sdk" / "wsdl" / file).read_text(encoding="utf-8")
    assert "Evidence:" in text
    assert "schemaLocation" not in text
    assert "wsdl:import" not in text
    assert ".invalid" in text.partition("<soap:address")[2]
