"""What all simulated servers share: sockets, HTTP, SOAP, certificates, faults."""
