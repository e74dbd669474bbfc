"""The tests in this folder need a PostgreSQL server."""

from tests.support.postgresql import postgresql

__all__ = ["postgresql"]
