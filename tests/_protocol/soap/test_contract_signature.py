"""What a user sees of an operation before calling it: signature, docstring, example, types."""

import ast
import inspect
from datetime import datetime
from uuid import UUID

import pytest

from milestone_sdk._protocol.soap.contract import Contract, Record
from milestone_sdk.wsdl import DESCRIPTIONS

from ...tools import stubs

EVERY = [(service, name) for service in DESCRIPTIONS for name in Contract.named(service).operations]


def documented(service: str, operation: str) -> str:
    return Contract.named(service).documentation(operation, f"site.services.{service}")


def example(documentation: str) -> str:
    lines = documentation.partition("Example:\n")[2].splitlines()
    return "\n".join(line.strip()[4:] for line in lines)


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_a_docstring_has_every_parameter_and_an_example_that_fits_the_contract(service: str, operation: str) -> None:
    contract = Contract.named(service)
    text, signature = documented(service, operation), contract.signature(operation)
    assert "not documented" not in text
    assert max(map(len, text.splitlines())) <= 120
    section = text.partition("Parameters:")[2].partition("Returns:")[0]
    positions = [section.index(f"    {each}: ") for each in signature.python().parameters if each != "elements"]
    assert positions == sorted(positions)
    call = ast.parse(example(text), mode="eval").body
    assert isinstance(call, ast.Call)
    given = [ast.unparse(each) for each in call.args] + [str(each.arg) for each in call.keywords]
    assert len(given) <= len(signature.parameters or ())


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_a_signature_takes_the_arguments_of_its_example(service: str, operation: str) -> None:
    signature = Contract.named(service).signature(operation).python()
    call = ast.parse(example(documented(service, operation)), mode="eval").body
    assert isinstance(call, ast.Call)
    signature.bind(*call.args, **{str(each.arg): each.value for each in call.keywords})


def test_types_of_a_signature_are_those_of_python() -> None:
    signature = Contract.named("recorder").signature("SequencesGetAroundWithSpan")
    assert str(signature) == (
        "SequencesGetAroundWithSpan(deviceId: UUID | str, sequenceType: UUID | str, centerTime: datetime, "
        "maxTimeBefore: TimeDuration | None, maxCountBefore: int, maxTimeAfter: TimeDuration | None, "
        "maxCountAfter: int, *, token: str = ...) -> list[SequenceEntry] | None"
    )
    python = signature.python()
    assert python.parameters["deviceId"].annotation == UUID | str
    assert python.parameters["centerTime"].annotation is datetime
    assert python.parameters["token"].kind is inspect.Parameter.KEYWORD_ONLY
    assert python.return_annotation == list[Record] | None


def test_units_values_and_members_are_in_the_docstring() -> None:
    around = documented("recorder", "SequencesGetAroundWithSpan")
    assert "MicroSeconds (int: Microseconds)" in around
    assert "centerTime: datetime: With a time zone; sent in UTC." in around
    assert "TimeBegin (datetime: UTC)" in around
    lines = documented("alarm", "GetAlarmLines")
    assert "from_: int: How many rows to skip." in lines
    assert "One of 'Equals', 'NotEquals'" in lines
    assert "Seen: " in documented("recorder", "JPEGGetAt")


def test_what_a_type_checker_sees_is_what_the_descriptions_generate() -> None:
    for path, text in stubs.generate_all().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `python -m tests.tools.stubs`"
