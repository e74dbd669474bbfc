"""The configuration of a site: the fast inventory, and the Configuration API."""
