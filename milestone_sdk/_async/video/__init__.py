"""Recorded video: sequences, pictures, playback, retrieval."""
