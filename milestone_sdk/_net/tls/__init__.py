"""TLS contexts, and what is wrong with a refused certificate."""
