"""Signals in a file: whole lines, on the disk before they are acknowledged, whatever ends the program."""

import asyncio
import errno
import json
import os
import signal as signals
import subprocess
import sys
import textwrap

import pytest

from milestone_sdk import ConfigurationError, SinkUnavailable
from milestone_sdk.patriot.sinks import JsonLinesSink

from .signals import make_signal

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")


def keys(path):
    return [json.loads(line)["key"] for line in path.read_text(encoding="utf-8").splitlines()]


async def send_all(sink, some):
    try:
        return await asyncio.gather(*(sink.send(each) for each in some), return_exceptions=True)
    finally:
        await sink.aclose()


def test_each_signal_is_one_line_in_the_order_in_which_it_was_sent(tmp_path):
    path = tmp_path / "signals.jsonl"
    some = [make_signal(line) for line in ("High Zone 0 (unknown zone: ü)", "a\nb\r\x00\u2028\ud800", "")]

    async def one_by_one():
        sink = JsonLinesSink(path=path)
        for each in some:
            await sink.send(each)
            assert keys(path)[-1] == each.key
        await sink.aclose()

    asyncio.run(one_by_one())
    lines = path.read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines[:-1]] == [each.as_dict() for each in some]
    assert lines[-1] == b""


def test_many_at_once_are_all_there_once(tmp_path):
    path = tmp_path / "signals.jsonl"
    some = [make_signal() for _ in range(2_500)]
    assert asyncio.run(send_all(JsonLinesSink(path=str(path)), some)) == [None] * 2_500
    assert keys(path) == [each.key for each in some]


def test_an_unfinished_line_of_a_crash_is_cut_off(tmp_path):
    path = tmp_path / "signals.jsonl"
    first, second = make_signal(), make_signal()
    asyncio.run(send_all(JsonLinesSink(path=path), [first]))
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole + whole[:size])
        assert asyncio.run(send_all(JsonLinesSink(path=path), [second])) == [None]
        assert keys(path) == [first.key, second.key]


def test_a_file_of_another_program_stays_as_it_is(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("first line\nbuy milk")
    (error,) = asyncio.run(send_all(JsonLinesSink(path=path), [make_signal()]))
    assert isinstance(error, SinkUnavailable)
    assert "notes.txt" in str(error)
    assert path.read_text() == "first line\nbuy milk"


def test_a_full_file_gets_the_time_in_its_name_and_nothing_is_lost(tmp_path):
    path = tmp_path / "signals.jsonl"
    some = [make_signal() for _ in range(10)]

    async def one_by_one():
        sink = JsonLinesSink(path=path, rotate_bytes=1_000)
        for each in some:
            await sink.send(each)
        await sink.aclose()

    asyncio.run(one_by_one())
    files = [*sorted(tmp_path.glob("signals-2*.jsonl")), path]
    assert len(files) > 2
    assert [key for file in files for key in keys(file)] == [each.key for each in some]
    assert all(file.stat().st_size <= 1_000 for file in files)


def test_a_full_file_that_cannot_be_renamed_is_continued_until_it_can(tmp_path, monkeypatch):
    """As on Windows, while a program that reads it has it open."""
    path = tmp_path / "signals.jsonl"
    some = [make_signal() for _ in range(6)]

    def refuse(*_):
        raise PermissionError(errno.EACCES, "used by another process")

    async def one_by_one():
        sink = JsonLinesSink(path=path, rotate_bytes=500)
        with monkeypatch.context() as windows:
            windows.setattr(type(path), "rename", refuse)
            for each in some[:-1]:
                await sink.send(each)
        assert keys(path) == [each.key for each in some[:-1]]
        await sink.send(some[-1])
        await sink.aclose()

    asyncio.run(one_by_one())
    (old,) = tmp_path.glob("signals-2*.jsonl")
    assert (keys(old), keys(path)) == ([each.key for each in some[:-1]], [some[-1].key])


def test_a_file_that_was_moved_away_is_made_again(tmp_path):
    path = tmp_path / "signals.jsonl"
    first, second = make_signal(), make_signal()

    async def move_between():
        sink = JsonLinesSink(path=path)
        await sink.send(first)
        path.rename(tmp_path / "taken.jsonl")
        await sink.send(second)
        await sink.aclose()

    asyncio.run(move_between())
    assert (keys(tmp_path / "taken.jsonl"), keys(path)) == ([first.key], [second.key])


@posix
def test_a_full_disk_leaves_nothing_of_the_signal_and_later_it_works(tmp_path):
    import resource

    path = tmp_path / "signals.jsonl"
    small, large = make_signal(), make_signal("x" * 20_000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def with_a_limit():
        sink = JsonLinesSink(path=path)
        await sink.send(small)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        try:
            with pytest.raises(SinkUnavailable, match=os.strerror(errno.EFBIG)) as caught:
                await sink.send(large)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert caught.value.key == large.key
        assert keys(path) == [small.key]
        await sink.send(large)
        await sink.aclose()

    old = signals.signal(signals.SIGXFSZ, signals.SIG_IGN)
    try:
        asyncio.run(with_a_limit())
    finally:
        signals.signal(signals.SIGXFSZ, old)
    assert keys(path) == [small.key, large.key]


@posix
def test_what_was_acknowledged_survives_a_kill(tmp_path):
    path = tmp_path / "signals.jsonl"
    program = textwrap.dedent(
        """
        import asyncio, sys
        from milestone_sdk.patriot.sinks import JsonLinesSink
        from tests.patriot.sinks.signals import make_signal

        async def send(sink):
            while True:
                signal = make_signal()
                await sink.send(signal)
                print(signal.key, flush=True)

        async def main():
            sink = JsonLinesSink(path=sys.argv[1])
            await asyncio.gather(*(send(sink) for _ in range(5)))

        asyncio.run(main())
        """
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(40)]
        process.kill()
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert asyncio.run(send_all(JsonLinesSink(path=path), [make_signal()])) == [None]
    assert set(acknowledged) <= set(keys(path))


def test_a_send_that_is_cancelled_harms_no_other(tmp_path):
    path = tmp_path / "signals.jsonl"
    some = [make_signal() for _ in range(20)]

    async def cancel_some():
        sink = JsonLinesSink(path=path)
        tasks = [asyncio.create_task(sink.send(each)) for each in some]
        await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for each, result in zip(some, results, strict=True):
            if result is not None:
                await sink.send(each)  # as the Milestone task does
        await sink.aclose()

    asyncio.run(cancel_some())
    assert set(keys(path)) == {each.key for each in some}


@pytest.mark.parametrize("settings", [{"path": ""}, {"path": 5}, {"path": "a\0b"}, {"path": "a", "rotate_bytes": 0}])
def test_settings_that_cannot_work_are_refused(settings):
    with pytest.raises(ConfigurationError):
        JsonLinesSink(**settings)
