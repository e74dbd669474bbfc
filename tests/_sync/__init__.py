# Generated from tests/_async/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Tests of the client through the simulator, in terms of `await`; the blocking twins are generated from them."""
