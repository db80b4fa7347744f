"""Telling people what changed: which news there are, where they go, and how they get there."""
