"""The simulated recording server: SOAP, ImageServer, footage."""
