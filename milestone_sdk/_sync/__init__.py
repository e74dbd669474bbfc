# Generated from milestone_sdk/_async/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The client, in terms of `await`: the hand-written source of `_sync`, which `tests/tools/unasync.py` generates.

Nothing here starts a task or a thread: renewal, keep-alive and liveness are deadlines that the caller's own calls and
iteration serve. What is awaited is a stream, an HTTP exchange, a clock, a lock or a store, all from `_net`.
"""
