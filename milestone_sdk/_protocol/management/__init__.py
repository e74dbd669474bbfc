"""The management server: where it is, who logs in, what it answers about itself."""
