# Generated from milestone_sdk/_async/video/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Recorded video: sequences, pictures, playback, retrieval."""
