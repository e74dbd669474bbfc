from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.soap import values
from milestone_sdk.models.times import NO_TIME
from milestone_sdk.simulator.wire import values as simulated

UNSET, LATEST = NO_TIME, values.LATEST
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0001-01-01T00:00:00+02:00", UNSET),
        ("0001-01-01T00:00:00-12:00", UNSET),
        ("0001-01-01T00:00:00.0000000", UNSET),
        ("0000-00-00T00:00:00", UNSET),
        ("-0044-03-15T12:00:00Z", UNSET),
        ("9999-12-31T23:59:59.9999999-05:00", LATEST),
        ("9999-12-31T24:00:00Z", LATEST),
        ("12025-01-01T00:00:00Z", LATEST),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.25+01:00", datetime(2016, 12, 31, 23, 0, 0, 250000, UTC)),
        ("2025-03-04T24:00:00+02:00", datetime(2025, 3, 4, 22, tzinfo=UTC)),
        ("2025-03-04t09:00:00z", datetime(2025, 3, 4, 9, tzinfo=UTC)),
        (" 2025-03-04T09:00:00.1234567+01:00 ", datetime(2025, 3, 4, 8, 0, 0, 123456, UTC)),
    ],
)
def test_times_that_python_has_no_form_for_are_the_nearest_ones(text: str, expected: datetime) -> None:
    assert values.parse_moment(text) == expected
    assert values.optional_moment(text) == (None if expected == UNSET else expected)


@pytest.mark.parametrize(
    "text", [None, "", "soon", "2025-02-30T00:00:00Z", "2025-03-04", "2025-03-04T25:00:00Z", "9" * 9999]
)
def test_what_is_no_time_is_noted_once(text: str | None) -> None:
    noted: dict[str, str] = {}
    with values.noting(noted):
        assert values.moment(text) == UNSET
        assert values.moment("later") == UNSET
    assert noted == {"time": (text or "")[:400]}


@pytest.mark.parametrize(
    "text", ["one", "1_000", "1.0", "0x10", "\u0663", "\u00b2", "INF", "9" * 20, str(2**63), "1" * 5000]
)
def test_what_is_no_whole_number_of_64_bits_is_none(text: str) -> None:
    assert values.integer(text) is None


def test_a_number_may_be_surrounded_by_white_space() -> None:
    assert values.integer("\n  20\t") == 20


def test_a_missing_value_is_the_default_of_its_type() -> None:
    assert (values.integer(None), values.real(""), values.boolean(None), values.guid("")) == (0, 0.0, False, None)


@pytest.mark.parametrize(
    "text",
    ["x", "{}", "0x" + "1" * 30, "0x" + "1" * 30 + "__", "1" * 31 + " 1", "+" + "1" * 31, "1" * 31, "\u0663" * 32],
)
def test_what_is_no_guid_is_none(text: str) -> None:
    assert values.guid(text) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (0.0001, "0.0001"),
        (0.00001, "1E-05"),
        (1.5e-7, "1.5E-07"),
        (123456789012345.0, "123456789012345"),
        (1e14, "100000000000000"),
        (1e15, "1E+15"),
        (1e16, "1E+16"),
        (-1.25e100, "-1.25E+100"),
        (5e-324, "5E-324"),
        (1234567890123456.0, "1.234567890123456E+15"),
        (float("inf"), "INF"),
        (float("-inf"), "-INF"),
        (float("nan"), "NaN"),
    ],
)
def test_doubles_are_written_as_dotnet_writes_them(value: float, text: str) -> None:
    assert values.double_text(value) == text
    assert simulated.double_text(value) == text


@given(st.floats(allow_nan=False))
def test_a_double_comes_back_as_it_was(value: float) -> None:
    assert values.double_text(value) == simulated.double_text(value)
    assert values.real(values.double_text(value)) == value
