# Generated from milestone_sdk/_async/diagnosis/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The checks that `site.diagnose()` makes, each its own small class, by subject."""
