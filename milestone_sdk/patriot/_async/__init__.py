"""The event view with its video: written for asyncio; the blocking twin in `_sync` is generated from it."""
