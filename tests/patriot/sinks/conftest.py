"""What the tests of sinks share: a PostgreSQL server, and signals."""

from tests.support.postgresql import postgresql

__all__ = ["postgresql"]
