"""A proxy that simulates a bad network."""
