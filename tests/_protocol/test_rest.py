"""Answers of the REST interfaces, with both envelopes of errors."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.rest import read_array, read_data
from milestone_sdk.errors import (
    MilestoneError,
    NotFound,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
    TokenExpired,
)

REASON = {"httpCode": 400, "details": [{"errorText": "too long", "property": "name", "errorTextId": "VMO1"}]}


def test_collections_and_objects() -> None:
    assert read_array(200, b'{ "array" : [ {"id": "a"}, 3, {"id": "b"} ] }') == ({"id": "a"}, {"id": "b"})
    assert read_data(202, b'{"data":{"id":"x"}}') == {"id": "x"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ServerFault),
        (401, TokenExpired),
        (403, PermissionDenied),
        (404, NotFound),
        (500, ServerFault),
        (503, ServiceUnavailable),
        (302, RemoteProtocolError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[1]", json.dumps(REASON).encode()])
def test_errors_by_status_whatever_the_body(status: int, error: type[MilestoneError], body: bytes) -> None:
    for read in (read_array, read_data):
        with pytest.raises(error, match=str(status)):
            read(status, body)


@pytest.mark.parametrize("document", [REASON, {"error": REASON}])
def test_the_reason_is_told_in_either_envelope(document: object) -> None:
    with pytest.raises(ServerFault, match="name: too long") as caught:
        read_data(400, json.dumps(document).encode())
    assert caught.value.code == "VMO1"


@pytest.mark.parametrize("body", [b"", b"null", b'{"data": []}', b'{"array": {}}', b"\xff", b"[" * 100_000])
def test_what_is_no_such_answer(body: bytes) -> None:
    for read in (read_array, read_data):
        with pytest.raises(RemoteProtocolError):
            read(200, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.integers(100, 599), JSON.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_any_answer_is_read_or_an_error_of_this_library(status: int, body: bytes) -> None:
    for read in (read_array, read_data):
        with contextlib.suppress(MilestoneError):
            read(status, body)


@given(st.dictionaries(st.sampled_from(["error", "details", "httpCode"]), JSON))
def test_any_error_document_keeps_to_its_status(document: dict[str, object]) -> None:
    with pytest.raises(PermissionDenied):
        read_data(403, json.dumps(document).encode())
