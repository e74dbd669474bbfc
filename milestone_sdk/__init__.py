"""Milestone XProtect video systems from typed Python."""
