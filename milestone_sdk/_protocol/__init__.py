"""The wire, sans I/O: bytes in, values and events out."""
