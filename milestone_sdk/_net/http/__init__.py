"""httpx on connections of our own: asyncio and blocking twins, proxies, timeouts."""
