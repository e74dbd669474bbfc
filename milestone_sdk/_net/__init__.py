"""Streams, TLS, HTTP, clocks and locks, in two twins of the same names: for asyncio and for blocking sockets."""
