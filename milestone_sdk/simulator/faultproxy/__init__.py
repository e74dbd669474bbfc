"""A proxy that stands for a bad network."""
