"""Recorded video: when it exists, and the pictures themselves."""
