"""Items of the Configuration API: the one form that all have, and typed views of it."""
