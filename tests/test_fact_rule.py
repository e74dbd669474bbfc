"""The rule for what was learnt about a site, with calls that are cut off, and many at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from milestone_sdk import ConnectError, MilestoneError, NotFound, ReadTimeout, ServerFault, ServiceUnavailable
from milestone_sdk._async.session.facts import AsyncFact, may_repeat

pytestmark = pytest.mark.anyio


class Answers:
    """A question whose answer changes; counts how often it is asked."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.error: MilestoneError | None = None
        self.asked = 0

    async def __call__(self) -> str | None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return self.answer


def call_at(good: str, error: MilestoneError) -> Callable[[str], Awaitable[str]]:
    async def call(place: str) -> str:
        await asyncio.sleep(0)
        if place != good:
            raise error
        return place

    return call


async def use(fact: AsyncFact[str], good: str, error: MilestoneError | None = None) -> str:
    failure = error or ConnectError("connection refused", operation="Acknowledge")
    return await fact.use(call_at(good, failure), contradicted=lambda error, place: True)


async def test_many_calls_that_fail_share_one_question() -> None:
    answers = Answers("old")
    fact = AsyncFact(answers)
    assert await use(fact, "old") == "old"
    answers.answer = "new"
    assert await asyncio.gather(*(use(fact, "new") for _ in range(50))) == ["new"] * 50
    assert answers.asked == 2


async def test_many_calls_that_fail_share_one_question_that_fails() -> None:
    answers = Answers("old")
    fact = AsyncFact(answers)
    await use(fact, "old")
    answers.error = ReadTimeout("no answer")
    found = await asyncio.gather(*(use(fact, "new") for _ in range(50)), return_exceptions=True)
    assert {type(error) for error in found} == {ConnectError}, "the error of the call, not of the question"
    assert answers.asked == 2
    assert await use(fact, "old") == "old", "what was known stays in use"


async def test_a_guess_is_used_and_not_kept() -> None:
    answers = Answers(None)
    fact = AsyncFact(answers, guess="default")
    assert await use(fact, "default") == "default"
    answers.answer = "registered"
    assert await use(fact, "registered") == "registered"
    answers.answer = None
    with pytest.raises(ConnectError):
        await use(fact, "default")
    assert fact.known == "registered", "that the site does not say is no answer"


async def test_a_call_that_is_cut_off_has_the_next_one_ask_first_once() -> None:
    answers = Answers("old")
    fact = AsyncFact(answers)

    async def hang(place: str) -> str:
        await asyncio.sleep(60)
        return place

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await fact.use(hang, contradicted=lambda error, place: True)
    answers.answer = "new"
    assert await use(fact, "new") == "new"
    assert await use(fact, "new") == "new"
    assert answers.asked == 2


async def test_a_change_whose_outcome_is_unknown_is_not_repeated_but_the_next_call_is_right() -> None:
    answers = Answers("old")
    fact = AsyncFact(answers)
    await use(fact, "old")
    answers.answer = "new"
    with pytest.raises(ReadTimeout):
        await use(fact, "new", ReadTimeout("no answer", operation="UpdateAlarm"))
    assert await use(fact, "new") == "new"
    assert answers.asked == 2


async def test_what_does_not_exist_any_more_is_said() -> None:
    answers = Answers("old")
    fact = AsyncFact(answers)
    await use(fact, "old")
    answers.error = NotFound("it was removed")
    with pytest.raises(NotFound, match="removed"):
        await use(fact, "new")


@pytest.mark.parametrize(
    ("error", "repeated"),
    [
        (ReadTimeout("x", operation="GetAlarmLines"), True),
        (ReadTimeout("x", operation="UpdateAlarm"), False),
        (ConnectError("x", operation="UpdateAlarm"), True),
        (ServiceUnavailable("x", service="y", operation="UpdateAlarm"), False),
        (ServerFault("x", code="403", operation="Acknowledge"), True),
        (ServerFault("x", code="500", operation="Acknowledge"), False),
        (ServerFault("x", code="49004", operation="PresetMoveTo"), False),
        (ServerFault("x", code="49004", operation="StartManualRecording"), True),
        (ServerFault("x", code="49004", operation="PTZMoveStop"), True),
        (ServerFault("x", code="49004", operation="OutputActivate"), True),
        (ServerFault("x", code="49004", operation="OutputTrigger"), False),
        (ReadTimeout("x", operation="BookmarkCreate"), False),
        (ReadTimeout("x", operation="SequencesGet"), True),
        (ReadTimeout("x", operation="POST events"), False),
        (ReadTimeout("x", operation="GET alarmStates"), True),
    ],
)
def test_only_what_may_be_done_twice_or_was_not_done_is_repeated(error: MilestoneError, repeated: bool) -> None:
    assert may_repeat(error) is repeated
