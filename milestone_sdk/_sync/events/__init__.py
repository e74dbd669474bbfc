# Generated from milestone_sdk/_async/events/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Events that a program puts into a site."""
