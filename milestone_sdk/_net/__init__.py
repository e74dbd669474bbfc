"""Where bytes, certificates and time come from: the same few names for asyncio and for blocking sockets."""
