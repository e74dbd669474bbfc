"""Alarms of one site: the calls of the alarm service, and the feed that follows the list. No I/O, no clock."""
