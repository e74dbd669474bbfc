"""Login and transport: tokens, HTTP, SOAP, REST, and the addresses of a site's services."""
