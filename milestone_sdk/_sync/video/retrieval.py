# Generated from milestone_sdk/_async/video/retrieval.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Fetching remote recordings before they are played."""

from attrs import frozen

from ...errors import MilestoneError
from ...models import RetrievalState, TimeSpan

__all__ = ["Retrieval"]


@frozen(kw_only=True)
class Retrieval:
    """The retrieval of one camera's remote recordings for one span.

    `missing` is the reason why recordings may be missing, as an error that is not raised, or `None`.
    """

    span: TimeSpan
    state: RetrievalState
    missing: MilestoneError | None = None

    def wait(self, timeout: float = 120.0) -> RetrievalState:
        """Wait until the recordings can be played, `timeout` seconds at most, and return the state.

        Returns immediately in this release, which does not start retrievals, and raises nothing.
        """
        return self.state
