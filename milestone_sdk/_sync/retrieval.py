# Generated from milestone_sdk/_async/retrieval.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Fetching remote recordings before they are played."""

from attrs import frozen

from .._protocol.retrieval import RetrievalState
from ..models import TimeSpan

__all__ = ["Retrieval"]


@frozen(kw_only=True)
class Retrieval:
    """The retrieval of one camera's remote recordings for one span."""

    span: TimeSpan
    state: RetrievalState

    def wait(self, timeout: float = 120.0) -> RetrievalState:
        """Wait until the recordings can be played; at once where there is nothing to retrieve.

        That a camera has no remote recordings is an ordinary outcome: play directly (requirements 1b.7).
        """
        return self.state
