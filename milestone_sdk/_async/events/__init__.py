"""Events that a program puts into a site."""
