"""The simulated event server: alarms, and the ports that take events."""
