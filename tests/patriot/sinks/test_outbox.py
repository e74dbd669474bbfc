"""Signals as rows of PostgreSQL: each once, whatever the database does in between."""

import asyncio
import os
import signal as signals

import pytest

from milestone_sdk import ConfigurationError, SignalRefused, SinkUnavailable
from milestone_sdk.patriot.sinks import PostgresOutboxSink

from .signals import make_signal

pytest.importorskip("psycopg", reason="psycopg is not installed (pip install 'psycopg[binary]')")


@pytest.fixture
def rows(postgresql):
    """Returns the rows of the table; the table is gone before and after."""
    import psycopg

    def ask(question):
        with psycopg.connect(postgresql.dsn(), autocommit=True) as connection:  # another one each time: servers crash
            return connection.execute(question)

    def rows():
        return ask("SELECT key, client_no, signal FROM signal_outbox ORDER BY position").fetchall()

    ask("DROP TABLE IF EXISTS signal_outbox")
    yield rows
    ask("DROP TABLE IF EXISTS signal_outbox")


def run(postgresql, work, **settings):
    async def with_sink():
        sink = PostgresOutboxSink(dsn=postgresql.dsn(), **settings)
        try:
            return await work(sink)
        finally:
            await sink.aclose()

    return asyncio.run(with_sink())


def test_each_signal_is_one_row_however_often_it_is_sent(postgresql, rows):
    some = [make_signal() for _ in range(50)]

    async def work(sink):
        for _ in range(2):
            await asyncio.gather(*(sink.send(each) for each in some))

    run(postgresql, work)
    assert rows() == [(each.key, "1234", each.as_dict()) for each in some]


def test_characters_that_jsonb_cannot_hold_are_replaced(postgresql, rows):
    some = [make_signal("a\0b"), make_signal("\ud800c"), make_signal("\r[ü]")]

    async def work(sink):
        await asyncio.gather(*(sink.send(each) for each in some))

    run(postgresql, work)
    assert [row["line"] for *_, row in rows()] == ["a\ufffdb", "\ufffdc", "\r[ü]"]


def test_one_signal_that_the_table_refuses_leaves_the_others(postgresql, rows):
    import psycopg

    some = [make_signal("1"), make_signal("refused"), make_signal("3")]

    async def work(sink):
        await sink.send(some[0])
        with psycopg.connect(postgresql.dsn(), autocommit=True) as connection:
            connection.execute("ALTER TABLE signal_outbox ADD CHECK (signal->>'line' <> 'refused')")
        return await asyncio.gather(*(sink.send(each) for each in some), return_exceptions=True)

    first, second, third = run(postgresql, work)
    assert (first, type(second), third) == (None, SignalRefused, None)
    assert second.key == some[1].key
    assert [key for key, *_ in rows()] == [some[0].key, some[2].key]


def test_a_database_that_crashes_loses_nothing_that_was_acknowledged(postgresql, rows):
    before, during, after = make_signal(), make_signal(), make_signal()

    async def work(sink):
        await sink.send(before)
        await asyncio.to_thread(postgresql.stop, "immediate")
        try:
            with pytest.raises(SinkUnavailable) as caught:
                await sink.send(during)
            assert caught.value.key == during.key
        finally:
            await asyncio.to_thread(postgresql.start)
        for each in (during, after):
            await sink.send(each)

    run(postgresql, work)
    assert [key for key, *_ in rows()] == [each.key for each in (before, during, after)]


def test_a_database_that_hangs_ends_the_try_in_bounded_time(postgresql, rows):
    async def work(sink):
        import psycopg

        await sink.send(make_signal())
        with psycopg.connect(postgresql.dsn(), autocommit=True) as connection:
            (backend,) = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = 'arc' AND pid <> pg_backend_pid()"
                " AND query LIKE '%signal_outbox (key%' OR query = 'COMMIT'"
            ).fetchone()
        os.kill(backend, signals.SIGSTOP)
        try:
            with pytest.raises(SinkUnavailable):
                await sink.send(make_signal())
        finally:
            os.kill(backend, signals.SIGCONT)
        await sink.send(make_signal())

    run(postgresql, work, timeout=0.5)
    assert len(rows()) >= 2


def test_no_server_is_reported_without_the_password():
    async def work():
        sink = PostgresOutboxSink(dsn="host=127.0.0.1 port=1 user=arc password=geheim")
        assert "geheim" not in repr(sink)
        with pytest.raises(SinkUnavailable) as caught:
            await sink.send(make_signal())
        assert "geheim" not in str(caught.value)

    asyncio.run(work())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"dsn": "geheim"}, "dsn is not a connection string"),
        ({"dsn": "host=x", "table": "a; DROP TABLE b"}, "table must be a name"),
        ({"dsn": 5}, "dsn must be str"),
        ({"dsn": "host=x", "timeout": 0}, "timeout must be > 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, text):
    with pytest.raises(ConfigurationError, match=text) as caught:
        PostgresOutboxSink(**settings)
    assert "geheim" not in str(caught.value)
