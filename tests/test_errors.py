"""The properties that each class of errors decides once, and the form of the text."""

import pytest

from milestone_sdk import errors
from milestone_sdk.errors import ConnectError, MilestoneError

CLASSES: list[type[MilestoneError]] = [getattr(errors, name) for name in errors.__all__]


def those(name: str) -> set[str]:
    return {kind.__name__ for kind in CLASSES if getattr(kind, name)}


def test_only_refused_logins_cost_a_login_attempt() -> None:
    assert those("costs_login_attempt") == {"AccountLocked", "InvalidCredentials", "PasswordChangeRequired"}


def test_what_a_person_has_to_change_is_permanent_and_never_retriable() -> None:
    assert those("permanent") == {
        "AccountLocked",
        "AmbiguousName",
        "AuthenticationError",
        "CertificateError",
        "ConfigurationError",
        "InvalidCredentials",
        "InvalidItem",
        "InvalidRecords",
        "LocalProtocolError",
        "LoginNotSupported",
        "PasswordChangeRequired",
        "PermissionDenied",
        "RetrievalDisabled",
        "UnknownOperation",
        "UnsupportedFeature",
    }
    assert not those("permanent") & those("retriable")


def test_the_tree_of_the_docstring_is_the_tree_of_the_classes() -> None:
    lines = [line for line in (errors.__doc__ or "").splitlines() if line.startswith("    ")]
    drawn: dict[int, str] = {}
    bases: dict[str, str] = {}
    for line in lines:
        indent = len(line) - len(line.lstrip(" │├└─"))
        drawn[indent] = line[indent:].split()[0]
        if indent > 4:
            bases[drawn[indent]] = drawn[indent - 4]
    assert bases == {kind.__name__: kind.__bases__[0].__name__ for kind in CLASSES if kind is not MilestoneError}


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ({}, "refused"),
        ({"operation": "Get"}, "Get: refused"),
        ({"server": "https://vms", "hint": "try again"}, "on https://vms: refused. Hint: try again"),
        ({"server": "https://vms", "operation": "Get"}, "Get on https://vms: refused"),
    ],
)
def test_the_text_says_what_was_tried_where_and_what_to_do(context: dict[str, str], text: str) -> None:
    assert str(ConnectError("refused", **context)) == text  # type: ignore[arg-type]
