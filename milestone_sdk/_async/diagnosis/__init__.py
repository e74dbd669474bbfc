"""The checks that `site.diagnose()` makes, each its own small class, by subject."""
