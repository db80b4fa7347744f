"""The front door: the command line, the settings, and the three programs composed into one process."""

__version__ = "0.1.0"
