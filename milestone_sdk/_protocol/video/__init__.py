"""Recorded video: the ImageServer protocol, and the recorder's SOAP interface."""
