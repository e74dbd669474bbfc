"""The JSON of the API gateway's REST interfaces: envelopes and errors."""  # docs/protocol: configuration-rest

import json
from collections.abc import Mapping
from typing import Any, cast

from milestone_sdk.simulator.wire.http import Response

__all__ = ["JsonObject", "Refusal", "body_of", "json_reply"]

JsonObject = dict[str, Any]
_JSON = "application/json; charset=utf-8"
_HEADERS = (("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Expires", "-1"))


def json_reply(document: Mapping[str, Any], status: int = 200) -> Response:
    """A document with the loose spacing of real servers."""
    text = json.dumps(document, separators=(" , ", " : "), ensure_ascii=False)
    return Response(status, text.encode(), [*_HEADERS], content_type=_JSON)


class Refusal(Exception):
    """An error to answer with; `more` are members beside `error`."""

    def __init__(self, status: int, *details: Mapping[str, str], more: Mapping[str, Any] | None = None) -> None:
        super().__init__(status, *details)
        self.status = status
        self.details = details
        self.more: Mapping[str, Any] | dict[str, Any] = more or {}

    @classmethod
    def of(cls, status: int, text: str, text_id: str | None = None, *, name: str | None = None) -> "Refusal":
        """One detail: its text, and the id of the text and the property where there are some."""
        detail = {"errorText": text}
        if text_id is not None:
            detail["errorTextId"] = text_id
        if name is not None:
            detail["property"] = name
        return cls(status, detail)

    def reply(self) -> Response:
        """The answer in the wrapped form, which real servers send."""
        error = {"httpCode": self.status, "details": [dict(detail) for detail in self.details]}
        return json_reply({"error": error, **self.more}, self.status)


def body_of(body: bytes) -> JsonObject:
    """The object in a request; an empty body is an empty one. Raises `Refusal`."""
    if not body.strip():
        return {}
    try:
        asked: Any = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refusal.of(400, "Bad request: the body is not a JSON object")
    return cast(JsonObject, asked)
