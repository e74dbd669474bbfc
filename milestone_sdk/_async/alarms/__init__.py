"""Alarms: list, read, change and follow them."""
