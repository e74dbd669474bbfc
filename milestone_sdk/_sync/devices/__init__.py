# Generated from milestone_sdk/_async/devices/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Control of devices: PTZ, presets, inputs and outputs, manual recording."""
