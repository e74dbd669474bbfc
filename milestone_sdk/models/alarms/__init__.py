"""Alarms: what the list shows, what the server keeps of each, and what a subscription delivers."""
