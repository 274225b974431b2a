"""Offhours keeps communication inside the hours people chose."""

__version__ = "0.1.0"
