"""The simulated management server: login, inventory, registration, gateway."""
