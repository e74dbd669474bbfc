"""Certificates: what is wrong with one, and TLS that accepts one and no other."""
