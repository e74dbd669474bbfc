"""HTTP below httpx: connections, proxies, and how the seconds of an exchange are shared out."""
