"""Text of servers in errors, log lines and on a terminal: one line, no control characters, of bounded length."""

import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import ItemNotFound, MilestoneError, RemoteProtocolError, ServerFault
from milestone_sdk._text import printable

HOSTILE = "\x1b]0;owned\x07\x9b2J\r\nERROR forged \u202egnp.exe\u2066\u200b\ud800\U000e0041" + "x" * 3_000_000


def test_what_a_server_said_is_escaped_and_cut_in_every_error() -> None:
    fault = ServerFault(HOSTILE, code=HOSTILE, subcode=HOSTILE, detail=HOSTILE, operation=HOSTILE, server=HOSTILE)
    fault.hint = HOSTILE
    found = ItemNotFound(HOSTILE, near_misses=[HOSTILE, HOSTILE])
    broken = RemoteProtocolError(HOSTILE, sample=HOSTILE)
    for error in (fault, found, broken):
        again = pickle.loads(pickle.dumps(error))
        for text in (str(error), repr(error), str(vars(error)), str(again), "".join(traceback.format_exception(error))):
            assert len(text) < 20_000
            assert text.replace("\n", "").isprintable()
            assert "\nERROR" not in text


def test_letters_of_all_scripts_stay() -> None:
    text = "Größe, 監視カメラ, کاربر‌ها, caméra\u00a0: 👩‍🚒"
    assert printable(text) == text
    assert str(MilestoneError(text)) == text


@given(st.text(), st.integers(3, 50))
def test_any_text_becomes_one_line_that_can_be_written(text: str, longest: int) -> None:
    shown = printable(text, longest)
    assert len(shown) <= longest
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert printable(shown, longest) == shown


@pytest.mark.parametrize("length", [1999, 2000])
def test_a_text_of_the_greatest_length_is_not_cut(length: int) -> None:
    assert printable("x" * length) == "x" * length
