"""SOAP: envelopes, faults, simple values, long lists, and the contracts of the services."""
