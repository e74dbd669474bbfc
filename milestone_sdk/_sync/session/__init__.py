# Generated from milestone_sdk/_async/session/__init__.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Login and transport: tokens, HTTP, SOAP, REST, and the addresses of a site's services."""
