"""The table of a sink is made of the signature of its class, so that its parameters are listed once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest

from milestone_sdk import ConfigurationError, Trust
from milestone_sdk.patriot import Signal, SinkRecord
from milestone_sdk.patriot.forms import Place
from milestone_sdk.patriot.recordfile import sink_table


class Sink:
    """A sink with a parameter of every kind."""

    def __init__(
        self,
        *,
        url: str,
        password: str | None = None,
        path: str | Path = "signals.jsonl",
        timeout: float = 5.0,
        attempts: int = 3,
        ordered: bool = True,
        method: Literal["POST", "PUT"] = "POST",
        headers: Mapping[str, str] | None = None,
        codes: Sequence[int] = (),
        body: Any = None,
        key_header: str = "Idempotency-Key",
        trust: Trust | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        if timeout <= 0:
            raise ConfigurationError(f"timeout must be > 0, got {timeout}", hint="give seconds above 0")
        self.given = {"url": url, "password": password, "path": path, "headers": headers, "codes": codes}

    async def send(self, signal: Signal) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError


TABLE = sink_table("test", Sink)


def read(folder: Path, **values: Any) -> tuple[Any, list[str]]:
    place = Place(folder)
    return TABLE.read(values, place), [str(problem) for problem in place.problems]


def test_parameters_become_what_the_class_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "s3cret")
    record, problems = read(
        tmp_path,
        url={"env": "PW"},
        password={"env": "PW"},
        path="out/signals.jsonl",
        headers={"Authorization": {"env": "PW"}, "Accept": "*/*"},
        codes=[1, 2],
        timeout=5,
        method="PUT",
        body={"typeNo": "event_type", "nested": [1]},
        key_header="X-Key",
        trust={"pinned": ["sha256:" + "ab" * 32]},
    )
    assert problems == []
    assert isinstance(record, SinkRecord)
    assert Sink(**record.parameters).given == {
        "url": "s3cret",
        "password": "s3cret",
        "path": tmp_path / "out" / "signals.jsonl",
        "headers": {"Authorization": "s3cret", "Accept": "*/*"},
        "codes": (1, 2),
    }
    assert "s3cret" not in repr(record)


def test_what_is_wrong_with_a_sink(tmp_path: Path) -> None:
    record, problems = read(
        tmp_path, password="s3cret", clock="now", method="GET", ordered=1, attempts=True, timeout="5", headers={"A": 1}
    )
    assert not isinstance(record, SinkRecord)
    found = "\n".join(problems)
    assert "s3cret" not in found
    for each in (
        "url is missing",
        "password: is a secret, and must not be written here",
        "clock: is not a known key",
        "method: must be one of POST, PUT",
        "ordered: must be true or false, got an integer",
        "attempts: must be an integer, got a boolean",
        "timeout: must be a number, got a string",
        "headers.A: must be a string, got an integer",
    ):
        assert each in found


def test_the_class_itself_checks_its_parameters(tmp_path: Path) -> None:
    assert read(tmp_path, url="x", timeout=0)[1] == ["timeout must be > 0, got 0. Hint: give seconds above 0"]


def test_the_schema_of_a_sink() -> None:
    schema = {**TABLE.schema(), "$defs": {"reference": True}}
    check = jsonschema.Draft202012Validator(schema)
    check.check_schema(schema)
    assert check.is_valid({"url": "https://patriot.example", "headers": {"A": "b"}, "codes": [1], "timeout": 1.5})
    for wrong in ({}, {"url": "x", "clock": "y"}, {"url": "x", "method": "GET"}, {"url": "x", "codes": ["1"]}):
        assert not check.is_valid(wrong)


def test_a_sink_that_does_not_exist() -> None:
    with pytest.raises(ConfigurationError, match=r"no sink of the type 'kafka'.*jsonlines"):
        SinkRecord(type="kafka").open()
