"""The server's side of Windows authentication."""
