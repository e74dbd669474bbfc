# Generated from milestone_sdk/patriot/_async/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The event view with its video: written for blocking; the blocking twin in `_sync` is generated from it."""
