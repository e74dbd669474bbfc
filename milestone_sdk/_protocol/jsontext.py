"""JSON objects of a server, within a bound on size, depth and the digits of a number."""

import json
from typing import Any, cast

__all__ = ["JSONObject", "parse_object"]

JSONObject = dict[str, Any]

_MOST_DIGITS = 40
"""More than any number of XProtect has: the time to convert n digits grows with the square of n."""


def parse_object(body: bytes, *, maximum: int) -> JSONObject:
    """Return the object that `body` holds in UTF-8; of two members with one name the last, as in .NET.

    Raises `ValueError` for anything else: more than `maximum` bytes, nesting beyond Python's own bound of recursion, a
    number of more than 40 characters, `NaN` and `Infinity`, which are not JSON.
    """
    if len(body) > maximum:
        raise ValueError(f"more than {maximum} bytes of JSON")
    try:
        value: object = json.loads(
            body.decode("utf-8-sig"),
            parse_int=lambda text: int(_short(text)),
            parse_float=lambda text: float(_short(text)),
            parse_constant=_refused,
        )
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("JSON that is not an object")
    return cast(JSONObject, value)


def _short(text: str) -> str:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} characters")
    return text


def _refused(text: str) -> float:
    raise ValueError(f"{text} is not JSON")
